package commands

import (
	"strings"

	"slipway/internal/deploy"
)

// intent says what a step will do, and at which part of the release.
func intent(r deploy.Release, s deploy.Step) Text {
	if s.Part != "" {
		return Text{}.Plain(s.Part + ": ").Add(intent(r.Of(s.Part), whole(s)))
	}
	if text, other := intentRolling(r, s); other && rolls(r) && s.Status != deploy.Skipped {
		return text
	}
	return intentOf(r, s)
}

func intentOf(r deploy.Release, s deploy.Step) Text {
	if s.Status == deploy.Skipped {
		return Text{}.Plain(s.Note)
	}
	switch s.Kind {
	case deploy.KindService:
		return Text{}.Plain("the service must be settled, with one version at 100 %")
	case deploy.KindImage:
		return Text{}.Plain("the image ").Code(r.Spec.Image + ":" + r.Version).Plain(" must exist")
	case deploy.KindReady:
		return readied(r, s)
	case deploy.KindPropose:
		return Text{}.Plain("what would change is worked out and shown")
	case deploy.KindConfirm:
		return Text{}.Plain("that must still be what was approved; else the approval is void, and people are asked again")
	case deploy.KindRevision:
		return Text{}.Plain("a new revision of ").Code(r.Spec.Platform.Service.Name).Plain(", without traffic")
	case deploy.KindHealth:
		return Text{}.Plain("the new revision must answer ").Code(paths(r.Spec.Health))
	case deploy.KindSmoke:
		return Text{}.Plain("the new revision must pass ").Add(checks(r.Spec.ChecksAt(deploy.Smoke)))
	case deploy.KindFunctional:
		return Text{}.Plain("where users reach it, it must pass ").Add(checks(r.Spec.ChecksAt(deploy.Functional)))
	case deploy.KindLoad:
		return loadOf(r, s)
	case deploy.KindBackup, deploy.KindSnapshot, deploy.KindMeasure, deploy.KindMigrate, deploy.KindRunJob, deploy.KindExamine,
		deploy.KindSettle, deploy.KindRestorable, deploy.KindClone, deploy.KindRestore, deploy.KindRestored:
		return intentData(r, s)
	case deploy.KindGate:
		switch s.Ask {
		case deploy.AskRisky:
			return ifRisky(r, s)
		case deploy.AskUnsure, deploy.AskNobody:
			return byItself(r, s)
		case deploy.AskAlways:
		}
		t := Text{}.Plainf("waits for %s of %s from ", approvals(s.Needed), r.Wants(&s)).principals(r.Spec.Policy.Approve)
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

// paths are those that a version must answer.
func paths(checks []deploy.HealthCheck) string {
	var list []string
	for _, c := range checks {
		list = append(list, c.Path)
	}
	return strings.Join(list, " ")
}

// byItself says what a gate does that goes by the verdict.
func byItself(r deploy.Release, s deploy.Step) Text {
	t := Text{}.Plainf("goes on to %d %% by itself if it is healthy", s.Percent)
	if s.Ask == deploy.AskUnsure {
		return t.Plainf("; if that cannot be told it asks for %s from ", approvals(s.Needed)).principals(r.Spec.Policy.Approve)
	}
	return t.Plain("; else it is held")
}
