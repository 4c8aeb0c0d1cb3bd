package judge

import (
	"math"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// room is how long a text is, as a rule.
const room = 160

func begun() line { return make(line, 0, room) }

// share is a rate in words: "3 of 41 requests failed (7.3 %), stable 12 of 4,102 (0.29 %)".
func (f *found) share() line {
	l := f.failed(begun())
	if f.StableOf > 0 {
		l = l.say(", stable ").count(f.StableHits).say(" of ").count(f.StableOf).say(" (").value(f.Metric, f.Stable).say(")")
	}
	return l
}

// failed is "3 of 41 requests failed (7.3 %)".
func (f *found) failed(l line) line {
	l = l.count(f.Hits).say(" of ").count(f.Of).say(" requests failed")
	if f.Metric == deploy.Availability {
		l = l.say(" whatever revision")
	}
	if f.Hits > 0 || f.Metric == deploy.Availability {
		l = f.value(l.say(" (")).say(")")
	}
	return l
}

// latency is a percentile in words: "p99 412 ms of 4,118 requests, 3 slower than 2000 ms, stable 398 ms".
func (f *found) latency() line {
	l := f.value(begun().say(Name(f.Metric), " ")).say(" of ").count(f.Of).say(" request", plural(f.Of))
	if f.Hits > 0 {
		l = l.say(", ").count(f.Hits).say(" slower than ").value(f.Metric, f.Limit)
	}
	return f.beside(l)
}

// level is a level in words: "memory 63 % on average over 5 min, stable 60 %".
func (f *found) level(over time.Duration) line {
	return f.beside(f.value(begun().say(Name(f.Metric), " ")).say(" on average over ", deploy.Planned(over.Round(time.Second))))
}

// beside adds the value of stable.
func (f *found) beside(l line) line {
	if f.StableOf == 0 {
		return l
	}
	return l.say(", stable ").value(f.Metric, f.Stable)
}

// value is the measured value, with as many digits as it takes to look different from the limit.
func (f *found) value(l line) line {
	from := len(l)
	if f.more {
		return l.say("over ").value(f.Metric, f.Value)
	}
	l = l.value(f.Metric, f.Value)
	if f.Value < f.Limit/2 || f.Value == f.Limit || f.latent() {
		return l
	}
	limit := Format(f.Metric, f.Limit)
	for digits := 3; digits < 6 && string(l[from:]) == limit; digits++ {
		l = l[:from].percent(f.Value, places(as(f.Metric, f.Value), digits))
	}
	return l
}

func (f *found) latent() bool {
	_, ok := f.Metric.Quantile()
	return ok
}

// reason is how a finding is put when the whole verdict rests on it: the value first.
func (f *found) reason() string {
	switch f.kind {
	case breached:
		return string(f.reasonBreach())
	case worse:
		return string(f.reasonWorse())
	case healthy:
		return string(f.reasonHealthy())
	case said:
	}
	return f.Text
}

// reasonBreach is "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %, stable 0.04 % (12 of 31,002)".
func (f *found) reasonBreach() line {
	l := f.value(begun().say(Name(f.Metric), " ")).say(" (").count(f.Hits).say(" of ").count(f.Of)
	if f.latent() {
		return f.beside(l.say(" requests slower than ").value(f.Metric, f.Limit).say("), limit ").value(f.Metric, f.Limit))
	}
	l = f.beside(l.say(" requests failed), limit ").value(f.Metric, f.Limit))
	if f.StableOf > 0 {
		l = l.say(" (").count(f.StableHits).say(" of ").count(f.StableOf).say(")")
	}
	return l
}

// reasonWorse is "error rate 0.5 % (20 of 4,000 requests failed), stable 0.04 % (12 of 31,002), target 0.1 %", or "p50
// 212 ms, stable 100 ms (2.1 times; of two requests the candidate's is the slower in 84 %), target 150 ms".
func (f *found) reasonWorse() line {
	l := f.value(begun().say(Name(f.Metric), " "))
	if f.latent() {
		l = f.beside(l).say(" (", times(math.Round(10*f.Value/max(f.Stable, 0.001))/10))
		l = l.say("; of two requests the candidate's is the slower in ").percent(f.a12, 0).say(")")
	} else {
		l = l.say(" (").count(f.own.hits).say(" of ").count(f.own.of)
		if f.Metric == deploy.Availability {
			l = l.say(" of the candidate's")
		}
		l = f.beside(l.say(" requests failed)")).say(" (").count(f.StableHits).say(" of ").count(f.StableOf).say(")")
	}
	return l.say(", target ").value(f.Metric, f.Target)
}

// reasonHealthy is "2 of 4,118 requests failed (0.05 %), stable 0.04 %, limit 1 %", or "p99 412 ms, limit 2000 ms".
func (f *found) reasonHealthy() line {
	if f.latent() {
		return f.value(begun().say(Name(f.Metric), " ")).say(", limit ").value(f.Metric, f.Limit)
	}
	return f.beside(f.failed(begun())).say(", limit ").value(f.Metric, f.Limit)
}

// times says a factor before what it multiplies.
func times(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + " times" }

func plural(n int64) string {
	if n == 1 {
		return ""
	}
	return "s"
}
