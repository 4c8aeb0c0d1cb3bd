package slack_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

const (
	lag   = 3 * time.Minute
	share = 0.01 // the critical error rate
)

// watchedSpec is a target with the guide's eight KPIs.
func watchedSpec() deploy.Spec {
	s := spec()
	s.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: 5 * time.Minute}, {Percent: 50, Bake: 5 * time.Minute}, {Percent: 100}}
	s.Observe = 15 * time.Minute
	objective := func(m deploy.MetricName, target, critical float64) deploy.Objective {
		return deploy.Objective{Metric: m, Target: target, Critical: critical, Window: 5 * time.Minute}
	}
	s.Metrics = &deploy.MetricsSpec{
		Source: deploy.CloudMonitoring, Lag: lag, Every: 15 * time.Second, Minimum: 50, Errors: 4, Unsure: 6,
		Objectives: []deploy.Objective{
			objective(deploy.ErrorRate, 0.001, share), objective(deploy.Availability, 0.999, 0.99),
			objective(deploy.LatencyP50, 200, 500), objective(deploy.LatencyP95, 500, 1000), objective(deploy.LatencyP99, 1000, 2000),
			objective(deploy.CPU, 0.7, 0.9), objective(deploy.Memory, 0.8, 0.95), objective(deploy.Connections, 0.7, 0.9),
		},
	}
	return s
}

func watchedRelease(t testing.TB, change func(*deploy.Ask)) deploy.Release {
	t.Helper()
	return newRelease(t, func(a *deploy.Ask) {
		a.Spec = watchedSpec()
		if change != nil {
			change(a)
		}
	})
}

// asking has people asked before 50 %.
func asking(approve, unsure bool) func(*deploy.Ask) {
	return func(a *deploy.Ask) {
		a.Spec.Strategy.Steps[1].Approve, a.Spec.Strategy.Steps[1].Unsure = approve, unsure
	}
}

// watch is start for a watched release, of which looks come to what judged says.
func watch(t testing.TB, r deploy.Release, judged deploy.Judgement) *play {
	p := start(t, r)
	return p.judged(judged)
}

// judged has looks come to j from now on.
func (p *play) judged(j deploy.Judgement) *play {
	p.looks = func(p *play) (*deploy.Look, error) {
		at := p.now.Add(-lag)
		look := &deploy.Look{Through: at, Judgement: j, Way: deploy.Way{Checked: p.now, Warm: true},
			Point: deploy.Point{At: at, Share: p.release.Facts.Share}}
		for _, f := range j.Findings {
			switch f.Metric {
			case deploy.ErrorRate:
				look.Point.Candidate.Requests, look.Point.Candidate.Failed = f.Of, f.Hits
				look.Point.Stable.Requests, look.Point.Stable.Failed = f.StableOf, f.StableHits
			case deploy.LatencyP99:
				look.Point.Candidate.P99, look.Point.Stable.P99 = f.Value, f.Stable
			default:
			}
		}
		return look, nil
	}
	return p
}

// found changes what looks find of the way back.
func (p *play) found(way deploy.Way) *play {
	before := p.looks
	p.looks = func(p *play) (*deploy.Look, error) {
		look, err := before(p)
		if look != nil {
			look.Way = way
			look.Way.Checked = p.now
		}
		return look, err
	}
	return p
}

// silent has looks go without an answer from now on.
func (p *play) silent() *play {
	p.looks = func(*play) (*deploy.Look, error) {
		return nil, &deploy.Error{Code: deploy.Unavailable, Op: "read", Msg: "Cloud Monitoring did not answer"}
	}
	return p
}

// watching lets time pass, with all looks that are due in it and all that follows from them, short of an act.
func (p *play) watching(d time.Duration) *play {
	p.t.Helper()
	end := p.now.Add(d)
	for range 500 {
		r, entries, action := deploy.Decide(p.release, p.now)
		p.keep(r, entries)
		switch {
		case action.Do == deploy.See:
			p.look()
		case action.Do != deploy.Wait:
			return p
		case action.Until.IsZero() || !action.Until.Before(end):
			p.now = end
			return p
		default:
			p.now = action.Until
		}
	}
	p.t.Fatal("time does not pass")
	return p
}

func finding(m deploy.MetricName, value, stable, target, limit float64) deploy.Finding {
	return deploy.Finding{Metric: m, Verdict: deploy.Healthy, Value: value, Known: true, Of: 4118, Stable: stable, StableOf: 37012, Target: target, Limit: limit}
}

// healthy is the verdict on 4,118 requests of which 2 failed.
func healthy() deploy.Judgement {
	errors := finding(deploy.ErrorRate, 2./4118, 15./37012, 0.001, share)
	errors.Hits, errors.StableHits = 2, 15
	errors.Text = "2 of 4,118 requests failed (0.05 %), stable 15 of 37,012 (0.04 %)"
	return deploy.Judgement{Verdict: deploy.Healthy, Why: errors.Text, Findings: []deploy.Finding{
		errors, finding(deploy.Availability, 0.9996, 0, 0.999, 0.99),
		finding(deploy.LatencyP50, 48, 47, 200, 500), finding(deploy.LatencyP95, 180, 176, 500, 1000), finding(deploy.LatencyP99, 412, 398, 1000, 2000),
		finding(deploy.CPU, 0.41, 0.38, 0.7, 0.9), finding(deploy.Memory, 0.62, 0.6, 0.8, 0.95),
		{Metric: deploy.Connections, Verdict: deploy.Inconclusive, Target: 0.7, Limit: 0.9},
	}}
}

// failing is the verdict on the guide's bad canary.
func failing() deploy.Judgement {
	j := healthy()
	e := &j.Findings[0]
	e.Value, e.Hits, e.Verdict, e.Critical = 157./4118, 157, deploy.Unhealthy, true
	e.Text = "157 of 4,118 requests failed (3.8 %), stable 15 of 37,012 (0.04 %), limit 1 %"
	j.Findings[1].Value, j.Findings[1].Verdict = 0.9962, deploy.Healthy
	j.Verdict, j.Critical, j.Why = deploy.Unhealthy, true, e.Text
	return j
}

// worse is beyond what is wanted and worse than stable, and not so bad that it is taken back.
func worse() deploy.Judgement {
	j := healthy()
	f := &j.Findings[4]
	f.Value, f.Verdict, f.Text = 1412, deploy.Unhealthy, "p99 1,412 ms, target 1,000, stable 398 ms over the same minutes"
	j.Findings[5].DryRun, j.Findings[5].Value, j.Findings[5].Verdict = true, 0.93, deploy.Unhealthy
	j.Verdict, j.Why = deploy.Unhealthy, f.Text
	return j
}

// unsure is the verdict on 41 requests.
func unsure() deploy.Judgement {
	j := healthy()
	e := &j.Findings[0]
	e.Verdict, e.Of, e.Hits, e.Value = deploy.Inconclusive, 41, 3, 3./41
	e.Text = "3 of 41 requests failed (7.3 %), stable 12 of 4,102 (0.29 %): not enough to tell"
	for i := range j.Findings[2:5] {
		j.Findings[2+i].Verdict = deploy.Inconclusive
	}
	j.Verdict, j.Why = deploy.Inconclusive, e.Text+"; open too: p50, p95, p99"
	return j
}

// history is ten releases in which each step took what is said.
func history(took map[deploy.StepName]time.Duration) deploy.Usual {
	u := deploy.Usual{}
	for name, d := range took {
		u[name] = d
	}
	return u
}

// recorded carries the evidence of a rollback into the release, as its runner does.
func (p *play) recorded(change func(*deploy.Incident), again time.Duration) *play {
	p.t.Helper()
	p.until("rollback/incident")
	in := &deploy.Incident{
		At: p.now, Began: p.release.Watch.Since, Back: p.release.Back[0].EndedAt, Share: p.release.Facts.MaxShare, Trigger: p.release.Why,
		Requests: 3012, Failed: 114, CountedTo: p.now.Add(-lag),
		Lines: []deploy.LogGroup{
			{Count: 131, Text: `relation "user_prefs" does not exist`}, {Count: 26, Text: "timeout waiting for `user_prefs`"},
		},
		Platform:  []string{"coditect-app-production-r42-1: Memory limit of 512 MiB exceeded with 530 MiB used"},
		Changed:   []string{"version v1.2.3 → v1.2.4", "+ env FEATURE_PREFS", "cpu 1 → 2"},
		Diagnosis: deploy.Diagnosis{Symptom: "errors rose", Cause: `the code and the schema of the database do not fit (“relation "user_prefs" does not exist”)`, Remedy: "check whether the migration of this version was run, then release again"},
	}
	if change != nil {
		change(in)
	}
	r, entries := deploy.Conclude(p.release, "rollback/incident", deploy.Outcome{Facts: p.release.Facts, Incident: in, Again: again,
		Note: in.Diagnosis.Symptom + ": " + in.Diagnosis.Cause + "; " + in.Diagnosis.Remedy}, nil, p.now)
	p.keep(r, entries)
	return p
}

// complete has the metrics caught up with the moment at which traffic was back.
func complete(in *deploy.Incident) { in.Requests, in.Failed, in.CountedTo = 4118, 157, in.Back }

// noting adds what somebody did about it after its end.
func (p *play) noting(notes ...deploy.Note) *play {
	for i, n := range notes {
		if n.At.IsZero() {
			n.At = p.now.Add(time.Duration(i+1) * time.Minute)
		}
		after, added := deploy.AddNote(p.release.Notes, n)
		if !added {
			p.t.Fatalf("the note %+v adds nothing", n)
		}
		p.release.Notes = after
		p.entries = append(p.entries, n.Entry())
	}
	return p
}

// fell is a watched release that has fallen at 10 %, up to the moment at which traffic is back.
func fell(t testing.TB) *play {
	return watch(t, watchedRelease(t, nil), healthy()).until("traffic/10/bake").watching(4 * time.Minute).judged(failing()).watching(time.Minute)
}

// force promotes against the verdict.
func (p *play) force(by deploy.UserID, reason string) *play {
	p.now = p.now.Add(2 * time.Minute)
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: deploy.SignalPromote, By: by, Force: true, Reason: reason}, p.now)
	p.keep(r, entries)
	return p
}
