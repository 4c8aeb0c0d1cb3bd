package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// weightsTake is how long a load balancer takes to follow new weights; coldTakes how long tasks take to come up, where
// nobody knows better.
const (
	weightsTake = 5 * time.Second
	coldTakes   = replaceTakes
)

// describe reports the shares that the rule gives, and how far the tasks are that are still on their way.
func (w weighted) describe(ctx context.Context, l *live) (deploy.Service, error) {
	doing := "look at " + l.ref.String()
	st, err := w.stand(ctx, doing, l)
	if err != nil {
		return deploy.Service{}, err
	}
	out := deploy.Service{Traffic: st.traffic(), Back: st.back()}
	var words []string
	for _, x := range st.sides {
		if x.steady && x.running >= x.desired {
			continue
		}
		why, err := w.p.broken(ctx, doing, l.ref, x)
		if err != nil {
			return deploy.Service{}, err
		}
		if why != "" { // over, and badly: nothing that a later release has to wait for
			words = append(words, x.words()+" does not come up: "+why)
			continue
		}
		out.Busy = true
		words = append(words, x.unrest())
	}
	out.Unrest = strings.Join(words, "; ")
	out.Settled = out.Unrest == ""
	return out, nil
}

// traffic is one line for each side with tasks, and one for each target group that has traffic and no tasks.
func (s *balance) traffic() []deploy.Share {
	var out []deploy.Share
	var known []string
	for _, x := range s.sides {
		known = append(known, x.group)
		if percent := s.share(x); percent > 0 || x.desired > 0 {
			line := deploy.Share{Revision: x.name, Percent: percent}
			if percent < 100 { // what has everything is spoken of as the service
				line.Tag = tagged(x.def.tags, tagTag)
			}
			out = append(out, line)
		}
	}
	for _, group := range s.rule.groups() {
		if s.percent[group] > 0 && !slices.Contains(known, group) {
			out = append(out, deploy.Share{Revision: deploy.RevisionName("target group " + groupName(group)), Percent: s.percent[group]})
		}
	}
	return out
}

// back is what a return would be: of the older of the two sides, whose tasks stay until the release is over.
func (s *balance) back() deploy.Return {
	newest, ok := s.newest()
	if !ok {
		return deploy.Return{}
	}
	tasks := 0
	for _, x := range s.sides {
		if x.id != newest.id {
			tasks += x.running
		}
	}
	if tasks == 0 {
		return deploy.Return{Takes: coldTakes, How: fmt.Sprintf("no old tasks are left: %s have to start before weights flip", count(max(newest.desired, int(s.l.service.DesiredCount))))}
	}
	back := deploy.Return{Takes: weightsTake, How: fmt.Sprintf("weights flip, %s are warm", strings.Replace(count(tasks), " ", " old ", 1))}
	if s.rule.sticky() {
		back.How += "; users who were sent to a version before stay with it until their cookie ends, since the rule is sticky"
	}
	return back
}

// newest is the side of the release with the highest number; where no release made it, the one that ECS has run for the
// shortest time.
func (s *balance) newest() (side, bool) {
	if len(s.sides) == 0 {
		return side{}, false
	}
	return slices.MaxFunc(s.sides, func(a, b side) int {
		x, _ := releaseNumber(s.l.ref, a.name)
		y, _ := releaseNumber(s.l.ref, b.name)
		if x != y {
			return x - y
		}
		return a.since.Compare(b.since)
	}), true
}

// status says how a revision's tasks are. One that has none could be started.
func (w weighted) status(ctx context.Context, l *live, d *definition, out *deploy.RevisionStatus) error {
	doing := "look at task definition " + string(out.Name)
	st, err := w.stand(ctx, doing, l)
	if err != nil {
		return err
	}
	out.Ready = true
	for _, x := range st.sides {
		if x.def.arn() != d.arn() || x.desired == 0 {
			continue
		}
		out.Warm = x.running > 0
		if out.Ready, err = w.p.ready(ctx, doing, l.ref.Region, x); err != nil || out.Ready {
			return err
		}
		out.Reason = x.unrest()
		why, err := w.p.broken(ctx, doing, l.ref, x)
		if why != "" {
			out.Failed, out.Reason = true, why
		}
		return err
	}
	return nil
}

// retire lets go of what a release no longer needs, which its tags tell: of its own tasks, if they have no traffic; of
// what was before it, if it has all of it. Tasks of a later release are none of its business.
func (w weighted) retire(ctx context.Context, l *live, tags []string) (deploy.Operation, error) {
	doing := "retire what " + l.ref.String() + " no longer needs"
	st, err := w.stand(ctx, doing, l)
	if err != nil {
		return "", err
	}
	live, ok := st.whole()
	if !ok {
		return "", nil // in the middle of something: everything is needed
	}
	if err := w.settled(doing, st); err != nil {
		return "", err
	}
	for _, x := range st.sides {
		if x.id == live.id || x.desired == 0 || st.share(x) > 0 || !outlived(st, live, x, tags) {
			continue
		}
		if x.lead {
			if err := w.f.lead(ctx, doing, st, live); err != nil {
				return "", err
			}
		}
		if err := w.f.drop(ctx, doing, st, x); err != nil {
			return "", err
		}
	}
	return "", nil
}

// outlived says whether the release of these tags has no use any more for a side without traffic.
func outlived(st *balance, live, x side, tags []string) bool {
	if slices.Contains(tags, tagged(x.def.tags, tagTag)) {
		return true
	}
	if !slices.Contains(tags, tagged(live.def.tags, tagTag)) {
		return false
	}
	now, _ := releaseNumber(st.l.ref, live.name)
	other, ours := releaseNumber(st.l.ref, x.name)
	return !ours || other < now
}
