package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/cloudrun"
)

// share is a part of the traffic.
type share struct {
	revision deploy.RevisionName
	percent  int
}

// effect is one change at the cloud in words: whether it makes a revision, the tags that are there afterwards, and who
// has traffic.
func effect(makes bool, tags []string, shares ...share) string {
	var parts []string
	for _, s := range shares {
		if s.percent > 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", s.revision, s.percent))
		}
	}
	slices.Sort(parts)
	text := strings.Join(parts, " ")
	if makes {
		text = "new revision, " + text
	}
	if len(tags) > 0 {
		text += ", tag " + strings.Join(slices.Sorted(slices.Values(tags)), " ")
	}
	return text
}

// forward is what a canary changes on its way to the last of percents: the revision, then each share. At 100 % the old
// revision is tagged, so that it stays warm.
func (r attempt) forward(percents ...int) []string {
	if r.service == moved {
		return r.movedForward(percents[len(percents)-1])
	}
	tags := []string{r.tag}
	all := []string{effect(true, tags, share{r.base.Name, 100})}
	if r.service == paired {
		all = append(all, registersAt(workerAt, string(r.work.Name)))
	}
	for _, p := range percents {
		if p == 100 {
			tags = append(tags, r.warm)
		}
		all = append(all, effect(false, tags, share{r.base.Name, 100 - p}, share{r.candidate.Name, p}))
	}
	return all
}

// backward is what a roll back changes: all traffic returns, then the tag goes.
func (r attempt) backward() []string {
	if r.service == moved {
		return []string{answersAt(amazonOf(r.service), false)}
	}
	return []string{effect(false, []string{r.tag}, share{r.base.Name, 100}), r.retired(0)}
}

// retired is the tags going while the candidate has percent.
func (r attempt) retired(percent int) string {
	return effect(false, nil, share{r.base.Name, 100 - percent}, share{r.candidate.Name, percent})
}

// effectsOn is what changed at a service since a moment, in order, whatever was answered.
func (w *world) effectsOn(ctx context.Context, service string, since time.Time) []string {
	all := w.witness.effects(ctx, amazonOf(service), since)
	for _, c := range w.CloudRun.Calls() {
		if c.Service == service && c.Changed && !c.At.Before(since) {
			all = append(all, effectOf(c))
		}
	}
	return all
}

func effectOf(c cloudrun.Call) string {
	var shares []share
	var tags []string
	for _, line := range strings.Split(c.Traffic, ", ") {
		target, named, _ := strings.Cut(line, " tag ")
		if named != "" {
			tags = append(tags, named)
		}
		name, percent, _ := strings.Cut(target, "=")
		n, _ := strconv.Atoi(percent)
		shares = append(shares, share{deploy.RevisionName(name), n})
	}
	return effect(strings.Contains(c.Mask, "template"), tags, shares...)
}

// surplus is what is in a more often than in b.
func surplus(a, b []string) []string {
	rest := slices.Clone(b)
	var more []string
	for _, x := range a {
		if i := slices.Index(rest, x); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			more = append(more, x)
		}
	}
	return more
}
