package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// plan shows what a release would do. Everybody may see it; nothing is stored.
func (h *Handler) plan(ctx context.Context, c DeployCommand, r deploy.Release) (Text, error) {
	t := Text{}.Strong("Plan").Plainf(" for %s → %s. Nothing is started by looking at it.", r.Target, r.Version)
	for i, s := range r.Steps {
		t = t.Line().Plainf("%d. %s: ", i+1, phaseTitles[s.Phase]).Add(intent(r, s))
	}
	t = t.Line().Plainf("Takes %s", about(deploy.Remaining(r, h.now(), nil)))
	if n := gates(r); n > 0 {
		t = t.Plain(", not counting " + approvals(n))
	}
	t = t.Plain(". It can be rolled back at any step.")
	holder, held, err := h.active(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	if held {
		t = t.Line().Plain("Now the target is held by ").Add(title(holder)).Plain("; it ").Add(standing(holder, h.now())).Plain(".")
	}
	closure, err := h.store.Closure(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	if closure.Lock != nil {
		t = t.Line().Add(lockedBy(r.Target, *closure.Lock))
	}
	if bar, is := closure.Barred("", r.Version); is && !c.Again {
		t = t.Line().Plainf("%s was taken back before, by ", bar.Version).Strong(string(bar.Release)).reason(bar.Why).Plain("; it takes --again.")
		c.Again = true
	}
	c.Plan, c.Environment = false, r.Target.Environment
	return t.Line().Plain("To start it: ").Code(c.String()), nil
}

// intent says what a step will do.
func intent(r deploy.Release, s deploy.Step) Text {
	switch s.Kind {
	case deploy.KindService:
		return Text{}.Plain("the service must be settled, with one version at 100 %")
	case deploy.KindImage:
		return Text{}.Plain("the image ").Code(r.Spec.Image + ":" + r.Version).Plain(" must exist")
	case deploy.KindRevision:
		return Text{}.Plain("a new revision of ").Code(r.Spec.Platform.Service.Name).Plain(", without traffic")
	case deploy.KindHealth:
		var paths []string
		for _, c := range r.Spec.Health {
			paths = append(paths, c.Path)
		}
		return Text{}.Plain("the new revision must answer ").Code(strings.Join(paths, " "))
	case deploy.KindSmoke:
		return Text{}.Plain("the new revision must pass ").Add(checks(r.Spec.ChecksAt(deploy.Smoke)))
	case deploy.KindFunctional:
		return Text{}.Plain("where users reach it, it must pass ").Add(checks(r.Spec.ChecksAt(deploy.Functional)))
	case deploy.KindGate:
		if s.Ask != deploy.AskAlways {
			return byItself(r, s)
		}
		t := Text{}.Plainf("waits for %s of %d %% from ", approvals(s.Needed), s.Percent).principals(r.Spec.Policy.Approve)
		return t.Plainf(", %s at most", deploy.Planned(s.Within))
	case deploy.KindShift:
		return Text{}.Plainf("%d %% to %s", s.Percent, r.Version)
	case deploy.KindBake:
		return Text{}.Plainf("stays at %d %% for %s", s.Percent, deploy.Planned(s.Bake))
	case deploy.KindValidate:
		return Text{}.Plainf("users must reach %s, as the platform reports and its health check says", r.Version)
	case deploy.KindObserve:
		return Text{}.Plainf("is watched for %s more, with the way back kept warm", deploy.Planned(s.Bake))
	case deploy.KindRetire:
		return Text{}.Plain("the tag of the new revision is taken off")
	default:
		return Text{}.Plain(string(s.Name))
	}
}

// checks names them; they are run at the same time.
func checks(list []deploy.Check) Text {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return Text{}.Plain(strings.Join(names, ", "))
}

// byItself says what a gate does that goes by the verdict.
func byItself(r deploy.Release, s deploy.Step) Text {
	t := Text{}.Plainf("goes on to %d %% by itself if it is healthy", s.Percent)
	if s.Ask == deploy.AskUnsure {
		return t.Plainf("; if that cannot be told it asks for %s from ", approvals(s.Needed)).principals(r.Spec.Policy.Approve)
	}
	return t.Plain("; else it is held")
}
