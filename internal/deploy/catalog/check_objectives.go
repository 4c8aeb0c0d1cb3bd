package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

const (
	longestLatency = time.Hour // as long as a request may take
	mostWorse      = 100

	onCriticalBack = "roll-back"
	onCriticalHold = "hold"
)

var criticalActions = []string{onCriticalBack, onCriticalHold}

func (s *source) checkObjectives(path string, m Metrics) {
	if m.Objectives == nil {
		return
	}
	some := false
	for _, set := range guide {
		goal := m.Objectives.goal(set.Metric)
		if goal == nil {
			continue
		}
		some = true
		s.checkObjective(under(path, string(set.Metric)), set, goal)
		if !m.measures(set.Metric) {
			s.problem(under(path, string(set.Metric)), m.Source+" cannot measure "+string(set.Metric), missingSeries(m, set.Metric))
		}
	}
	if !some {
		s.problem(path, "objectives is empty", "leave it out for the guide's, or write {source: none} to watch nothing")
	}
}

// missingSeries says what a metric that cannot be measured needs.
func missingSeries(m Metrics, name deploy.MetricName) string {
	switch {
	case name != deploy.Connections:
		return "name its gauge in prometheus." + string(name)
	case m.Source == string(deploy.CloudWatch):
		return "take it out; prometheus can"
	case m.Database == nil:
		return "say in database which instance it is, and how many connections it takes"
	}
	return "name its gauge in prometheus.database"
}

func (s *source) checkObjective(path string, set deploy.Objective, g goal) {
	at := func(key string) string { return under(path, key) }
	if latency, ok := g.(*LatencyObjective); ok {
		for key, value := range map[string]Latency{"target": latency.Target, "critical": latency.Critical} {
			d := time.Duration(value)
			s.must(d > 0 && d <= longestLatency, at(key), key+" "+d.String()+" is out of range", "more than 0ms, at most 1h")
		}
	}
	s.checkThresholds(path, g.over(set))
	j := g.judging()
	if j.Worse != nil {
		worse := strconv.FormatFloat(*j.Worse, 'g', -1, 64)
		s.must(*j.Worse == 0 || *j.Worse >= 1 && *j.Worse <= mostWorse, at("worse"), "worse "+worse+" is out of range", "1 to 100 times, or 0 for no comparison")
		oneForAll := set.Metric == deploy.Availability || set.Metric == deploy.Connections // whichever version answered
		s.must(!oneForAll || *j.Worse == 0, at("worse"), string(set.Metric)+" cannot be compared with the stable version", "it is of both versions together; take worse out")
	}
	s.must(slices.Contains(criticalActions, j.OnCritical), at("on_critical"), "unknown on_critical "+strconv.Quote(j.OnCritical), didYouMean(j.OnCritical, criticalActions))
}

// checkThresholds reports a target that is no better than what is critical.
func (s *source) checkThresholds(path string, o deploy.Objective) {
	target, critical := under(path, "target"), under(path, "critical")
	better, hint := o.Target < o.Critical, "of "+string(o.Metric)+" less is better"
	if o.Metric == deploy.Availability {
		better, hint = o.Target > o.Critical, "of availability more is better"
	}
	if better || s.excused(target) || s.excused(critical) {
		return
	}
	at := target
	switch {
	case !s.has(target):
		at = critical
		hint += "; the target is the guide's unless you write another"
	case !s.has(critical):
		hint += "; what is critical is the guide's unless you write another"
	}
	s.problem(at, "target "+amount(o.Metric, o.Target)+" is not better than critical "+amount(o.Metric, o.Critical), hint)
}

// amount is a value of a metric for people.
func amount(name deploy.MetricName, value float64) string {
	if _, latency := name.Quantile(); latency {
		return time.Duration(value * float64(time.Millisecond)).String()
	}
	return strconv.FormatFloat(value*100, 'g', 8, 64) + " %"
}

// checkWindows reports a window in which there would be no look, or that is longer than a day.
func (s *source) checkWindows(path string, m Metrics) {
	every := time.Duration(cmp.Or(m.Every, Duration(defaultEvery)))
	if s.excused(under(path, "every")) {
		every = 0
	}
	shortest := longestWindow
	if m.Objectives == nil {
		shortest = defaultWindow
	}
	for _, name := range deploy.MetricNames() {
		goal := m.Objectives.goal(name)
		if goal == nil {
			continue
		}
		window, at := time.Duration(goal.judging().Window), under(path, "objectives."+string(name)+".window")
		if !s.has(at) {
			shortest = min(shortest, defaultWindow)
		}
		s.must(window >= every && window <= longestWindow, at, "window "+window.String()+" is out of range", "from the time between two looks, "+every.String()+", to 24h")
	}
	s.must(every <= shortest, under(path, "every"), "every "+every.String()+" is longer than the window of "+shortest.String(), "write longer windows, or look more often")
}
