package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/report"
)

var update = flag.Bool("update", false, "write the golden reports")

var noon = time.Date(2026, 3, 2, 23, 50, 0, 0, time.UTC)

func at(minutes, seconds int) time.Time {
	return noon.Add(time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second)
}

// going is a release at 25 %, promoted against the verdict.
func going() deploy.Release {
	return deploy.Release{
		ID: "coditect-app-42", Number: 42, Kind: deploy.Deploy, Target: deploy.Target{Service: "coditect-app", Environment: "production"},
		Version: "v1.2.4", Requester: "U0ALICE", Reason: "new checkout", Created: at(0, 0), State: deploy.Running, By: "U0CAROL", Since: at(12, 0),
		Steps: []deploy.Step{
			{Name: "gate/10", Kind: deploy.KindGate, Percent: 10, Status: deploy.Done, EndedAt: at(2, 0), Approvals: []deploy.Approval{{By: "U0BOB", At: at(2, 0)}}},
			{Name: "gate/25", Kind: deploy.KindGate, Percent: 25, Status: deploy.Done, EndedAt: at(12, 0), Ask: deploy.AskNobody,
				Approvals: []deploy.Approval{{By: "U0CAROL", At: at(12, 0), Forced: true, Reason: "the errors are the load test's"}}},
			{Name: "gate/5", Kind: deploy.KindGate, Percent: 5, Status: deploy.Done, EndedAt: at(1, 0), Ask: deploy.AskUnsure},
		},
		Facts: deploy.Facts{
			Image:    deploy.Image{Repository: "gcr.io/p/coditect", Tag: "v1.2.4", Digest: "sha256:4444"},
			Baseline: deploy.Revision{Name: "coditect-app-r41-1", Version: "v1.2.3"}, Candidate: deploy.Revision{Name: "coditect-app-r42-1"},
			Share: 25, MaxShare: 25,
		},
		Watch: deploy.Watch{
			Since: at(2, 10), At: at(14, 0),
			Last: deploy.Judgement{Verdict: deploy.Unhealthy, Critical: true, Why: "47 of 1,203 requests failed (3.9 %), stable 12 of 4,102 (0.29 %)", Findings: []deploy.Finding{
				{Metric: deploy.ErrorRate, Verdict: deploy.Unhealthy, Critical: true, Known: true, Value: 0.03907, Of: 1203, Hits: 47, Stable: 0.00293, StableOf: 4102, StableHits: 12,
					Target: 0.005, Limit: 0.01, Text: "47 of 1,203 requests failed (3.9 %)"},
				{Metric: deploy.Availability, Verdict: deploy.Healthy, Known: true, Value: 0.9989, Of: 5305, Target: 0.999, Limit: 0.995},
				{Metric: deploy.LatencyP99, Verdict: deploy.Healthy, Known: true, Value: 1412.4, Of: 1203, Stable: 398, StableOf: 4102, Target: 1500, Limit: 2000, DryRun: true},
				{Metric: deploy.Connections, Verdict: deploy.Inconclusive, Target: 0.7, Limit: 0.9, Text: "no samples"},
			}},
			Points: []deploy.Point{
				{At: at(12, 0), Share: 10, Candidate: deploy.Seen{Requests: 203, Failed: 0, P50: 82, P95: 240, P99: 611}, Stable: deploy.Seen{Requests: 2050, Failed: 6, P50: 80, P95: 230, P99: 398}},
				{At: at(14, 0), Share: 25, Candidate: deploy.Seen{Requests: 1000, Failed: 47, P50: 82, P95: 240, P99: 1412.4}, Stable: deploy.Seen{Requests: 2052, Failed: 6}},
			},
		},
	}
}

// back is the same release after it was taken back, with everything that an incident can have.
func back() deploy.Release {
	r := going()
	r.State, r.By, r.Ended, r.Why = deploy.RolledBack, deploy.Slipway, at(16, 30), "47 of 1,203 requests failed (3.9 %), critical above 1 %"
	r.Incident = &deploy.Incident{
		At: at(15, 0), Began: at(2, 10), Back: at(14, 22), Share: 25, Requests: 1203, Failed: 47, CountedTo: at(14, 0),
		Trigger: "47 of 1,203 requests failed (3.9 %), critical above 1 % for 5 min",
		Lines: []deploy.LogGroup{
			{Count: 41, Last: at(14, 20), Text: "panic: runtime error\n\tat checkout.go:12\n```\nnot | the end"},
			{Count: 1, Last: at(3, 0), Text: "connection refused"},
		},
		Platform: []string{"Ready: True", "MinInstancesProvisioned: False"},
		Changed:  []string{"version v1.2.3 → v1.2.4", "+ env NEW_CHECKOUT", "cpu 1 → 2"},
		Diagnosis: deploy.Diagnosis{
			Symptom: "errors rise", Cause: "the version panics in checkout.go (41 of 42 error lines)", Remedy: "mend it and release again",
		},
		Missing: []string{"CPU: Cloud Monitoring did not answer in time"},
	}
	r.Notes = []deploy.Note{
		{Kind: deploy.NoteTaken, By: "U0BOB", At: at(17, 0)},
		{Kind: deploy.NoteBug, By: "U0BOB", At: at(18, 0), Link: "https://github.com/acme/coditect/issues/7", Done: true},
		{Kind: deploy.NoteReport, By: "U0CAROL", At: at(19, 0)},
	}
	return r
}

func journal() []deploy.Entry {
	return []deploy.Entry{
		{At: at(0, 0), Kind: deploy.EntryCreated, By: "U0ALICE", State: deploy.Running, Text: "deploy v1.2.4 to coditect-app/production"},
		{At: at(0, 1), Kind: deploy.EntryIntent, Step: "deploy/revision", By: deploy.Slipway, Text: "not told"},
		{At: at(0, 20), Kind: deploy.EntryTrouble, Step: "deploy/revision", By: deploy.Slipway, Text: "Cloud Run does not answer; attempt 2, trying again"},
		{At: at(0, 30), Kind: deploy.EntryProgress, Step: "deploy/revision", By: deploy.Slipway, Text: "not told"},
		{At: at(1, 0), Kind: deploy.EntryOutcome, Step: "deploy/revision", By: deploy.Slipway, Text: "coditect-app-r42-1 is ready", Took: 58_200},
		{At: at(1, 5), Kind: deploy.EntryAsked, Step: "gate/10", By: deploy.Slipway, Text: "asks for 10 %"},
		{At: at(1, 30), Kind: deploy.EntrySignal, By: "U0ALICE", Text: "promote refused: who asks for a release does not approve it"},
		{At: at(2, 0), Kind: deploy.EntryApproved, Step: "gate/10", By: "U0BOB", Text: "approved 10 %"},
		{At: at(11, 0), Kind: deploy.EntryVerdict, Step: "watch", By: deploy.Slipway, Text: "unhealthy: p99 611 ms, stable 398 ms"},
		{At: at(12, 0), Kind: deploy.EntryApproved, Step: "gate/25", By: "U0CAROL", Text: "approved 25 % against the verdict, because: the errors are the load test's"},
		{At: at(14, 10), Kind: deploy.EntryState, By: deploy.Slipway, State: deploy.RollingBack, Text: "47 of 1,203 requests failed (3.9 %)"},
		{At: at(14, 22), Kind: deploy.EntryOutcome, Step: "rollback/traffic", By: deploy.Slipway},
		{At: at(14, 40), Kind: deploy.EntryFailure, Step: "rollback/verify", By: deploy.Slipway, Text: "/health answers with v1.2.4"},
		{At: at(16, 30), Kind: deploy.EntryState, By: deploy.Slipway, State: deploy.RolledBack},
		{At: at(17, 0), Kind: deploy.EntryNote, By: "U0BOB", Text: "taken"},
	}
}

func people(id deploy.UserID) string {
	return map[deploy.UserID]string{"U0ALICE": "Alice", "U0BOB": "Bob | Ops", "U0CAROL": ""}[id]
}

// agreed is a release that began with an item waived and its plan approved, the second time, and did not bear its load.
func agreed() deploy.Release {
	r := going()
	var l deploy.Latencies
	for range 400 {
		l.Add(12 * time.Millisecond)
	}
	r.Watch, r.Facts.Share, r.Facts.MaxShare = deploy.Watch{}, 0, 0
	r.State, r.Ended, r.Why, r.By = deploy.Failed, at(20, 0), "the load check API broke a limit", deploy.Slipway
	r.Steps = []deploy.Step{{Name: "preflight/approve", Kind: deploy.KindGate, Phase: deploy.Preflight, Status: deploy.Done, EndedAt: at(9, 0),
		Approvals: []deploy.Approval{{By: "U0BOB", At: at(9, 0), Plan: "3f2a9c1b0011"}}}}
	r.Waivers = []deploy.Waiver{{Item: "image/signature", Text: "Signed: there is no signature", By: "U0BOB", At: at(5, 0), Reason: "signed from next week on | OPS-17"}}
	r.Loads = []deploy.LoadResult{
		{Check: "API", Stage: deploy.Smoke, Took: 4 * time.Second, Requests: 400, Failed: 8, Latencies: l, Breach: "8 of 400 requests failed (2 %), limit 0 %"},
		{Check: "API", Stage: deploy.Functional, Took: 4 * time.Second, Requests: 400, Latencies: l, Done: true},
		{Check: "Login", Stage: deploy.Functional, Took: time.Second, Requests: 100, Latencies: l},
	}
	return r
}

func agreeing() []deploy.Entry {
	return []deploy.Entry{
		{At: at(0, 0), Kind: deploy.EntryCreated, By: "U0ALICE"},
		{At: at(4, 0), Kind: deploy.EntryAttested, Step: "preflight/ready", By: "U0CAROL", Text: "attests 1 item: CORS policies configured"},
		{At: at(5, 0), Kind: deploy.EntryWaived, Step: "preflight/ready", By: "U0BOB", Text: "Signed, because: signed from next week on | OPS-17"},
		{At: at(7, 0), Kind: deploy.EntryApproved, Step: "preflight/approve", By: "U0BOB", Text: "approved the plan"},
		{At: at(8, 0), Kind: deploy.EntryVoided, Step: "preflight/confirm", Text: "the approval is void: the image is sha256:5555, it was sha256:4444"},
		{At: at(9, 0), Kind: deploy.EntryApproved, Step: "preflight/approve", By: "U0BOB", Text: "approved the plan"},
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	done := going()
	done.State, done.Ended, done.Facts.Share, done.Facts.MaxShare, done.Watch = deploy.Succeeded, at(60, 0), 100, 100, deploy.Watch{}
	failed := deploy.Release{
		ID: "app-7", Kind: deploy.Deploy, Target: deploy.Target{Service: "app", Environment: "staging"}, Version: "v3", Requester: "U0ALICE",
		Created: at(0, 0), Ended: at(1, 0), State: deploy.Failed, Why: "image v3 does not exist",
	}
	hand := back()
	hand.ID, hand.Kind, hand.Version, hand.State, hand.Ended = "coditect-app-43", deploy.Rollback, "v1.2.3", deploy.RollingBack, time.Time{}
	hand.Left = deploy.Left{Release: "coditect-app-42", Version: "v1.2.4", Digest: "sha256:4444", Since: at(-600, 0)}
	hand.Facts.Image.Digest = "sha256:3333"
	hand.Watch, hand.Steps, hand.Notes = deploy.Watch{}, nil, nil
	hand.Incident = &deploy.Incident{Began: at(-60, 0), Share: 100, Trigger: "the cart is empty"}
	plain := hand
	plain.Incident, plain.State = nil, deploy.Parked
	for name, tc := range map[string]struct {
		r       deploy.Release
		journal []deploy.Entry
	}{
		"incident":  {back(), journal()},
		"under-way": {going(), journal()[:10]},
		"succeeded": {done, journal()[:8]},
		"failed":    {failed, nil},
		"by-hand":   {hand, nil},
		"stuck":     {plain, nil},
		"agreed":    {agreed(), agreeing()},
		"schema":    {migrated(), nil},
		"across":    {across(), nil},
		"restored":  {restored(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := report.Markdown(tc.r, tc.journal, people)
			file := filepath.Join("testdata", name+".md")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the report is not as in %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestTheWordsOfOthersStayWords(t *testing.T) {
	t.Parallel()
	const hostile = "| @everyone `rm` **b** <script> [x](http://evil) #1\n# heading\n- item \u202e &copy; _i_ $x$ \\"
	const want = "\\| @\u200beveryone \\`rm\\` \\*\\*b\\*\\* \\<script\\> \\[x\\](http://evil) #\u200b1 # heading - item \\&copy; \\_i\\_ \\$x\\$ \\\\"
	r := back()
	r.Reason, r.Why, r.Version, r.Target.Service = hostile, hostile, hostile, hostile
	r.Steps[1].Approvals[0].Reason = hostile
	r.Watch.Last.Why, r.Watch.Trouble, r.Watch.Last.Findings[0].Text = hostile, hostile, hostile
	r.Incident.Trigger, r.Incident.Diagnosis = hostile, deploy.Diagnosis{Symptom: hostile, Cause: hostile, Remedy: hostile}
	r.Incident.Platform, r.Incident.Changed, r.Incident.Missing = []string{hostile}, []string{hostile}, []string{hostile}
	r.Incident.Lines = []deploy.LogGroup{{Count: 2, Text: "````\n" + hostile}}
	r.Incident.Database, r.Waivers = []string{hostile}, []deploy.Waiver{{Item: deploy.WithoutBackup, By: hostile, Reason: hostile}}
	r.Schema = &deploy.Schema{Before: 13, After: 14, Applied: []deploy.AppliedScript{{Name: hostile, Changes: []string{hostile}}}}
	r.Across = []deploy.Crossing{{Version: hostile, Release: hostile, Class: hostile, Changes: []string{hostile}}}
	r.Notes[0].Text, r.Notes[1].Link = hostile, "javascript:"+hostile
	got := report.Markdown(r, []deploy.Entry{{Kind: deploy.EntrySignal, By: hostile, Step: hostile, Text: hostile}}, nil)

	open := strings.Index(got, "`````text\n")
	end := strings.Index(got[open+1:], "\n`````\n")
	if open < 0 || end < 0 {
		t.Fatalf("the error line is not held by a fence longer than its own:\n%s", got)
	}
	outside := got[:open] + got[open+1+end:]
	if n := strings.Count(outside, want); n < 15 {
		t.Errorf("shown as text %d times, want at least 15:\n%s", n, outside)
	}
	rest := strings.ReplaceAll(outside, want, "")
	for _, bad := range []string{"@everyone", "**b**", "<script>", "\u202e", "\n# heading", "&copy;"} {
		if strings.Contains(rest, bad) {
			t.Errorf("%q got out:\n%s", bad, rest)
		}
	}
}

func TestALineThatBeginsLikeMarkupIsText(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"- a list": "\\- a list", "# a heading": "\\# a heading", "12. a list": "12\\. a list", "12.5 s": "12.5 s", "+ env X_Y": "\\+ env X_Y",
		"1) a list": "1\\) a list", "a@example.com": "a@\u200bexample.com", "R & D": "R & D",
	} {
		r := back()
		r.Incident.Changed = []string{given}
		if got := report.Markdown(r, nil, nil); !strings.Contains(got, "\n- "+want+"\n") {
			t.Errorf("%q is not shown as %q:\n%s", given, want, got)
		}
	}
}

func TestALongJournalKeepsItsBeginningAndItsEnd(t *testing.T) {
	t.Parallel()
	var long []deploy.Entry
	for n := range 1000 {
		long = append(long, deploy.Entry{At: at(0, n), Kind: deploy.EntryVerdict, Text: fmt.Sprintf("number %d;", n)})
	}
	got := report.Markdown(going(), long, nil)
	for _, want := range []string{"number 0;", "number 49;", "800 entries left out; `bot release journal coditect-app-42` has all", "number 850;", "number 999;"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	for _, bad := range []string{"number 50;", "number 849;"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is in it", bad)
		}
	}
}

func TestOnlyTheLastLooksAreShown(t *testing.T) {
	t.Parallel()
	r := going()
	r.Watch.Points = nil
	for n := range 60 {
		r.Watch.Points = append(r.Watch.Points, deploy.Point{At: at(n, 0), Share: 10, Candidate: deploy.Seen{Requests: int64(1000 + n)}})
	}
	got := report.Markdown(r, nil, nil)
	if !strings.Contains(got, "The last 20 looks; 40 earlier ones are left out.") || strings.Contains(got, "0 of 1,039 ") ||
		!strings.Contains(got, "0 of 1,040 ") || !strings.Contains(got, "0 of 1,059 ") {
		t.Errorf("the looks:\n%s", got)
	}
}

func TestWhatIsNotKnownIsSaidToBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*deploy.Release)
		want   string
	}{
		"nobody was sent to it":           {func(r *deploy.Release) { r.Incident.Began = time.Time{} }, "- No user was sent to the version.\n"},
		"it is not known to be back":      {func(r *deploy.Release) { r.Incident.Back = time.Time{} }, "that they were taken back is not confirmed"},
		"nothing was counted":             {func(r *deploy.Release) { r.Incident.CountedTo = time.Time{} }, "- How many requests failed is not known.\n"},
		"it had no requests":              {func(r *deploy.Release) { r.Incident.Requests, r.Incident.Failed = 0, 0 }, "- It answered no requests, counted to 2026-03-03 00:04:00 UTC.\n"},
		"the journal could not be read":   {func(*deploy.Release) {}, "The journal has nothing to tell."},
		"a bug that is not open yet":      {func(r *deploy.Release) { r.Notes[1].Link, r.Notes[1].Done = "", false }, "asked for a bug report, which is not open yet"},
		"a bug that could not be opened":  {func(r *deploy.Release) { r.Notes[1].Link, r.Notes[1].Text = "", "issues are off" }, "asked for a bug report: issues are off"},
		"a bug opened without an address": {func(r *deploy.Release) { r.Notes[1].Link = "" }, "opened a bug report\n"},
		"nothing tells what went wrong":   {func(r *deploy.Release) { r.Incident.Diagnosis.Cause = "" }, "- Probable cause: not known\n"},
		"a metric that is not among ours": {func(r *deploy.Release) { r.Watch.Last.Findings[0].Metric = "queue" }, "| queue | 3.9 % |"},
	} {
		r := back()
		tc.change(&r)
		if got := report.Markdown(r, nil, nil); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q is not in\n%s", name, tc.want, got)
		}
	}
}
