// Package trial tries the judge on simulated traffic: how often it takes back a healthy version, lets a bad one
// through, or holds what it should have known; and how a plain threshold would have done on the very same requests. It
// has no clock, and the same seed gives the same numbers. It never talks to a source of metrics.
//
// Start reading at Grid, which is what is tried, and Trial.
package trial

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

const (
	// looks is how often a bake of five minutes is looked at, all on what has been measured since it began.
	looks = 20
	bake  = 5 * time.Minute
	// share is the percentage of the traffic that the candidate has; stable has the rest.
	share = 10
	// minimum is small, so that it is the statistics which decide.
	minimum = 50
)

// Cell is a version with a volume of traffic.
type Cell struct {
	Kind     string // "errors" or "latency"
	Name     string // what the version is like
	Bad      bool
	Relative bool // no threshold is crossed: it is bad only beside stable, and to be held rather than taken back
	Requests int  // to the candidate, in the whole bake
	traffic  func() traffic
}

// Ends are how bakes ended.
type Ends struct{ RolledBack, Promoted, Held int }

// Result is what came out of a cell.
type Result struct {
	Cell
	Runs         int
	Judge, Plain Ends
}

// traffic is one bake of both revisions.
type traffic interface {
	// next is a look's worth of requests more: what both have done by then.
	next(r *rand.Rand, look int) (candidate, stable deploy.Measured)
	// over says whether what the candidate has done, taken as it is, is beyond the critical threshold of the kind.
	over(candidate *deploy.Measured) bool
	// clear says that it is within all of them.
	clear(candidate *deploy.Measured) bool
	// again starts from nothing.
	again()
}

// objectives are those of the guide, and 1.5 and 2 times as bad as stable.
func objectives() []deploy.Objective {
	return []deploy.Objective{
		{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Window: bake, Worse: 2},
		{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Window: bake, Worse: 1.5},
		{Metric: deploy.LatencyP95, Target: 500, Critical: 1000, Window: bake, Worse: 1.5},
		{Metric: deploy.LatencyP99, Target: 1000, Critical: critical, Window: bake, Worse: 1.5},
	}
}

// Trial says how often each cell is tried.
type Trial struct {
	Runs int
	Seed uint64
	// EveryLook asks the judge at each look. Otherwise it is not asked at looks before the last at which the candidate is
	// within every threshold, where it takes nothing back; the ends are the same, sooner.
	EveryLook bool
}

// Run tries cells on all processors. The results are in their order.
func (t Trial) Run(cells []Cell) []Result {
	results := make([]Result, len(cells))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i] = t.try(cells[i], rand.New(rand.NewPCG(t.Seed, uint64(i))))
			}
		})
	}
	for i := range cells {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

func (t Trial) try(c Cell, r *rand.Rand) Result {
	result := Result{Cell: c, Runs: t.Runs}
	traffic := c.traffic()
	spec := deploy.MetricsSpec{Every: bake / looks, Minimum: minimum, Objectives: objectives()}
	if c.Kind == errorsKind {
		spec.Objectives = spec.Objectives[:1]
	}
	for range t.Runs {
		traffic.again()
		judged, plain := t.one(traffic, &spec, r)
		result.Judge.add(judged)
		result.Plain.add(plain)
	}
	return result
}

// end is how one bake ends.
type end int

const (
	undecided end = iota
	rolledBack
	promoted
	held
)

func (e *Ends) add(one end) {
	switch one {
	case rolledBack:
		e.RolledBack++
	case promoted:
		e.Promoted++
	case held, undecided:
		e.Held++
	}
}

// one is one bake. Either of the two ends it by a rollback at any look; otherwise the last look decides.
func (t Trial) one(of traffic, spec *deploy.MetricsSpec, r *rand.Rand) (judged, plain end) {
	began := time.Unix(0, 0)
	for look := 1; look <= looks && (judged == undecided || plain == undecided); look++ {
		candidate, stable := of.next(r, look)
		if plain == undecided && of.over(&candidate) {
			plain = rolledBack
		}
		if judged != undecided || !t.EveryLook && look < looks && of.clear(&candidate) {
			continue
		}
		to := began.Add(bake / looks * time.Duration(look))
		j := judge.Judge(judge.Question{
			Spec: *spec, Share: share, Candidate: candidate, Stable: stable, HasCandidate: true, HasStable: true,
			From: began, To: to, Newest: to,
		})
		switch {
		case j.Verdict == deploy.Unhealthy && j.Critical:
			judged = rolledBack
		case look == looks && j.Verdict == deploy.Healthy:
			judged = promoted
		case look == looks:
			judged = held
		}
	}
	if plain == undecided {
		plain = promoted
	}
	return judged, plain
}
