package deploy_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// borne has the release bear a load check of half a minute at each stage.
func borne(s *deploy.Spec) {
	for _, stage := range []deploy.CheckStage{deploy.Smoke, deploy.Functional} {
		s.Loads = append(s.Loads, deploy.LoadCheck{Name: "API under load", Stage: stage, Rate: 100, For: 30 * time.Second})
	}
	for i := range s.Strategy.Steps {
		s.Strategy.Steps[i].Approve = false
	}
}

func TestLoadChecksHaveTheirPlaceInThePlan(t *testing.T) {
	t.Parallel()
	r := canary(t, borne, func(s *deploy.Spec) {
		s.Loads = append(s.Loads, deploy.LoadCheck{Name: "Search", Stage: deploy.Smoke, For: time.Minute})
		s.Checks = []deploy.Check{{Name: "A", Stage: deploy.Smoke, Tries: 1}, {Name: "B", Stage: deploy.Functional, Tries: 1}}
	})
	var got []deploy.StepName
	for i, s := range r.Steps {
		if s.Kind != deploy.KindLoad {
			continue
		}
		got = append(got, r.Steps[i-1].Name, s.Name)
		if s.Within != 2*time.Minute+3*s.Bake || s.Check == "" {
			t.Errorf("%+v", s)
		}
	}
	want := []deploy.StepName{"health/smoke", "health/load", "health/load", "health/load-2", "validate/functional", "validate/load"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps before and of load checks (-want +got):\n%s", diff)
	}
}

// stretch is what a load check has come to after so many stretches of two seconds.
func stretch(stage deploy.CheckStage, n int) *deploy.LoadResult {
	l := &deploy.LoadResult{Check: "API under load", Stage: stage}
	for i := range n {
		l.Took += 2 * time.Second
		l.Requests += 200
		l.Latencies.Add(time.Duration(10+i) * time.Millisecond)
		l.Points = append(l.Points, deploy.LoadPoint{At: l.Took, Rate: 100})
	}
	return l
}

// Hold is what people press when they see users suffer: no more load is sent then.
func TestNoLoadIsSentDuringAHold(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, borne))
	w.until("validate/load")
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	w.conclude("validate/load", deploy.Outcome{Facts: w.r.Facts, Again: time.Millisecond, Load: stretch(deploy.Functional, 1)}, nil)
	w.now = w.now.Add(100 * time.Hour)
	if a := w.decide(); a.Do == deploy.Act || w.r.State != deploy.Paused {
		t.Fatalf("%v in %s", a, w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.decide(); a.Do != deploy.Act || a.Step != "validate/load" || w.r.LoadOf("API under load", deploy.Functional).Requests != 200 {
		t.Errorf("after a resume %v in %s: %s", a, w.r.State, w.r.Why)
	}
}

func TestEachStretchOfLoadIsKeptWithTheRelease(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, borne))
	w.until("health/load")
	for n := 1; n <= 3; n++ {
		before := len(w.journal)
		w.conclude("health/load", deploy.Outcome{Facts: w.r.Facts, Again: time.Millisecond, Load: stretch(deploy.Smoke, n)}, nil)
		if diff := cmp.Diff([]deploy.LoadResult{*stretch(deploy.Smoke, n)}, w.r.Loads); diff != "" || len(w.journal) != before+1 {
			t.Fatalf("after stretch %d, %d entries: %s", n, len(w.journal)-before, diff)
		}
		w.now = w.now.Add(time.Second)
		if a := w.decide(); a.Do != deploy.Act || a.Step != "health/load" {
			t.Fatalf("then %v", a)
		}
	}
	w.conclude("health/load", deploy.Outcome{}, fault(deploy.Unavailable))
	if w.r.LoadOf("API under load", deploy.Smoke).Requests != 600 || w.r.State != deploy.Running {
		t.Errorf("%s, a call that was not answered left %+v", w.r.State, w.r.Loads)
	}
	w.now = w.now.Add(time.Minute)
	w.decide()
	last := stretch(deploy.Smoke, 4)
	last.Done = true
	w.conclude("health/load", deploy.Outcome{Facts: w.r.Facts, Load: last, Note: last.Says()}, nil)
	if a := w.until("validate/load"); a.Step != "validate/load" {
		t.Fatalf("then %v", a)
	}
	w.conclude("validate/load", deploy.Outcome{Facts: w.r.Facts, Again: time.Second, Load: stretch(deploy.Functional, 1)}, nil)
	if diff := cmp.Diff([]deploy.LoadResult{*last, *stretch(deploy.Functional, 1)}, w.r.Loads); diff != "" {
		t.Errorf("the check of the same name at the other stage: %s", diff)
	}
}

func TestALoadThatBreaksALimit(t *testing.T) {
	t.Parallel()
	for at, c := range map[deploy.StepName]struct {
		stage deploy.CheckStage
		want  deploy.State
	}{
		"health/load":   {deploy.Smoke, deploy.Failed},
		"validate/load": {deploy.Functional, deploy.RolledBack},
	} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, borne))
			w.until(at)
			broken := stretch(c.stage, 2)
			broken.Done, broken.Breach = true, "p99 612 ms, 500 ms at most"
			w.conclude(at, deploy.Outcome{Load: broken}, &deploy.Error{Code: deploy.Invalid, Msg: broken.Breach})
			if diff := cmp.Diff(broken, w.r.LoadOf("API under load", c.stage)); diff != "" || w.r.State != deploy.RollingBack {
				t.Fatalf("%s: %s", w.r.State, diff)
			}
			if a := w.until(""); a.Do != deploy.End || w.r.State != c.want || !strings.Contains(w.r.Why, broken.Breach) {
				t.Errorf("%v: %s, %s", a, w.r.State, w.r.Why)
			}
			if slices.Contains(w.acts, "traffic/10") != (c.stage == deploy.Functional) {
				t.Errorf("acts %v", w.acts)
			}
		})
	}
}

func TestWhatARunnerDoesToItsCopyLeavesTheReleaseAlone(t *testing.T) {
	t.Parallel()
	r := canary(t, borne)
	r.Loads = []deploy.LoadResult{*stretch(deploy.Smoke, 3)}
	r.Loads[0].Points = slices.Grow(r.Loads[0].Points, 5)
	r.Loads[0].Reasons = map[string]int{"503": 1}
	r.Readiness = readiness(cors, age)
	r.Waivers = []deploy.Waiver{{Item: age}}
	r.Proposal = &deploy.Proposal{Hash: "a", Changes: []deploy.Change{{What: "cpu"}}, Versions: map[string]string{"k:latest": "7"}}
	text := func() string {
		doc, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(doc)
	}
	before := text()
	c := r.Clone()
	if diff := cmp.Diff(r, c); diff != "" {
		t.Fatal(diff)
	}
	l := &c.Loads[0]
	l.Latencies.Add(time.Second)
	l.Reasons["503"]++
	l.Points[0].Failed = 7
	l.Points = append(l.Points, deploy.LoadPoint{Rate: 7})
	c.Readiness.Open[0].Why, c.Readiness.Total = "so", 7
	c.Waivers[0].Reason = "so"
	c.Proposal.Changes[0].To, c.Proposal.Hash, c.Proposal.Versions["k:latest"] = "so", "b", "8"
	if after := text(); after != before {
		t.Errorf("(-before +after):\n%s", cmp.Diff(before, after))
	}
	if spare := r.Loads[0].Points[:4][3]; spare.Rate != 0 {
		t.Error("a point was appended to the original's array")
	}
}

func TestALoadResultInALine(t *testing.T) {
	t.Parallel()
	l := deploy.LoadResult{Took: 30 * time.Second, Requests: 3000, Failed: 1234}
	l.Latencies.Add(12 * time.Millisecond)
	if got := l.Says(); got != "3,000 requests, 100 a second, mean 12 ms, p99 12 ms, 1,234 failed" {
		t.Error(got)
	}
	if got := (&deploy.LoadResult{}).Says(); got != "0 requests, 0 a second, mean 0.0 ms, p99 0.0 ms, 0 failed" {
		t.Error(got)
	}
}

// durations are from 50 µs to 10 minutes, in every order of magnitude as often.
func durations(rt *rapid.T, label string) []time.Duration {
	list := rapid.SliceOfN(rapid.Float64Range(math.Log(50e3), math.Log(600e9)), 1, 300).Draw(rt, label)
	all := make([]time.Duration, len(list))
	for i, l := range list {
		all[i] = max(time.Duration(math.Exp(l)), 50*time.Microsecond)
	}
	return all
}

func counted(all []time.Duration) (l deploy.Latencies) {
	for _, d := range all {
		l.Add(d)
	}
	return l
}

func TestQuantilesAreWithinFourPercentOfExactOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := durations(rt, "latencies")
		l := counted(all)
		slices.Sort(all)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			exact := all[max(int(math.Ceil(q*float64(len(all))))-1, 0)]
			got := l.Quantile(q)
			if off := math.Abs(float64(got-exact)) / float64(exact); off > 0.04 {
				rt.Fatalf("p%g is %s, exactly %s: %.1f %% off", 100*q, got, exact, 100*off)
			}
			if got > all[len(all)-1] {
				rt.Fatalf("p%g is %s, more than the longest, %s", 100*q, got, all[len(all)-1])
			}
		}
		var sum time.Duration
		for _, d := range all {
			sum += d
		}
		if l.Count() != int64(len(all)) || l.Mean() != sum/time.Duration(len(all)) || l.Max != all[len(all)-1] {
			rt.Fatalf("%d counted, mean %s, max %s", l.Count(), l.Mean(), l.Max)
		}
	})
}

func TestLatenciesAddUpAndAreStoredWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := durations(rt, "one"), durations(rt, "other")
		one, other := counted(a), counted(b)
		sum := one.Plus(other)
		if diff := cmp.Diff(counted(slices.Concat(a, b)), sum); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(counted(a), one) + cmp.Diff(counted(b), other) + cmp.Diff(sum, other.Plus(one)); diff != "" {
			rt.Fatal(diff)
		}
		doc, err := json.Marshal(sum)
		if err != nil {
			rt.Fatal(err)
		}
		var read deploy.Latencies
		if err := json.Unmarshal(doc, &read); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(sum, read); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestWithoutLatenciesThereIsNothingToRead(t *testing.T) {
	t.Parallel()
	var none deploy.Latencies
	if none.Count() != 0 || none.Mean() != 0 || none.Quantile(0.99) != 0 {
		t.Errorf("%d, %s, %s", none.Count(), none.Mean(), none.Quantile(0.99))
	}
	one := counted([]time.Duration{time.Second})
	if diff := cmp.Diff(one, none.Plus(one)) + cmp.Diff(one, one.Plus(none)); diff != "" {
		t.Error(diff)
	}
}

func TestLatenciesAndCountsAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{412 * time.Millisecond: "412 ms", 400 * time.Microsecond: "0.4 ms", 9940 * time.Microsecond: "9.9 ms",
		0: "0.0 ms", 10 * time.Millisecond: "10 ms", 9990 * time.Microsecond: "10 ms", 12600 * time.Microsecond: "13 ms", 2 * time.Second: "2,000 ms"} {
		if got := deploy.Millis(d); got != want {
			t.Errorf("%s reads %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 4118: "4,118", 1234567: "1,234,567", -999: "-999", -4118: "-4,118"} {
		if got := deploy.Thousands(n); got != want {
			t.Errorf("%d reads %s, want %s", n, got, want)
		}
	}
}
