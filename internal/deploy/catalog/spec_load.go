package catalog

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// What is meant where a load check says nothing: what the guide expects of ab and wrk.
const (
	defaultLoad       = 30 * time.Second
	defaultLoadRate   = 100 // answers a second, or as good as all of the rate
	nearlyAll         = 0.9
	defaultLoadMean   = 100 * time.Millisecond
	defaultLoadP99    = 500 * time.Millisecond
	defaultLoadFailed = Percentage("0%")
	defaultMostRate   = 100
)

// most is what is never exceeded.
func (c LoadCheck) most() float64 { return cmp.Or(c.Most, max(c.Rate, defaultMostRate)) }

// loads are the load checks of the environment; nil if there are none.
func (w whole) loads() []deploy.LoadCheck {
	var loads []deploy.LoadCheck
	for _, c := range w.Load {
		load := deploy.LoadCheck{
			Name: c.Name, Stage: deploy.CheckStage(c.Stage), Rate: c.Rate, Concurrency: c.Concurrency,
			For: cmp.Or(time.Duration(c.For), defaultLoad), Most: c.most(), Limits: c.limits(),
		}
		for _, target := range c.Targets {
			load.Targets = append(load.Targets, target.call())
		}
		loads = append(loads, load)
	}
	return loads
}

func (c LoadCheck) limits() deploy.LoadLimits {
	l := deref(c.Limits)
	failed, _ := cmp.Or(l.Failed, defaultLoadFailed).share()
	limits := deploy.LoadLimits{
		Rate: min(defaultLoadRate, nearlyAll*c.Rate), // 0 with concurrency: how fast that is, the service decides
		Mean: defaultLoadMean, P99: defaultLoadP99, Failed: failed,
	}
	if l.Rate != nil {
		limits.Rate = *l.Rate
	}
	if l.Mean != nil {
		limits.Mean = time.Duration(*l.Mean)
	}
	if l.P99 != nil {
		limits.P99 = time.Duration(*l.P99)
	}
	return limits
}

// copiedLoads is a copy down to the last list.
func copiedLoads(loads []deploy.LoadCheck) []deploy.LoadCheck {
	loads = slices.Clone(loads)
	for i := range loads {
		loads[i].Targets = slices.Clone(loads[i].Targets)
		for j := range loads[i].Targets {
			call := &loads[i].Targets[j]
			call.Headers = maps.Clone(call.Headers)
		}
	}
	return loads
}
