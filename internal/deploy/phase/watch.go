package phase

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// lookWithin bounds one look. It is less than any platform or source may take to give up, so that a source that
// hangs costs looks and nothing else.
const lookWithin = 10 * time.Second

// look measures the candidate and the baseline over the same minutes and has them judged. It changes nothing, and
// whatever is asked of the platform on the way is only for the rollback card: without it a look still counts.
func (p Ports) look(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	m := r.Spec.Metrics
	if m == nil || len(m.Objectives) == 0 {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "look at the metrics", Msg: "the catalog names no metrics for " + r.Target.String()}
	}
	source, ok := p.Metrics[m.Source]
	if !ok {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "look at the metrics", Msg: "this Slipway has no client for metrics from " + string(m.Source)}
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	to := s.Begun.Add(-m.Lag)
	first := r.Watch.Since.Add(m.Delay)
	look := deploy.Look{From: first, Through: to}
	if !first.Before(to) {
		look.Judgement = deploy.Judgement{Verdict: deploy.Inconclusive, Why: "nothing that counts has been measured yet"}
		return deploy.Outcome{Look: &look}, nil
	}
	var beside together
	beside.begin(func() { look.Way = p.wayBack(ctx, r, s.Begun) })
	questions, err := p.ask(ctx, source, r, first, to)
	beside.wait()
	if err != nil {
		return deploy.Outcome{}, err
	}
	look.From = questions[0].From
	look.Judgement, look.Point = judge.Judge(questions...), point(questions[0], r.Facts.Share)
	return deploy.Outcome{Look: &look}, nil
}

// ask reads what the judge has to know: one stretch for each window that the objectives have, the longest first. Each
// ends where the source knows everything, and none begins before the first traffic that counts.
func (p Ports) ask(ctx context.Context, source deploy.Metrics, r deploy.Release, first, to time.Time) ([]judge.Question, error) {
	specs := byWindow(*r.Spec.Metrics)
	questions, errs := make([]judge.Question, len(specs)), make([]error, len(specs))
	var reads together
	for i, spec := range specs {
		from := latest(first, to.Add(-spec.Reach()))
		reads.begin(func() {
			reading, err := source.Read(ctx, deploy.MetricsQuery{Service: r.Spec.Platform.Service, Spec: spec,
				Revisions: []deploy.RevisionName{r.Facts.Candidate.Name, r.Facts.Baseline.Name}, From: from, To: to})
			questions[i], errs[i] = question(r, spec, reading, from, to), err
		})
	}
	reads.wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return questions, nil
}

// byWindow splits a spec into one for each window of its objectives, the longest first.
func byWindow(m deploy.MetricsSpec) []deploy.MetricsSpec {
	split := map[time.Duration][]deploy.Objective{}
	for _, o := range m.Objectives {
		split[o.Window] = append(split[o.Window], o)
	}
	var specs []deploy.MetricsSpec
	for _, objectives := range split {
		one := m
		one.Objectives = objectives
		specs = append(specs, one)
	}
	slices.SortFunc(specs, func(a, b deploy.MetricsSpec) int { return cmp.Compare(b.Reach(), a.Reach()) })
	return specs
}

func question(r deploy.Release, spec deploy.MetricsSpec, reading deploy.Reading, from, to time.Time) judge.Question {
	q := judge.Question{Spec: spec, Share: r.Facts.Share, Connections: reading.Connections, From: from, To: to, Newest: reading.Newest}
	q.Candidate, q.HasCandidate = reading.Revisions[r.Facts.Candidate.Name]
	q.Stable, q.HasStable = reading.Revisions[r.Facts.Baseline.Name]
	return q
}

// point is what a chart shows of a look: what was judged.
func point(q judge.Question, share int) deploy.Point {
	return deploy.Point{At: q.To, Share: share, Candidate: seen(q.Candidate), Stable: seen(q.Stable)}
}

func seen(m deploy.Measured) deploy.Seen {
	s := deploy.Seen{Requests: m.Requests, Failed: m.Failed}
	s.P50, _ = judge.Quantile(m.Latency, 0.50)
	s.P95, _ = judge.Quantile(m.Latency, 0.95)
	s.P99, _ = judge.Quantile(m.Latency, 0.99)
	return s
}

// wayBack looks at what a rollback would meet now. Zero if the platform does not say.
func (p Ports) wayBack(ctx context.Context, r deploy.Release, now time.Time) deploy.Way {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Way{}
	}
	ref := r.Spec.Platform.Service
	base, err := pf.Revision(ctx, ref, r.Facts.Baseline.Name)
	if deploy.CodeOf(err) == deploy.NotFound {
		return deploy.Way{Checked: now, Gone: true}
	}
	if err != nil {
		return deploy.Way{}
	}
	way := deploy.Way{Checked: now, Warm: base.Warm}
	svc, err := pf.Describe(ctx, ref)
	if err != nil {
		return deploy.Way{}
	}
	if other, moved := svc.Foreign(r.Facts.Baseline.Name, r.Facts.Candidate.Name); moved {
		way.Moved = fmt.Sprintf("%d %% of traffic is on %s", other.Percent, other.Revision)
	} else if got := svc.Percent(r.Facts.Candidate.Name); !svc.Busy && got != r.Facts.Share {
		way.Moved = fmt.Sprintf("%s has %d %%, not %d %%", r.Facts.Candidate.Name, got, r.Facts.Share)
	}
	return way
}
