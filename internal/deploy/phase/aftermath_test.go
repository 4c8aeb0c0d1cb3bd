package phase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// rollback is what a person asks for who wants v1.2.3 back, from what first has left live.
func (w *watched) rollback(first *play, left deploy.Left) *play {
	return w.ask(deploy.Ask{Kind: deploy.Rollback, Version: "v1.2.3", Spec: w.spec("v1.2.3"), Reason: "customers call",
		Baseline: first.r.Facts.Baseline, Left: left})
}

func TestRollbackOfWhatIsLiveHasAnIncident(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ live, want time.Duration }{
		"counted from the hour before, if it was live for longer": {65 * time.Minute, time.Hour},
		"counted from when it went live":                          {15 * time.Minute, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			first := w.unwatched("v1.2.4").end().is(deploy.Succeeded)
			live := w.clock.Now()
			w.wait(c.live - 5*time.Minute)
			w.manners[candidate(1)] = bad
			w.wait(5 * time.Minute)
			asked := w.clock.Now()
			p := w.rollback(first, deploy.Left{Release: first.r.ID, Version: "v1.2.4", Digest: first.r.Facts.Image.Digest, Revision: first.r.Facts.Candidate, Since: live}).
				end().is(deploy.RolledBack, "customers call")
			p.misses("")
			in := p.evidence()
			if d := asked.Add(-c.want).Sub(in.Began).Abs(); d > 15*time.Second || in.Share != 100 || in.Trigger != "customers call" {
				t.Errorf("it began at %s, want %s before %s; %d %%, %q", in.Began, c.want, asked, in.Share, in.Trigger)
			}
			requests, failed := w.did(candidate(1), in.Back)
			early, _ := w.did(candidate(1), in.Began)
			if in.Failed != failed || failed == 0 || in.Requests != requests-early || !in.CountedTo.Equal(in.Back) {
				t.Errorf("%d of %d failed, counted to %s; there were %d, %d of them before, and %d failed", in.Failed, in.Requests, in.CountedTo, requests, early, failed)
			}
			if len(in.Lines) != 1 || !slices.Contains(in.Changed, "version v1.2.3 → v1.2.4") || in.Diagnosis.Symptom != "errors rose" {
				t.Errorf("lines %+v, changed %q, %+v", in.Lines, in.Changed, in.Diagnosis)
			}
			if n := len(in.Points); n != 16 || in.Points[n-1].Share != 100 || in.Points[n-1].Candidate.Failed == 0 {
				t.Errorf("%d points: %+v", n, in.Points)
			}
		})
	}
}

func TestRollbackFromNobodyKnowsWhat(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	first := w.unwatched("v1.2.4").end().is(deploy.Succeeded)
	p := w.rollback(first, deploy.Left{}).end().is(deploy.RolledBack)
	p.misses("which revision ran before is not known")
	if in := p.evidence(); in.Requests != 0 || !in.CountedTo.IsZero() || len(in.Changed) > 0 || in.Diagnosis.Symptom != "" {
		t.Errorf("made up: %+v", in)
	}
}

func TestReleaseThatIsNotWatchedHasAnIncidentWithoutCounts(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.unwatched("v1.2.4").until("traffic/50").back("U0BOB", "errors").until("rollback/incident")
	p.act()
	if cur := p.r.Current(); cur == nil || cur.Name != "rollback/retire" && cur.Name != "rollback/incident" || cur.Looks > 0 {
		t.Errorf("it waits for metrics that nobody reads: %+v", cur)
	}
	p.end().is(deploy.RolledBack)
	p.misses("")
	in := p.evidence()
	if !in.CountedTo.IsZero() || len(in.Points) > 0 || in.Share != 50 || in.Began.IsZero() || in.Trigger != "errors" {
		t.Errorf("%+v", in)
	}
	if len(in.Lines) != 1 || in.Diagnosis.Symptom != "errors rose" {
		t.Errorf("lines %+v, %+v", in.Lines, in.Diagnosis)
	}
}

// A healthy version may be taken back for what no metric shows. Nothing is made up about it then.
func TestHealthyVersionTakenBackByHandHasNoDiagnosis(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	p := w.release("v1.2.4").waits("traffic/50/bake")
	w.logs.Write(serviceID, string(candidate(1)), "run.googleapis.com/stderr", "ERROR", "connection refused, trying again", w.clock.Now())
	p.back("U0BOB", "the logo is wrong").end().is(deploy.RolledBack, "the logo is wrong")
	p.misses("")
	in := p.evidence()
	if in.Diagnosis != (deploy.Diagnosis{}) || len(in.Lines) != 1 || in.Failed != 0 {
		t.Errorf("%d lines, %d of %d failed, %+v", len(in.Lines), in.Failed, in.Requests, in.Diagnosis)
	}
	w.counts(p, candidate(1))
	var shares []int
	for _, point := range in.Points {
		shares = append(shares, point.Share)
	}
	if !slices.IsSorted(shares) || shares[0] != 0 || shares[len(shares)-1] != 50 || !slices.Contains(shares, 10) {
		t.Errorf("the curve has the shares %v", shares)
	}
}

func TestTriggerSurvivesAParkOnTheWayBack(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/verify").is(deploy.RollingBack)
	w.cloud.Behaviour(serviceID, "v1.2.3").SetVersion("v1.2.2")
	p.end().is(deploy.Parked, "rollback/verify")
	w.cloud.Behaviour(serviceID, "v1.2.3").Reset()
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.RolledBack)
	in := p.evidence()
	if !strings.HasPrefix(in.Trigger, "error rate") || in.At.Sub(in.Back) < time.Minute || !in.CountedTo.Equal(in.Back) {
		t.Errorf("trigger %q, at %s, back at %s, counted to %s", in.Trigger, in.At, in.Back, in.CountedTo)
	}
}

func TestEveryStepOfAWatchedReleaseMayRunTwiceWithTheSameFacts(t *testing.T) {
	t.Parallel()
	for name, settled := range map[string]bool{"at once": false, "after the platform has settled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			kinds := map[deploy.StepKind]bool{}
			w.around = func(s deploy.Step) bool {
				kinds[s.Kind] = true
				return true
			}
			if settled {
				w.between = func() { w.wait(20 * time.Second) }
			}
			w.short("v1.2.4").end().is(deploy.Succeeded)
			want := slices.Delete(carried("1", "app-00001"), 2, 3)
			want[2] = "traffic: app-r1-1=100, app-r1-1=0 tag rc-1, app-00001=0 tag rb-1"
			if diff := cmp.Diff(want, w.updates()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			w.cloud.ForgetCalls()
			w.manners[candidate(2)] = bad
			p := w.release("v1.2.5").end().is(deploy.RolledBack)
			want = append(carried("2", "app-r1-1")[:2], "traffic: app-r1-1=100, app-r2-1=0 tag rc-2", "traffic: app-r1-1=100")
			if diff := cmp.Diff(want, w.updates()); diff != "" {
				t.Errorf("calls of the rollback (-want +got):\n%s", diff)
			}
			w.counts(p, candidate(2))
			if in := p.evidence(); len(in.Lines) != 1 || len(in.Points) == 0 {
				t.Errorf("lines %+v, %d points", in.Lines, len(in.Points))
			}
			if !kinds[deploy.KindWatch] {
				t.Error("no look was made")
			}
			p.ran(kinds)
		})
	}
}
