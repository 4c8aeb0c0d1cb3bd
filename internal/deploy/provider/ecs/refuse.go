package ecs

import (
	"fmt"

	"slipway/internal/deploy"
)

// foreign is the error where ECS is busy with what nobody here asked for.
func foreign(doing string, s *course) error {
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing, Msg: withWords("Amazon ECS is busy with another deployment of "+s.ref.Name, s.unrest()),
		Hint: "wait until it is done, or end it: `aws ecs stop-service-deployment`",
	}
}

// apart is the error for shares that nobody is there for: no deployment is in progress that could move any.
func apart(doing string, s *course) error {
	msg := fmt.Sprintf("no deployment of %s is in progress whose weights could be moved: %s has everything", s.ref.Name, s.current.name())
	if s.rollout != nil && s.rollout.fallen() {
		msg = withWords(msg+"; the last one was taken back", s.rollout.why())
	}
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: msg, Hint: "release again"}
}

// notYet is for what has to wait until ECS shows what it was asked for before.
func notYet(doing string, s *course) error {
	return &deploy.Error{Code: deploy.NotYet, Op: doing, Msg: s.unrest() + ", and does not show the deployment yet", Hint: "try again in a moment"}
}

// alone is the error where no deployment is in progress and yet the rule leads elsewhere, too.
func (s *course) alone(doing string) error {
	if len(s.strays) == 0 {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing,
		Msg:  fmt.Sprintf("the listener rule gives %d %% to %s, and no deployment is in progress: somebody moved it", s.strays[0].Percent, s.strays[0].Revision),
		Hint: "give the weights back by hand: `aws elbv2 modify-rule`",
	}
}

// undisturbed is the last look before a deployment begins: nothing else is in progress, and all traffic is on the baseline.
func undisturbed(doing string, q deploy.StageRequest, s *course) error {
	if s.going() {
		return foreign(doing, s)
	}
	if len(s.strays) == 0 && s.current.name() == q.Baseline {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing,
		Msg:  fmt.Sprintf("traffic of %s is no longer all on %s: somebody moved it", q.Service.Name, q.Baseline),
		Hint: "bring it back to " + string(q.Baseline) + ", or release again from where it is now",
	}
}
