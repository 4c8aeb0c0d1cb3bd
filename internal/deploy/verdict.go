package deploy

import "time"

// Verdict is what the judge says of a version.
type Verdict string

const (
	Healthy      Verdict = "healthy"      // measured well enough to be sure enough
	Unhealthy    Verdict = "unhealthy"    // bad beyond chance
	Inconclusive Verdict = "inconclusive" // not enough to tell
	Unknown      Verdict = "error"        // the metrics could not be had
)

// Judgement is a verdict with what it rests on. It is stored with the release, so it is small.
type Judgement struct {
	Verdict  Verdict   `json:"verdict"`
	Critical bool      `json:"critical,omitempty"` // Unhealthy, and to be taken back at once
	Why      string    `json:"why"`                // in one line, with counts
	Part     string    `json:"part,omitempty"`     // of the release, that it is about most; empty: the service itself
	Findings []Finding `json:"findings,omitempty"` // one for each objective, in the order of MetricNames
}

// Finding is what was found of one objective.
type Finding struct {
	Metric     MetricName `json:"metric"`
	Part       string     `json:"part,omitempty"` // of the release; empty: the service itself
	Verdict    Verdict    `json:"verdict"`
	Critical   bool       `json:"critical,omitempty"`
	Value      float64    `json:"value"`            // of the candidate; meaningless if Known is false
	Known      bool       `json:"known,omitempty"`  // whether there was anything to measure
	Of         int64      `json:"of,omitempty"`     // requests, or samples, that Value was made from
	Hits       int64      `json:"hits,omitempty"`   // of these, failed or slower than the critical threshold
	Stable     float64    `json:"stable,omitempty"` // the same of the stable revision over the same minutes
	StableOf   int64      `json:"stable_of,omitempty"`
	StableHits int64      `json:"stable_hits,omitempty"`
	Target     float64    `json:"target"`
	Limit      float64    `json:"limit"` // the critical threshold
	DryRun     bool       `json:"dry_run,omitempty"`
	Text       string     `json:"text"` // "3 of 41 requests failed (7.3 %), stable 12 of 4,102 (0.29 %): not enough to tell"
}

// Point is what a look saw, for a chart. Latencies are in ms; shares from 0 to 100.
type Point struct {
	At        time.Time `json:"at"` // end of what was seen
	Share     int       `json:"share"`
	Candidate Seen      `json:"candidate"`
	Stable    Seen      `json:"stable"`
}

// Seen is one revision in a Point: what it did over the stretch that was looked at.
type Seen struct {
	Requests int64   `json:"n,omitempty"`
	Failed   int64   `json:"failed,omitempty"`
	P50      float64 `json:"p50,omitempty"`
	P95      float64 `json:"p95,omitempty"`
	P99      float64 `json:"p99,omitempty"`
}
