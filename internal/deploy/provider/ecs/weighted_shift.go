package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// shift sends the next thing that is missing: tasks for a share, then the weights, then what ECS calls the primary. An
// empty operation also means that tasks are still on their way; Describe is busy then.
func (w weighted) shift(ctx context.Context, l *live, q deploy.ShiftRequest) (deploy.Operation, error) {
	doing := "set traffic of " + q.Service.String()
	st, err := w.stand(ctx, doing, l)
	if err != nil {
		return "", err
	}
	f := fence{epoch: q.Epoch, gaps: q.Gaps, seal: q.Seal}
	want, back := map[string]int{}, q.Seal != ""
	for _, name := range names(q.Shares) {
		x, there := st.of(name)
		if !there || x.desired == 0 {
			return w.bringBack(ctx, doing, st, f, name, q.Shares[name])
		}
		if op, wait, err := w.bears(ctx, doing, st, f, x, q.Shares[name], back); err != nil || wait {
			return op, err
		}
		want[x.group] = q.Shares[name]
	}
	if st.rule.is(want) {
		if f.sealed(l) { // what is so already needs no new mark
			f = fence{}
		}
		return "", w.after(ctx, doing, st, f)
	}
	if !back {
		if err := f.leave(ctx, w.p, doing, l); err != nil {
			return "", err
		}
	}
	w.p.flips.note(st.rule.arn, w.p.opts.Now()) // before it is sent: the answer may be lost
	if err := w.p.reweigh(ctx, doing, l.ref.Region, st.rule, want); err != nil {
		return "", err
	}
	st.percent = want
	if err := w.after(ctx, doing, st, f); err != nil {
		return "", err
	}
	return operation{st.rule.arn, w.f.name(), untilWeights + spelled(want)}.name(), nil
}

// names are the revisions that are to have a share, in a stable order.
func names(shares map[deploy.RevisionName]int) []deploy.RevisionName {
	var list []deploy.RevisionName
	for name, percent := range shares {
		if percent > 0 {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// bears looks whether a side bears a share, and has it grow if not. On a return traffic does not wait: what runs is better
// than what is left, and it grows meanwhile.
func (w weighted) bears(ctx context.Context, doing string, st *balance, f fence, x side, percent int, back bool) (op deploy.Operation, wait bool, err error) {
	if st.share(x) >= percent {
		return "", false, nil
	}
	if back && x.running > 0 {
		return "", false, nil
	}
	if !w.f.enough(st, x, percent) {
		if err := f.leaveBack(ctx, w.p, doing, st.l); err != nil {
			return "", true, err
		}
		if err := w.f.grow(ctx, doing, st, x, percent); err != nil {
			return "", true, err
		}
		return operation{x.id, w.f.name(), untilReady + x.words()}.name(), true, nil
	}
	ok, err := w.p.ready(ctx, doing, st.l.ref.Region, x)
	if err != nil || ok {
		return "", false, err
	}
	why, err := w.p.broken(ctx, doing, st.l.ref, x)
	if err == nil && why != "" {
		err = cannotStart(doing, x.words(), why)
	}
	return "", true, err
}

// bringBack starts a revision again whose tasks are gone, in the target group that has no traffic, or no tasks.
func (w weighted) bringBack(ctx context.Context, doing string, st *balance, f fence, name deploy.RevisionName, percent int) (deploy.Operation, error) {
	d, err := w.p.find(ctx, doing, st.l, name)
	if err != nil {
		return "", err
	}
	group, err := st.room(doing)
	if err != nil {
		return "", err
	}
	if err := f.leaveBack(ctx, w.p, doing, st.l); err != nil {
		return "", err
	}
	if err := w.clear(ctx, doing, st, group); err != nil {
		return "", err
	}
	id, err := w.f.bring(ctx, doing, st, bringing{def: d, name: name, group: group, percent: percent, attempt: strconv.Itoa(int(f.epoch)) + f.seal})
	if err != nil {
		return "", err
	}
	return operation{id, w.f.name(), untilReady + d.short()}.name(), nil
}

// after is what follows the weights: the fence of a return; full strength of what has everything, and its title.
func (w weighted) after(ctx context.Context, doing string, st *balance, f fence) error {
	if err := f.leaveBack(ctx, w.p, doing, st.l); err != nil {
		return err
	}
	x, ok := st.whole()
	if !ok {
		return nil
	}
	if !w.f.enough(st, x, 100) {
		if err := w.f.grow(ctx, doing, st, x, 100); err != nil {
			return err
		}
	}
	if err := w.f.lead(ctx, doing, st, x); err != nil {
		return err
	}
	w.abandon(ctx, doing, st, x)
	return nil
}

// abandon lets go of a candidate that does not come up, once everything is back where it was: ECS would start its tasks
// again and again. Where that cannot be done now, it is done when the release is retired.
func (w weighted) abandon(ctx context.Context, doing string, st *balance, live side) {
	x, ok := st.newest()
	if !ok || x.id == live.id || x.desired == 0 || st.share(x) > 0 {
		return
	}
	if why, err := w.p.broken(ctx, doing, st.l.ref, x); err == nil && why != "" {
		_ = w.f.drop(ctx, doing, st, x) // see above
	}
}

// spelled is shares as an operation names them, by the last part of each group's ARN, which is its id.
func spelled(percents map[string]int) string {
	var parts []string
	for group, percent := range percents {
		parts = append(parts, lastPart(group)+"="+strconv.Itoa(percent))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// wait asks once. Weights are read back from the rule: one that was changed since has other weights, which is a Conflict.
func (w weighted) wait(ctx context.Context, op operation) (bool, error) {
	doing := "look at " + lastPart(op.arn)
	if asked, ok := strings.CutPrefix(op.what, untilWeights); ok {
		rule, err := w.p.forwarding(ctx, doing, op.region(), op.arn)
		if err != nil {
			return false, err
		}
		percents := rule.percents()
		for group, percent := range percents {
			if percent == 0 {
				delete(percents, group)
			}
		}
		if spelled(percents) == asked {
			return true, nil
		}
		return true, &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: fmt.Sprintf("the listener rule has the weights %s, not those that were asked for", spelled(percents)),
			Hint: "somebody else has changed it: look at the rule",
		}
	}
	x, s, err := w.f.one(ctx, doing, op)
	if err != nil {
		return false, err
	}
	if x.def, err = w.p.definition(ctx, doing, op.region(), x.arn); err != nil {
		return false, err
	}
	if asked := strings.TrimPrefix(op.what, untilReady); x.def.short() != asked {
		return true, &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: fmt.Sprintf("%s runs %s, and was asked for %s", x.service, x.def.short(), asked), Hint: "somebody else has changed it: look at the service",
		}
	}
	if ok, err := w.p.ready(ctx, doing, op.region(), x); ok || err != nil {
		return ok, err
	}
	why, err := w.p.broken(ctx, doing, s, x)
	if err != nil || why == "" {
		return false, err
	}
	return true, cannotStart(doing, x.words(), why)
}
