package deploy

import (
	"context"
	"fmt"
	"time"
)

// LoadCheck sends many requests to a service and measures how it bears them. It is part of the Spec of a release.
type LoadCheck struct {
	Name        string        `json:"name"`
	Stage       CheckStage    `json:"stage"`
	Targets     []Call        `json:"targets"`               // in turn; only their method, path, headers, body and timeout count
	Rate        float64       `json:"rate,omitempty"`        // requests a second, sent whether or not earlier ones were answered
	Concurrency int           `json:"concurrency,omitempty"` // instead of Rate: so many at once, each sent when one was answered
	For         time.Duration `json:"for"`
	Most        float64       `json:"most"` // requests a second, never exceeded
	Limits      LoadLimits    `json:"limits"`
}

// LoadLimits are what the service must keep. Zero means that nothing is asked; Failed is always asked.
type LoadLimits struct {
	Rate   float64       `json:"rate,omitempty"` // answers a second, at least
	Mean   time.Duration `json:"mean,omitempty"`
	P99    time.Duration `json:"p99,omitempty"`
	Failed float64       `json:"failed"` // share of requests without an answer from 200 to 299, at most
}

// Loader sends load.
type Loader interface {
	// Fire sends requests for one stretch, and gives what came of them once the last was answered or given up. It keeps
	// nothing between two stretches. It stops early, with what it has, when ctx ends or q.Stop says so. Codes: NotFound,
	// Forbidden (a secret), Invalid (an address that is not called), Unavailable.
	Fire(ctx context.Context, q LoadRequest) (LoadStretch, error)
}

// LoadRequest asks for a stretch of load.
type LoadRequest struct {
	Check   LoadCheck
	BaseURL string
	For     time.Duration
	Service ServiceRef        // its Project is where secrets are
	Values  map[string]string // VERSION, ENVIRONMENT
	Public  bool              // private addresses are forbidden
	// Stop is asked now and then with what has been measured so far in this stretch; true ends it.
	Stop func(LoadStretch) bool
}

// LoadStretch is what was measured over a stretch of load.
type LoadStretch struct {
	Took      time.Duration  // from the start to the end of For, or to the last answer if that is later
	Requests  int64          // that were answered or given up
	Failed    int64          // without an answer from 200 to 299
	Latencies Latencies      // of all
	Reasons   map[string]int // why the failed ones failed, in a few words: "503", "no answer"; at most 5
}

// LoadResult is what a load check has come to so far. It is kept with the release.
type LoadResult struct {
	Check     string         `json:"check"`
	Stage     CheckStage     `json:"stage"`
	Took      time.Duration  `json:"took"` // of load, without pauses
	Requests  int64          `json:"requests"`
	Failed    int64          `json:"failed"`
	Latencies Latencies      `json:"latencies,omitzero"`
	Reasons   map[string]int `json:"reasons,omitempty"`
	Points    []LoadPoint    `json:"points,omitempty"` // one per stretch, oldest first
	Done      bool           `json:"done,omitempty"`
	Breach    string         `json:"breach,omitempty"` // which limit it broke, with numbers
}

// LoadPoint is one stretch, for a chart.
type LoadPoint struct {
	At     time.Duration `json:"at"` // of load when it ended
	Rate   float64       `json:"rate"`
	P50    time.Duration `json:"p50"`
	P99    time.Duration `json:"p99"`
	Failed int64         `json:"failed,omitempty"`
}

// Rate is answers a second.
func (l *LoadResult) Rate() float64 {
	if l.Took <= 0 {
		return 0
	}
	return float64(l.Requests) / l.Took.Seconds()
}

// Says is the result in one line: 3,000 requests, 100 a second, mean 12 ms, p99 34 ms, 0 failed.
func (l *LoadResult) Says() string {
	return fmt.Sprintf("%s requests, %.0f a second, mean %s, p99 %s, %s failed", Thousands(l.Requests), l.Rate(),
		Millis(l.Latencies.Mean()), Millis(l.Latencies.Quantile(0.99)), Thousands(l.Failed))
}

// LoadOf is what a load check came to in this release, or nil.
func (r *Release) LoadOf(name string, stage CheckStage) *LoadResult {
	for i := range r.Loads {
		if r.Loads[i].Check == name && r.Loads[i].Stage == stage {
			return &r.Loads[i]
		}
	}
	return nil
}

// loaded keeps what a load check has come to so far.
func (r *Release) loaded(l LoadResult) {
	if old := r.LoadOf(l.Check, l.Stage); old != nil {
		*old = l
		return
	}
	r.Loads = append(r.Loads, l)
}
