package load

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"slipway/internal/deploy"
)

// mostReasons are told apart; what is less frequent is "other".
const mostReasons = 5

// tally counts what comes of requests.
type tally struct {
	requests, failed int64
	answered         int64 // also with a status that is a failure; and those given up after their time
	latencies        deploy.Latencies
	reasons          map[string]int // of failures
}

// add counts one, unless it was broken off by ourselves.
func (t *tally) add(r *vegeta.Result) {
	why := ""
	switch {
	case r.Code >= 200 && r.Code <= 299:
		t.answered++
	case r.Code != 0:
		t.answered++
		why = strconv.Itoa(int(r.Code))
	default:
		reason := reasonIn(r.Error)
		if reason == brokenOff {
			return
		}
		if reason == noTime {
			t.answered++
		}
		why = strings.TrimPrefix(string(reason), mark)
	}
	t.requests++
	t.latencies.Add(r.Latency)
	if why == "" {
		return
	}
	t.failed++
	if t.reasons == nil {
		t.reasons = map[string]int{}
	}
	t.reasons[why]++
}

// stretch is what was counted so far. It shares nothing with what will be.
func (t *tally) stretch(took time.Duration) deploy.LoadStretch {
	return deploy.LoadStretch{
		Took: took, Requests: t.requests, Failed: t.failed, Latencies: t.latencies.Plus(deploy.Latencies{}), Reasons: t.most(),
	}
}

// byCount are the reasons, the most frequent first.
func (t *tally) byCount() []string {
	all := slices.Sorted(maps.Keys(t.reasons))
	slices.SortStableFunc(all, func(a, b string) int { return t.reasons[b] - t.reasons[a] })
	return all
}

// most are the most frequent reasons.
func (t *tally) most() map[string]int {
	if len(t.reasons) <= mostReasons {
		return maps.Clone(t.reasons)
	}
	most := map[string]int{}
	for i, why := range t.byCount() {
		if i < mostReasons-1 {
			most[why] = t.reasons[why]
		} else {
			most["other"] += t.reasons[why]
		}
	}
	return most
}

// verdict is an error if nobody has answered at all: then it says nothing about how the service bears the load.
func (t *tally) verdict(host string, final *deploy.Error) error {
	switch {
	case t.answered > 0:
		return nil
	case final != nil:
		return final
	case t.failed == 0:
		return nil
	}
	return &deploy.Error{
		Code: deploy.Unavailable,
		Msg:  fmt.Sprintf("nobody has answered at %s: all of %s requests failed (%s)", host, deploy.Thousands(t.requests), t.byCount()[0]),
	}
}
