package phase

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

const (
	longestStretch  = 2 * time.Second
	shortestStretch = 200 * time.Millisecond
	mostReasons     = 5                    // why requests failed, that are kept
	betweenLoads    = 5 * time.Millisecond // from one stretch to the next: the time in which the last is stored
)

// load sends the load of one check for a stretch, adds what came of it to what came before, and judges all of it. What
// is stored is never sent again; a stretch without an answer counts nothing and is asked for again.
func (p Ports) load(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	check, err := loadCheck(r, s)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if p.Loader == nil {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "send load", Msg: "this Slipway sends no load"}
	}
	url := candidateURL(r)
	if check.Stage == deploy.Functional {
		if url, err = p.usersURL(ctx, r); err != nil {
			return deploy.Outcome{}, err
		}
	}
	sofar := deploy.LoadResult{Check: check.Name, Stage: check.Stage}
	if old := r.LoadOf(check.Name, check.Stage); old != nil {
		sofar = *old
	}
	stretch, err := p.Loader.Fire(ctx, deploy.LoadRequest{
		Check: check, BaseURL: url, For: stretchOf(check, sofar), Service: r.Spec.Platform.Service, Values: values(r), Public: r.Spec.Public,
		Stop: func(now deploy.LoadStretch) bool { return breach(check, plus(sofar, now), false) != "" },
	})
	switch {
	case err != nil:
		return deploy.Outcome{}, err
	case ctx.Err() != nil:
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Op: "send load", Msg: "the load was broken off", Err: ctx.Err()}
	case stretch.Requests == 0 || stretch.Took <= 0:
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Op: "send load", Msg: "no request was sent"}
	}
	result := plus(sofar, stretch)
	result.Done = result.Took >= check.For
	result.Breach = breach(check, result, result.Done)
	out := deploy.Outcome{Facts: r.Facts, Load: &result, Note: progress(check, result)}
	switch {
	case result.Breach != "":
		return out, &deploy.Error{Code: deploy.Invalid, Op: "send load",
			Msg: fmt.Sprintf("%s: %s; stopped after %s", check.Name, result.Breach, progress(check, result))}
	case result.Done:
		out.Note = result.Says() + p.before(ctx, r, result)
	default:
		out.Again = betweenLoads
	}
	return out, nil
}

// loadCheck is the load check that a step is about.
func loadCheck(r deploy.Release, s deploy.Step) (deploy.LoadCheck, error) {
	stage := deploy.Smoke
	if s.Phase == deploy.Validate {
		stage = deploy.Functional
	}
	for _, c := range r.Spec.LoadsAt(stage) {
		if c.Name == s.Check {
			return c, nil
		}
	}
	return deploy.LoadCheck{}, &deploy.Error{Code: deploy.Invalid, Op: "send load", Msg: "the release has no load check " + strconv.Quote(s.Check)}
}

// stretchOf is how long the next stretch is: a tenth of all within bounds, and no longer than what is left.
func stretchOf(c deploy.LoadCheck, sofar deploy.LoadResult) time.Duration {
	stretch := min(max(c.For/10, shortestStretch), longestStretch)
	return min(stretch, max(c.For-sofar.Took, shortestStretch))
}

// plus is a result with one more stretch. The result before is left as it is.
func plus(l deploy.LoadResult, s deploy.LoadStretch) deploy.LoadResult {
	l.Took += s.Took
	l.Requests += s.Requests
	l.Failed += s.Failed
	l.Latencies = l.Latencies.Plus(s.Latencies)
	l.Reasons = frequent(l.Reasons, s.Reasons)
	point := deploy.LoadPoint{At: l.Took, P50: s.Latencies.Quantile(0.5), P99: s.Latencies.Quantile(0.99), Failed: s.Failed}
	if s.Took > 0 {
		point.Rate = float64(s.Requests) / s.Took.Seconds()
	}
	l.Points = append(slices.Clone(l.Points), point)
	return l
}

// frequent adds up reasons, and keeps the most frequent.
func frequent(all ...map[string]int) map[string]int {
	sum := map[string]int{}
	for _, reasons := range all {
		for why, n := range reasons {
			sum[why] += n
		}
	}
	if len(sum) == 0 {
		return nil
	}
	for _, why := range byCount(sum)[min(mostReasons, len(sum)):] {
		delete(sum, why)
	}
	return sum
}

// byCount lists reasons, the most frequent first.
func byCount(reasons map[string]int) []string {
	list := slices.Sorted(maps.Keys(reasons))
	slices.SortStableFunc(list, func(a, b string) int { return reasons[b] - reasons[a] })
	return list
}

// progress is 12 of 30 s: 100 a second, p99 34 ms, 0 of 1,200 failed.
func progress(c deploy.LoadCheck, l deploy.LoadResult) string {
	return fmt.Sprintf("%s of %s s: %.0f a second, p99 %s, %s of %s failed", seconds(min(l.Took, c.For), c.For), seconds(c.For, c.For),
		l.Rate(), deploy.Millis(l.Latencies.Quantile(0.99)), deploy.Thousands(l.Failed), deploy.Thousands(l.Requests))
}

// seconds are whole ones, and tenths where all of it is short.
func seconds(d, all time.Duration) string {
	if all < 10*time.Second {
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', -1, 64)
	}
	return strconv.Itoa(int(d.Seconds()))
}

// before compares a result with that of the last good release. What cannot be had is not missed.
func (p Ports) before(ctx context.Context, r deploy.Release, l deploy.LoadResult) string {
	if p.Live == nil {
		return ""
	}
	live, err := p.Live.Live(ctx, r.Target)
	if err != nil || live.ID == r.ID {
		return ""
	}
	was := live.LoadOf(l.Check, l.Stage)
	if was == nil || !was.Done || was.Breach != "" || was.Requests == 0 {
		return ""
	}
	return fmt.Sprintf("; p99 %s, was %s in %s", deploy.Millis(l.Latencies.Quantile(0.99)), deploy.Millis(was.Latencies.Quantile(0.99)), live.ID)
}
