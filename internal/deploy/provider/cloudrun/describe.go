package cloudrun

import (
	"context"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

// Describe reports the service as Cloud Run sees it now. Shares are those it serves, not those it was asked for;
// a share of "the newest revision" is reported under that revision's name.
func (p *Platform) Describe(ctx context.Context, s deploy.ServiceRef) (deploy.Service, error) {
	live, err := p.service(ctx, s)
	if err != nil {
		return deploy.Service{}, explain(ctx, "look at "+s.String(), aService(s), err)
	}
	out := deploy.Service{
		Ref:     s,
		Unrest:  unrest(live),
		Traffic: reported(live),
		URL:     live.GetUri(),
	}
	out.Busy, out.Settled = busy(live), out.Unrest == ""
	if main := mainContainer(live.GetTemplate().GetContainers()); main != nil {
		out.Image, out.Env = main.GetImage(), plainEnv(main)
	}
	return out, nil
}

func (p *Platform) service(ctx context.Context, s deploy.ServiceRef) (*runpb.Service, error) {
	return read(ctx, p, func(ctx context.Context, c *clients) (*runpb.Service, error) {
		return c.services.GetService(ctx, &runpb.GetServiceRequest{Name: serviceName(s)})
	})
}

// busy says whether Cloud Run is still at the last change. A change that failed is over: the service stays "not
// ready", and its observed generation that of the last state that worked, until a later change succeeds. Waiting
// for that would lock the target after one bad candidate.
func busy(live *runpb.Service) bool {
	switch live.GetTerminalCondition().GetState() {
	case runpb.Condition_CONDITION_SUCCEEDED:
		return live.GetReconciling() || live.GetObservedGeneration() != live.GetGeneration()
	case runpb.Condition_CONDITION_FAILED:
		return live.GetReconciling()
	default:
		return true
	}
}

// unrest says why a service is not settled; empty if it is.
func unrest(live *runpb.Service) string {
	end := live.GetTerminalCondition()
	switch {
	case live.GetReconciling():
		return withWords("Cloud Run is still working on the last change", end.GetMessage())
	case end.GetState() == runpb.Condition_CONDITION_FAILED:
		return withWords("the last change failed", conditionWords(end))
	case end.GetState() != runpb.Condition_CONDITION_SUCCEEDED:
		return withWords("Cloud Run does not call the service ready", conditionWords(end))
	case live.GetObservedGeneration() != live.GetGeneration():
		return "Cloud Run has not begun with the last change"
	}
	return ""
}

// reported is the traffic as it is.
func reported(live *runpb.Service) []deploy.Share {
	var out []deploy.Share
	for _, t := range live.GetTrafficStatuses() {
		revision := t.GetRevision()
		if revision == "" {
			revision = live.GetLatestReadyRevision()
		}
		out = append(out, deploy.Share{
			Revision: deploy.RevisionName(shortName(revision)),
			Percent:  int(t.GetPercent()),
			Tag:      t.GetTag(),
			URL:      t.GetUri(),
		})
	}
	return out
}

// mainContainer is the one that takes requests: the only one, or among several the one with a port.
func mainContainer(all []*runpb.Container) *runpb.Container {
	for _, c := range all {
		if len(c.GetPorts()) > 0 {
			return c
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return nil
}

// plainEnv is the variables whose values may be seen; secrets are left out.
func plainEnv(c *runpb.Container) map[string]string {
	out := map[string]string{}
	for _, v := range c.GetEnv() {
		if v.GetValueSource() == nil {
			out[v.GetName()] = v.GetValue()
		}
	}
	return out
}
