package ecs

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// fleet is what has the tasks on both sides of a rule: task sets, or a pair of services. Its methods send one call each,
// or none if it is so already.
type fleet interface {
	// name is that of the way in operations.
	name() string
	// sides are the places with tasks, or for tasks. Definitions and names are filled in afterwards.
	sides(ctx context.Context, doing string, l *live) ([]side, error)
	// bring has a task definition run in a target group, with a share of the tasks that the service wants.
	bring(ctx context.Context, doing string, st *balance, b bringing) (id string, err error)
	// grow changes how many tasks a side has.
	grow(ctx context.Context, doing string, st *balance, x side, percent int) error
	// enough says whether a side has been asked for a share of the tasks.
	enough(st *balance, x side, percent int) bool
	// lead makes a side the one that the service reports as its own.
	lead(ctx context.Context, doing string, st *balance, x side) error
	// drop lets go of the tasks of a side.
	drop(ctx context.Context, doing string, st *balance, x side) error
	// one reads the side of an operation again, with its service. NotFound if it is not there any more.
	one(ctx context.Context, doing string, op operation) (side, deploy.ServiceRef, error)
}

// bringing is what is brought up.
type bringing struct {
	def     *definition
	name    deploy.RevisionName
	group   string
	percent int
	attempt string // tells a second time from a first whose answer was lost
}

// weighted is the way of services behind a rule whose weights Slipway sets. Which version is live is read from the
// weights and from nothing else. Capacity comes before weight, and on a return weight before everything.
type weighted struct {
	p *Platform
	f fleet
}

// What an operation of these ways waits for.
const (
	untilReady   = "ready:"   // of a task set or a service: this task definition's tasks, and as many healthy targets
	untilWeights = "weights:" // of a rule: target group and share, group and share
)

// stand looks at the rule and at both sides.
func (w weighted) stand(ctx context.Context, doing string, l *live) (*balance, error) {
	st := &balance{l: l}
	var err error
	if st.rule, err = w.p.forwarding(ctx, doing, l.ref.Region, l.ref.Rule); err != nil {
		return nil, err
	}
	st.percent = st.rule.percents()
	if st.sides, err = w.f.sides(ctx, doing, l); err != nil {
		return nil, err
	}
	for i := range st.sides {
		x := &st.sides[i]
		if x.def, err = w.p.definition(ctx, doing, l.ref.Region, x.arn); err != nil {
			return nil, err
		}
		x.name = x.def.name()
	}
	if most, ok := st.most(); ok {
		l.leading = most.arn
	}
	return st, nil
}

// stage brings the candidate up in the target group without traffic, with as many tasks as its first share needs.
func (w weighted) stage(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (deploy.Operation, error) {
	doing := "create " + string(q.Candidate)
	st, underway, err := w.allowed(ctx, doing, l, q, d)
	if err != nil || underway {
		return "", err
	}
	group, err := st.idle(doing)
	if err != nil {
		return "", err
	}
	if err := (fence{epoch: q.Epoch, gaps: q.Gaps}).leave(ctx, w.p, doing, l); err != nil {
		return "", err
	}
	if err := w.clear(ctx, doing, st, group); err != nil {
		return "", err
	}
	id, err := w.f.bring(ctx, doing, st, bringing{def: d, name: q.Candidate, group: group, percent: firstShare(q.Rollout)})
	if err != nil {
		return "", err
	}
	return operation{id, w.f.name(), untilReady + d.short()}.name(), nil
}

// firstShare is how much of the service's tasks a new version begins with; where nobody says, all of them.
func firstShare(o deploy.Rollout) int {
	if len(o.Shares) == 0 || o.Shares[0] <= 0 {
		return 100
	}
	return o.Shares[0]
}

func (w weighted) allows(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (underway bool, err error) {
	_, underway, err = w.allowed(ctx, "create "+string(q.Candidate), l, q, d)
	return underway, err
}

// allowed is the last look before anything is sent: the candidate is not there yet, and traffic is all on the baseline.
func (w weighted) allowed(ctx context.Context, doing string, l *live, q deploy.StageRequest, d *definition) (st *balance, underway bool, err error) {
	if st, err = w.stand(ctx, doing, l); err != nil {
		return nil, false, err
	}
	if d != nil {
		for _, x := range st.sides {
			if x.def.arn() == d.arn() && x.desired > 0 {
				return st, true, nil
			}
		}
	}
	live, ok := st.whole()
	if !ok || live.name != q.Baseline {
		return st, false, &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: fmt.Sprintf("traffic of %s is no longer all on %s: somebody moved it", q.Service.Name, q.Baseline),
			Hint: "send 100 % back to " + string(q.Baseline) + ", or release again from where it is now",
		}
	}
	if _, err := st.idle(doing); err != nil {
		return st, false, err
	}
	return st, false, w.strangers(doing, st, live)
}

// strangers: what is in the idle target group and was not left there by a release is somebody's, and so is a deployment of
// what is live.
func (w weighted) strangers(doing string, st *balance, live side) error {
	if w.f.name() == pairWay && !live.steady {
		return &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: fmt.Sprintf("Amazon ECS is busy with another change of %s: %s", live.service, live.unrest()), Hint: "wait until it is done",
		}
	}
	for _, x := range st.sides {
		if x.id == live.id || x.desired == 0 || st.share(x) > 0 || w.f.name() == pairWay {
			continue // the second service of a pair is there for this
		}
		if _, ours := releaseNumber(st.l.ref, x.name); !ours && !x.lead {
			return &deploy.Error{
				Code: deploy.Conflict, Op: doing, Msg: fmt.Sprintf("%s runs without traffic in %s, and no release of Slipway's has put it there", x.words(), groupName(x.group)),
				Hint: "delete its task set, or give it the traffic, then release again",
			}
		}
	}
	return nil
}

// clear takes away what former releases left in a target group: with it, users would get two versions at once.
func (w weighted) clear(ctx context.Context, doing string, st *balance, group string) error {
	if w.f.name() == pairWay {
		return nil // its service is given the new version
	}
	for _, x := range st.sides {
		if x.group != group || st.share(x) > 0 {
			continue
		}
		if x.lead { // the last release ended between its last two calls
			if live, ok := st.whole(); ok {
				if err := w.f.lead(ctx, doing, st, live); err != nil {
					return err
				}
			}
		}
		if err := w.f.drop(ctx, doing, st, x); err != nil {
			return err
		}
	}
	return nil
}
