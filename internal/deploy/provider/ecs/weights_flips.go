package ecs

import (
	"fmt"
	"sync"
	"time"

	"slipway/internal/deploy"
)

// flips is when weights of rules were changed by this process, or first looked at to see whether tasks may go: another one
// may have changed them a moment before it died.
type flips struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (f *flips) note(rule string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set(rule, at)
}

func (f *flips) set(rule string, at time.Time) {
	if f.at == nil {
		f.at = map[string]time.Time{}
	}
	f.at[rule] = at
}

// of is when the weights of a rule were changed; now, if nobody knows.
func (f *flips) of(rule string, now time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.at[rule]; !known {
		f.set(rule, now)
	}
	return f.at[rule]
}

// settled is NotYet while load balancers may still send requests by the weights of before: a target group that is emptied
// then answers them with 503.
func (w weighted) settled(doing string, st *balance) error {
	at := w.p.flips.of(st.rule.arn, w.p.opts.Now())
	ago := w.p.opts.Now().Sub(at)
	if ago >= w.p.opts.Settle {
		return nil
	}
	return &deploy.Error{
		Code: deploy.NotYet, Op: doing, Msg: fmt.Sprintf("weights were changed, or first seen, %s ago, and tasks stay for %s after that", deploy.Took(ago), deploy.Planned(w.p.opts.Settle)),
		Hint: "nothing has to be done: they go after that",
	}
}
