package report_test

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/report"
)

// together is a release that has taken a worker along, which its platform replaces task by task, and that went back for it.
func together() deploy.Release {
	r := back()
	r.Spec.Also = []deploy.Part{{Name: "worker", Rolling: true}}
	r.Parts = map[string]deploy.Facts{"worker": {Image: deploy.Image{Digest: "sha256:5555"}, Baseline: deploy.Revision{Name: "worker:41", Version: "v1.2.3"}, MaxShare: 100}}
	r.Steps = append(r.Steps, deploy.Step{Name: "traffic/100@worker", Kind: deploy.KindShift, Part: "worker", Status: deploy.Broken, Note: "2 of 4 tasks run worker:42"})
	r.Incident.Part, r.Incident.Share = "worker", 100
	r.Watch.Last.Findings = append(r.Watch.Last.Findings, deploy.Finding{Metric: deploy.ErrorRate, Part: "worker", Verdict: deploy.Healthy, Known: true, Target: 0.005, Limit: 0.01})
	return r
}

func TestTheReportNamesTheParts(t *testing.T) {
	t.Parallel()
	journal := []deploy.Entry{{At: noon, Kind: deploy.EntryFailure, Step: "traffic/100@worker", By: deploy.Slipway, Text: "3 tasks stopped"}}
	got := report.Markdown(together(), journal, nil)
	for _, want := range []string{
		"\n| Together with it | worker: v1.2.4 `sha256:5555`, before it v1.2.3 `worker:41` |\n",
		"\n- Its rollout of worker was under way, task by task; when last seen: 2 of 4 tasks run worker:42.\n",
		" | Slipway | worker: `traffic/100` **failed**: 3 tasks stopped |\n",
		"\n| worker: Error rate | ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "of the traffic of worker") {
		t.Errorf("it speaks of shares of what has none:\n%s", got)
	}
	r := together()
	r.Spec.Also[0].Rolling, r.Incident.Share = false, 10
	if got, want := report.Markdown(r, nil, nil), "\n- It had at most 10 % of the traffic of worker.\n"; !strings.Contains(got, want) {
		t.Errorf("it does not say %q:\n%s", want, got)
	}
	r.Kind, r.Left.Version = deploy.Rollback, "v1.2.5"
	if got, want := report.Markdown(r, nil, nil), "\n| Together with it | worker: v1.2.4 `sha256:5555`, revision `worker:41` |\n"; !strings.Contains(got, want) {
		t.Errorf("a rollback does not say %q:\n%s", want, got)
	}
}

func TestARolloutIsReportedInTasks(t *testing.T) {
	t.Parallel()
	r := going()
	r.Spec.Strategy.Kind, r.Facts.Share, r.Facts.MaxShare = deploy.Rolling, 0, 100
	shift := deploy.Step{Name: "traffic/100", Kind: deploy.KindShift, Status: deploy.Started}
	for name, c := range map[string]struct {
		change func(r *deploy.Release, s *deploy.Step)
		want   string
	}{
		"nothing was seen of it": {func(*deploy.Release, *deploy.Step) {}, "\n- Its rollout was under way, task by task: to all tasks at most.\n"},
		"it has come so far":     {func(_ *deploy.Release, s *deploy.Step) { s.Note = "2 of 4 tasks run app:42" }, "\n- Its rollout was under way, task by task; when last seen: 2 of 4 tasks run app:42.\n"},
		"it was done":            {func(_ *deploy.Release, s *deploy.Step) { s.Status = deploy.Done }, "\n- It ran on all tasks.\n"},
		"it is done":             {func(r *deploy.Release, _ *deploy.Step) { r.State = deploy.Succeeded }, "\n- The version runs on all tasks.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := r.Clone(), shift
			c.change(&r, &s)
			r.Steps = append(r.Steps, s)
			got := report.Markdown(r, nil, nil)
			if !strings.Contains(got, c.want) || strings.Contains(got, "of the traffic") {
				t.Errorf("it does not say %q:\n%s", c.want, got)
			}
		})
	}
}
