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

// wayWithin bounds what a look asks of the platform: a verdict does not wait longer for the rollback card, and a
// critical one not at all.
const wayWithin = 2 * time.Second

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
	short, enough := context.WithTimeout(ctx, wayWithin)
	defer enough()
	if !first.Before(to) {
		look.Judgement = deploy.Judgement{Verdict: deploy.Inconclusive, Why: "nothing that counts has been measured yet"}
		look.Way = p.wayBack(short, r, s.Begun)
		return deploy.Outcome{Look: &look}, nil
	}
	var beside together
	beside.begin(func() { look.Way = p.wayBack(short, r, s.Begun) })
	questions, err := p.ask(ctx, source, r, first, to)
	if err == nil {
		look.From, look.Through = questions[0].From, through(questions)
		look.Judgement, look.Point = judge.Judge(questions...), point(ofTraffic(questions), r.Facts.Share)
	}
	if err != nil || look.Judgement.Critical {
		enough() // the way back is not waited for
	}
	beside.wait()
	if err != nil {
		return deploy.Outcome{}, err
	}
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
		if spec.Delay == 0 { // before its first traffic the candidate has done nothing that could count
			from = latest(to.Add(-spec.Reach()), earliest(from, to.Add(-shortest(spec))))
		}
		reads.begin(func() {
			reading, err := source.Read(ctx, deploy.MetricsQuery{Service: r.Spec.Platform.Service, Spec: spec,
				Revisions: []deploy.RevisionName{r.Facts.Candidate.Name, r.Facts.Baseline.Name}, From: from, To: to})
			questions[i], errs[i] = question(r, spec, reading, from, to), err
		})
	}
	reads.wait()
	if !slices.Contains(errs, nil) {
		return nil, errs[0]
	}
	return questions, nil // one that had no answer is judged as such, and hides nothing that another one found
}

// shortest is the least that a source is asked about: it samples more than once within its lag, and some refuse a
// stretch shorter than a sample.
func shortest(m deploy.MetricsSpec) time.Duration { return max(m.Lag/3, m.Every) }

// through is up to where everything has been seen: where the stretch ends, or the newest sample if that is older.
func through(questions []judge.Question) time.Time {
	end := questions[0].To
	for _, q := range questions {
		if !q.Newest.IsZero() && q.Newest.Before(end) {
			end = q.Newest
		}
	}
	return end
}

// ofTraffic is the question that a chart is made from.
func ofTraffic(questions []judge.Question) judge.Question {
	for _, q := range questions {
		if len(q.Candidate.Latency.Counts) > 0 || q.Candidate.Requests+q.Stable.Requests > 0 {
			return q
		}
	}
	return questions[0]
}

// byWindow splits a spec into what is read at once, the longest window first. The database's connections are read by
// themselves: who may not read those is not to be blind to everything else.
func byWindow(m deploy.MetricsSpec) []deploy.MetricsSpec {
	type part struct {
		window   time.Duration
		database bool
	}
	split := map[part][]deploy.Objective{}
	for _, o := range m.Objectives {
		at := part{o.Window, o.Metric == deploy.Connections}
		split[at] = append(split[at], o)
	}
	var specs []deploy.MetricsSpec
	for _, objectives := range split {
		one := m
		one.Objectives = objectives
		specs = append(specs, one)
	}
	slices.SortFunc(specs, func(a, b deploy.MetricsSpec) int {
		return cmp.Or(cmp.Compare(b.Reach(), a.Reach()), cmp.Compare(b.Objectives[0].Metric, a.Objectives[0].Metric))
	})
	return specs
}

func question(r deploy.Release, spec deploy.MetricsSpec, reading deploy.Reading, from, to time.Time) judge.Question {
	q := judge.Question{Spec: spec, Share: r.Facts.Share, Connections: reading.Connections, From: from, To: to, Newest: reading.Newest}
	q.Candidate, q.HasCandidate = reading.Revisions[r.Facts.Candidate.Name]
	q.Stable, q.HasStable = reading.Revisions[r.Facts.Baseline.Name]
	if spec.Objectives[0].Metric == deploy.Connections { // a question about no revision, so that none is missed
		q.HasCandidate, q.Newest = true, to
	}
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
	way.Return = svc.Back
	if svc.Fell.Revision == r.Facts.Candidate.Name {
		way.Fell = svc.Fell.Why
		return way
	}
	if other, moved := svc.Foreign(r.Facts.Baseline.Name, r.Facts.Candidate.Name); moved {
		way.Moved = fmt.Sprintf("%d %% of traffic is on %s", other.Percent, other.Revision)
	} else if got := svc.Percent(r.Facts.Candidate.Name); !svc.Busy && !meant(r, got) {
		way.Moved = fmt.Sprintf("%s has %d %%, not %d %%", r.Facts.Candidate.Name, got, r.Facts.Share)
	}
	return way
}

// meant says whether a share is what the release has set, or is just setting.
func meant(r deploy.Release, share int) bool {
	cur := r.Current()
	return share == r.Facts.Share || cur != nil && cur.Kind == deploy.KindShift && cur.Status == deploy.Started && share == cur.Percent
}
