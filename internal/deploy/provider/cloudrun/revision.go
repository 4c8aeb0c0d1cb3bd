package cloudrun

import (
	"context"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

// Revision reports one revision. NotFound if it does not exist (any more), or if its service does not.
func (p *Platform) Revision(ctx context.Context, s deploy.ServiceRef, name deploy.RevisionName) (deploy.RevisionStatus, error) {
	got, err := p.revision(ctx, s, name)
	if err != nil {
		return deploy.RevisionStatus{}, explain(ctx, "look at revision "+string(name), aRevision(name), err)
	}
	out := deploy.RevisionStatus{Name: name, Warm: warm(got), Config: config(got)}
	if main := mainContainer(got.GetContainers()); main != nil {
		out.Image, out.Version = main.GetImage(), plainEnv(main)["VERSION"]
	}
	ready := condition(got, "Ready")
	out.Ready = ready.GetState() == runpb.Condition_CONDITION_SUCCEEDED
	out.Failed = ready.GetState() == runpb.Condition_CONDITION_FAILED && !got.GetReconciling() && !triesAgain(ready)
	if !out.Ready {
		out.Reason = withWords("", conditionWords(ready))
	}
	return out, nil
}

func (p *Platform) revision(ctx context.Context, s deploy.ServiceRef, name deploy.RevisionName) (*runpb.Revision, error) {
	return read(ctx, p, func(ctx context.Context, c *clients) (*runpb.Revision, error) {
		return c.revisions.GetRevision(ctx, &runpb.GetRevisionRequest{Name: revisionName(s, name)})
	})
}

func condition(r *runpb.Revision, kind string) *runpb.Condition {
	for _, c := range r.GetConditions() {
		if c.GetType() == kind {
			return c
		}
	}
	return nil
}

// triesAgain says whether Cloud Run announces that it will try again by itself.
func triesAgain(c *runpb.Condition) bool {
	switch c.GetReason() {
	case runpb.Condition_WAITING_FOR_OPERATION, runpb.Condition_IMMEDIATE_RETRY, runpb.Condition_POSTPONED_RETRY:
		return true
	default:
		return c.GetRevisionReason() == runpb.Condition_CUSTOMIZED_PATH_RESPONSE_PENDING
	}
}

// warm says whether instances are there already: Cloud Run counts the minimum it has provisioned, and says in a
// condition's reason while they are still coming up, or that it holds none because no traffic and no tag leads to
// the revision. A revision without a minimum may have instances because of its traffic, but nobody can count on it.
func warm(r *runpb.Revision) bool {
	for _, c := range r.GetConditions() {
		switch c.GetRevisionReason() {
		case runpb.Condition_MIN_INSTANCES_WARMING, runpb.Condition_MIN_INSTANCES_NOT_PROVISIONED,
			runpb.Condition_PENDING, runpb.Condition_RESERVE, runpb.Condition_RECREATING,
			runpb.Condition_RETIRING, runpb.Condition_RETIRED:
			return false
		default:
		}
	}
	return r.GetScalingStatus().GetDesiredMinInstanceCount() > 0
}

// conditionWords is what a condition says: its message, or else the name of its reason.
func conditionWords(c *runpb.Condition) string {
	if c.GetMessage() != "" {
		return c.GetMessage()
	}
	name := ""
	switch {
	case c.GetReason() != runpb.Condition_COMMON_REASON_UNDEFINED:
		name = c.GetReason().String()
	case c.GetRevisionReason() != runpb.Condition_REVISION_REASON_UNDEFINED:
		name = c.GetRevisionReason().String()
	}
	return strings.ToLower(strings.ReplaceAll(name, "_", " "))
}

func withWords(ours, theirs string) string {
	theirs = oneLine(theirs)
	switch {
	case ours == "":
		return theirs
	case theirs == "":
		return ours
	}
	return ours + ": " + theirs
}
