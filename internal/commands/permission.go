package commands

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// among says whether a person is in one of the lists. An empty list is nobody. If that cannot be found out the
// answer is a refusal: at is the place in the catalog that has the list.
func (h *Handler) among(ctx context.Context, by deploy.UserID, at string, lists ...[]deploy.Principal) (bool, error) {
	all := slices.Concat(lists...)
	if slices.Contains(all, deploy.Principal(by)) {
		return true, nil
	}
	var firstErr error
	for _, p := range all {
		if !isGroup(p) {
			continue
		}
		members, err := h.dir.Members(ctx, p)
		if err == nil && slices.Contains(members, by) {
			return true, nil
		}
		if err != nil && firstErr == nil {
			firstErr = unknownGroup(p, at, err)
		}
	}
	return false, firstErr
}

// isGroup tells S… and @handle from user ids.
func isGroup(p deploy.Principal) bool {
	return strings.HasPrefix(string(p), "@") || strings.HasPrefix(string(p), "S")
}

func unknownGroup(p deploy.Principal, at string, err error) error {
	t := Text{}.Plain("I cannot find out who is in ").Group(p)
	if deploy.CodeOf(err) == deploy.NotFound {
		t = t.Plain(": Slack has no such group. Nothing was started. Ask for the catalog to be corrected.")
	} else {
		t = t.Plain(": Slack does not answer. As long as I cannot, I do nothing; nothing was stored, nothing was started. Try again in a minute.")
	}
	return &refusal{text: t.because(at), err: err}
}

// because adds the place of the rule in the catalog.
func (t Text) because(places ...string) Text {
	places = slices.DeleteFunc(places, func(s string) bool { return s == "" })
	if len(places) == 0 {
		return t
	}
	return t.Plain(" Why: " + strings.Join(places, ", "))
}

// mayDeploy refuses those whom the policy does not name, and says where they may.
func (h *Handler) mayDeploy(ctx context.Context, by deploy.UserID, c DeployCommand, t deploy.Target, policy deploy.Policy) error {
	ok, err := h.among(ctx, by, policy.DeployAt, policy.Deploy)
	if ok || err != nil {
		return err
	}
	elsewhere := h.elsewhere(ctx, by, t, c.Version)
	c.Environment = t.Environment
	text := Text{}.Plainf("You may not deploy %s to %s.", t.Service, t.Environment)
	if len(elsewhere) > 0 {
		text = Text{}.Plainf("You may deploy %s to %s, not to %s.", t.Service, strings.Join(elsewhere, " and "), t.Environment)
	}
	text = text.Plain(" Deployers there: ").principals(policy.Deploy).Plain(".").because(policy.DeployAt).Line()
	if len(elsewhere) > 0 {
		c.Environment = elsewhere[0]
		return refused(text.Plain("Type: ").Code(c.String()))
	}
	return refused(text.Plain("Ask one of them to type: ").Code(c.String()))
}

// elsewhere lists the other environments of a service to which the person may deploy.
func (h *Handler) elsewhere(ctx context.Context, by deploy.UserID, t deploy.Target, version string) []string {
	var envs []string
	for _, env := range h.catalog.Environments(t.Service) {
		spec, err := h.catalog.Resolve(deploy.Target{Service: t.Service, Environment: env}, version)
		if err != nil || env == t.Environment {
			continue
		}
		if ok, err := h.among(ctx, by, spec.Policy.DeployAt, spec.Policy.Deploy); ok && err == nil {
			envs = append(envs, env)
		}
	}
	return envs
}

// mayApprove refuses those whom the policy of the release does not name. again is what one of them would type.
func (h *Handler) mayApprove(ctx context.Context, by deploy.UserID, r deploy.Release, again string) error {
	policy := r.Spec.Policy
	ok, err := h.among(ctx, by, policy.ApproveAt, policy.Approve)
	if ok || err != nil {
		return err
	}
	return refused(Text{}.Plainf("You may not approve releases of %s to %s. Approvers there: ", r.Target.Service, r.Target.Environment).
		principals(policy.Approve).Plain(".").because(policy.ApproveAt).Line().
		Plain("Ask one of them to press the button, or to type: ").Code(again))
}

// mayWaive refuses those whom the policy of the release does not name as approvers, and the requester unless it lets
// them.
func (h *Handler) mayWaive(ctx context.Context, by deploy.UserID, r deploy.Release) error {
	policy := r.Spec.Policy
	ok, err := h.among(ctx, by, policy.ApproveAt, policy.Approve)
	if err != nil {
		return err
	}
	text := Text{}.Plainf("You may not waive items for releases of %s to %s. Approvers there: ", r.Target.Service, r.Target.Environment)
	if ok {
		if r.MayWaive(by) == "" {
			return nil
		}
		text = Text{}.Plainf("You asked for %s yourself, so somebody else has to waive what is open. Approvers: ", r.ID)
	}
	return refused(text.principals(policy.Approve).Plain(".").because(policy.ApproveAt).Line().Plain("Ask one of them to press the button."))
}

// mayAttest says whether a person owes an item: is its owner, or where it has none may deploy or approve. The error is
// a refusal.
func (h *Handler) mayAttest(ctx context.Context, by deploy.UserID, r deploy.Release, owner deploy.Principal) (bool, error) {
	if owner != "" {
		return h.among(ctx, by, r.Spec.Source, []deploy.Principal{owner})
	}
	policy := r.Spec.Policy
	return h.among(ctx, by, policy.DeployAt, policy.Deploy, policy.Approve)
}

// maySteer refuses those who are neither deployers nor approvers: they may hold a release, let it go on and take
// it back. what is what the person wanted, as in "hold".
func (h *Handler) maySteer(ctx context.Context, by deploy.UserID, t deploy.Target, policy deploy.Policy, what, again string) error {
	ok, err := h.among(ctx, by, policy.DeployAt, policy.Deploy, policy.Approve)
	if ok || err != nil {
		return err
	}
	text := Text{}.Plainf("You may not %s releases of %s to %s. Deployers there: ", what, t.Service, t.Environment).
		principals(policy.Deploy).Plain(". Approvers: ").principals(policy.Approve).Plain(".").
		because(policy.DeployAt, policy.ApproveAt).Line().Plain("Ask one of them to press the button")
	if again == "" {
		return refused(text.Plain("."))
	}
	return refused(text.Plain(", or to type: ").Code(again))
}
