package commands_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// takenBack is a world in which v1.2.4 was taken back from production by bob, inside coditect-app-2.
func takenBack(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-2")
	w.says("UBOB", "/rollback coditect-app --reason slow")
	if r := w.drive("coditect-app-2"); r.State != deploy.RolledBack {
		t.Fatalf("the release is %s", r.State)
	}
	return w
}

func TestARollbackLocksTheTarget(t *testing.T) {
	t.Parallel()
	w := takenBack(t)
	locked := "coditect-app/production is locked since 2026-03-02 14:15 UTC: coditect-app-2 was taken back by @UBOB: slow."
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.5"), locked,
		"To open it: /deploy unlock coditect-app production", "Then: /deploy coditect-app v1.2.5")
	has(t, w.says("UALICE", "/deploy status coditect-app production"), "It is locked since", "slow", "/deploy unlock coditect-app production")
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.5 --plan"), locked)
	has(t, w.says("UDAVE", "/deploy coditect-app v1.2.5 staging"), "brings coditect-app/staging to v1.2.5")
	has(t, w.says("UBOB", `/rollback coditect-app v1.2.2 --reason "still slow"`), "rolls coditect-app/production back")
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	w := takenBack(t)
	has(t, w.says("UMALLORY", "/deploy unlock coditect-app"), "You may not unlock releases of coditect-app to production.", "Ask one of them")
	want := "coditect-app/production is open again. v1.2.4 itself is not released again unless somebody insists: /deploy coditect-app v1.2.4 production --again"
	if d := cmp.Diff(want, w.saysIn("E-open", "UCAROL", `/deploy unlock coditect-app --reason "index added"`)); d != "" {
		t.Error(d)
	}
	wantNotes := []deploy.Note{{Kind: deploy.NoteUnlocked, By: "UCAROL", At: w.Now(), Text: "index added", Done: true}}
	if d := cmp.Diff(wantNotes, w.get("coditect-app-2").Notes); d != "" {
		t.Errorf("kept with the release (-want +got):\n%s", d)
	}
	has(t, w.saysIn("E-open", "UCAROL", `/deploy unlock coditect-app --reason "index added"`), "coditect-app/production is not locked.")
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4"), "v1.2.4 was taken back from coditect-app/production: coditect-app-2: slow.",
		"To release this one all the same: /deploy coditect-app v1.2.4 production --again")
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --again"), "coditect-app-3 brings coditect-app/production to v1.2.4")
	if !w.get("coditect-app-3").Again {
		t.Error("the release does not know that somebody insisted; its preflight would refuse it")
	}
}

func TestButtonsOfAnIncident(t *testing.T) {
	t.Parallel()
	w := takenBack(t)
	id := deploy.ReleaseID("coditect-app-2")
	has(t, w.presses("UBOB", commands.Take, id, ""), "it is recorded that you look after this")
	has(t, w.presses("UCAROL", commands.Take, id, ""), "That was done before: @UBOB looks after it just now.")
	has(t, w.presses("UCAROL", commands.Fix, id, ""), "it is recorded that you plan the fix")
	has(t, w.presses("UBOB", commands.Bug, id, ""), "No place for bug reports is configured.", "SLIPWAY_GITHUB_REPO")
	has(t, w.presses("UBOB", commands.Report, id, ""), "the report is being written into the thread")
	has(t, w.presses("UMALLORY", commands.Unlock, id, ""), "You may not open the target after releases")
	has(t, w.presses("UBOB", commands.Unlock, id, ""), "coditect-app/production is open again.")
	has(t, w.presses("UCAROL", commands.Unlock, id, ""), "That was done before: @UBOB cleared the lock")
	var kinds []deploy.NoteKind
	for _, n := range w.get(id).Notes {
		kinds = append(kinds, n.Kind)
		if n.Done == n.Kind.Asks() {
			t.Errorf("%s is done: %v", n.Kind, n.Done)
		}
	}
	if d := cmp.Diff([]deploy.NoteKind{deploy.NoteTaken, deploy.NoteFix, deploy.NoteReport, deploy.NoteUnlocked}, kinds); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
}

// A crash between keeping who clears a lock and clearing it leaves the target locked: saying it again clears it.
func TestALockThatSomebodyMeantToClearCanStillBeCleared(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*world) string{
		"by command": func(w *world) string { return w.says("UCAROL", "/deploy unlock coditect-app") },
		"by button":  func(w *world) string { return w.presses("UCAROL", commands.Unlock, "coditect-app-2", "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := takenBack(t)
			if _, _, err := w.store.Note(t.Context(), "coditect-app-2", deploy.Note{Kind: deploy.NoteUnlocked, By: "UBOB", Done: true}, "E-lost/note"); err != nil {
				t.Fatal(err)
			}
			has(t, again(w), "coditect-app/production is open again.")
			r := w.get("coditect-app-2")
			if n, _ := r.Noted(deploy.NoteUnlocked); n.By != "UBOB" {
				t.Errorf("kept as cleared by %s", n.By)
			}
		})
	}
}

func TestABugReportIsAskedForOnce(t *testing.T) {
	t.Parallel()
	w := takenBack(t)
	w.handler = commands.New(w.store, w.catalog, w.people, &commands.Options{Team: team, Clock: w, Within: 5 * time.Second, Bugs: "GitHub acme/coditect"})
	has(t, w.presses("UBOB", commands.Bug, "coditect-app-2", ""), "a bug report is being opened at GitHub acme/coditect")
	has(t, w.presses("UBOB", commands.Bug, "coditect-app-2", ""), "That was done before: @UBOB asked for a bug report")
}

func TestButtonsOfAnIncidentWhileItIsStillCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	r := w.drive("coditect-app-2")
	r, _ = deploy.Apply(r, deploy.Signal{Kind: deploy.SignalRollBack, By: "UBOB", Reason: "slow"}, w.Now())
	w.put(r)
	has(t, w.presses("UBOB", commands.Take, "coditect-app-2", ""), "it is recorded that you look after this")
	if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalNote, By: "UBOB", Note: deploy.NoteTaken}}, w.inbox("coditect-app-2")); d != "" {
		t.Errorf("said to the release (-want +got):\n%s", d)
	}
	has(t, w.presses("UBOB", commands.Unlock, "coditect-app-2", ""), "coditect-app/production will not be locked")
	r = w.drive("coditect-app-2")
	if len(r.Notes) != 2 || r.Notes[0].Kind != deploy.NoteTaken || r.Notes[1].Kind != deploy.NoteUnlocked || r.State != deploy.RolledBack {
		t.Errorf("%s, kept: %+v", r.State, r.Notes)
	}
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.5"), "coditect-app-3 brings coditect-app/production to v1.2.5")
}

func TestButtonsOfAnIncidentOnARunningRelease(t *testing.T) {
	t.Parallel()
	w := asking(t)
	has(t, w.presses("UBOB", commands.Take, "coditect-app-1", ""), "That button belongs to a rollback; coditect-app-1", "Nothing was changed.")
}

func TestPromoteAgainstTheVerdict(t *testing.T) {
	t.Parallel()
	w := asking(t)
	r := w.get("coditect-app-1")
	r.Spec.Metrics = &deploy.MetricsSpec{Source: deploy.CloudMonitoring, Every: time.Hour, Errors: 4, Unsure: 4}
	r.Watch = deploy.Watch{Since: w.Now(), Next: w.Now().Add(time.Hour), Last: deploy.Judgement{Verdict: deploy.Unhealthy, Why: "error rate 0.9 % (37 of 4,118), stable 0.04 %"}}
	w.put(r)
	for _, reply := range []string{w.says("UBOB", "/promote coditect-app"), w.presses("UBOB", commands.Promote, "coditect-app-1", gate50)} {
		has(t, reply, "The verdict on v1.2.4 is against it: unhealthy: error rate 0.9 % (37 of 4,118), stable 0.04 %. Nothing was changed.",
			`/promote coditect-app production 50 --force --reason "why it is safe"`, "/rollback coditect-app production")
	}
	has(t, w.says("UALICE", `/promote coditect-app 50 --force --reason "known"`), "You asked for coditect-app-1 yourself")
	has(t, w.says("UMALLORY", `/promote coditect-app 50 --force --reason "known"`), "You may not approve")
	has(t, w.says("UBOB", `/promote coditect-app 50 --force --reason "load test, not users"`), "Your approval of 50 %")
	want := []deploy.Signal{{Kind: deploy.SignalPromote, By: "UBOB", Step: gate50, Force: true, Reason: "load test, not users"}}
	if d := cmp.Diff(want, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	if r := w.drive("coditect-app-1"); !r.Forced() || r.Facts.Share != 50 {
		t.Errorf("forced %v, at %d %%", r.Forced(), r.Facts.Share)
	}
}

func TestPromoteWhereTheVerdictDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.steps = []deploy.TrafficStep{{Percent: 10}, {Percent: 100}}
	w.catalog.metrics = &deploy.MetricsSpec{Source: deploy.CloudMonitoring, Every: time.Hour, Lag: time.Minute, Errors: 4, Unsure: 4,
		Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Critical: 0.01, Window: 5 * time.Minute}}}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	if r := w.drive("coditect-app-1"); r.State != deploy.Running || r.Current().Kind != deploy.KindGate {
		t.Fatalf("it is %s at %+v, want it to wait for a verdict", r.State, r.Current())
	}
	has(t, w.says("UBOB", "/promote coditect-app"), "No approval is asked for: coditect-app-1", "It goes on to 100 % by itself once it is healthy",
		`/promote coditect-app production 100 --force --reason "why it is safe"`)
	has(t, w.says("UBOB", `/promote coditect-app --force --reason "no metrics today"`), "It goes on to 100 %")
	if r := w.drive("coditect-app-1"); !r.Forced() || r.Facts.Share != 100 {
		t.Errorf("forced %v, at %d %%", r.Forced(), r.Facts.Share)
	}
}

func TestRollbackPassesOverWhatWasForced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.2")
	forced := w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.rewrite(forced.ID, func(r *deploy.Release) {
		for i := range r.Steps {
			for j := range r.Steps[i].Approvals {
				r.Steps[i].Approvals[j].Forced = true
			}
		}
	})
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "back from v1.2.4 to v1.2.2",
		"v1.2.3 was passed over: coditect-app-2 was promoted against the verdict. It is the last good one: coditect-app-1 brought it to 100 %.")
	r := w.get("coditect-app-4")
	if r.Left.Version != "v1.2.4" || r.Left.Digest != "sha256:v1.2.4" || r.Left.Release != "coditect-app-3" {
		t.Errorf("what is left is %+v", r.Left)
	}
}

func TestRollbackGoesByWhatHappenedLast(t *testing.T) {
	t.Parallel()
	forced := func(r *deploy.Release) {
		for i := range r.Steps {
			for j := range r.Steps[i].Approvals {
				r.Steps[i].Approvals[j].Forced = true
			}
		}
	}
	cases := map[string]func(*testing.T, *world){
		"healthy in the end, though forced at a gate": func(_ *testing.T, w *world) {
			r := w.carried("v1.2.3")
			w.rewrite(r.ID, func(r *deploy.Release) { forced(r); r.Watch.Last.Verdict = deploy.Healthy })
		},
		"brought back on purpose after it was taken back": func(t *testing.T, w *world) {
			w.carried("v1.2.3")
			for _, typed := range []string{"v1.2.2", "v1.2.3"} {
				has(t, w.says("UBOB", "/rollback coditect-app production "+typed+" --reason practice"), "to "+typed)
				id, err := w.store.Holder(t.Context(), production)
				if err != nil {
					t.Fatal(err)
				}
				if r := w.drive(id); r.State != deploy.RolledBack {
					t.Fatalf("%s is %s", id, r.State)
				}
				has(t, w.says("UBOB", "/deploy unlock coditect-app"), "is open again")
			}
		},
	}
	for name, before := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.carried("v1.2.2")
			before(t, w)
			w.carried("v1.2.4")
			got := w.says("UBOB", "/rollback coditect-app --reason slow")
			has(t, got, "back from v1.2.4 to v1.2.3")
			if strings.Contains(got, "v1.2.3 was passed over") {
				t.Error(got)
			}
		})
	}
}

func TestARollbackThatOnlyCountsStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.2")
	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	r := w.drive("coditect-app-3")
	r, _ = deploy.Apply(r, deploy.Signal{Kind: deploy.SignalRollBack, By: "UBOB", Reason: "slow"}, w.Now())
	for i := range r.Back[:2] {
		r.Back[i].Status = deploy.Done
	}
	r.Back[2].Status, r.Back[2].Begun, r.Back[2].Look = deploy.Started, w.Now(), w.Now().Add(4*time.Minute)
	r.Incident = &deploy.Incident{Trigger: "slow"}
	w.put(r)
	further := `/rollback coditect-app production v1.2.2 --reason "v1.2.3 is slow, too"`
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "Already rolling back")
	has(t, w.says("UMALLORY", further), "You may not roll back")
	has(t, w.says("UBOB", further), "has brought coditect-app/production back to v1.2.3 already", "Then: "+further)
	if r := w.drive("coditect-app-3"); r.State != deploy.RolledBack {
		t.Fatalf("it is %s at %+v", r.State, r.Current())
	}
	has(t, w.says("UBOB", further), "rolls coditect-app/production back", "to v1.2.2.")
}

// rewrite changes what is stored of a release that has ended.
func (w *world) rewrite(id deploy.ReleaseID, change func(*deploy.Release)) {
	w.t.Helper()
	r := w.get(id)
	change(&r)
	doc, err := json.Marshal(r)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range w.redis.Keys() {
		if strings.HasSuffix(key, "rel:"+string(id)) {
			w.redis.HSet(key, "doc", string(doc))
			return
		}
	}
	w.t.Fatalf("%s is not stored", id)
}
