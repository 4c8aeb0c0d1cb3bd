package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// parted adds two services to a release: one that moves in shares, and one that its platform replaces task by task.
func parted(s *deploy.Spec) {
	s.Also = []deploy.Part{
		{Name: "api", Image: "gcr.io/my-gcp-project/api", Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.CloudRun, Name: "api"}},
			Health: []deploy.HealthCheck{{Path: "/ready", Status: 200}}},
		{Name: "worker", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker", Rolling: true,
			Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.ECS, Name: "worker"}, Within: 30 * time.Minute},
			Health:   []deploy.HealthCheck{{Path: "/alive", Status: 200}}, URL: "https://worker.example"},
	}
}

// byItself asks nobody.
func byItself(s *deploy.Spec) {
	for i := range s.Strategy.Steps {
		s.Strategy.Steps[i].Approve = false
	}
}

// rolling replaces everything task by task.
func rolling(s *deploy.Spec) {
	s.Strategy = deploy.Strategy{Kind: deploy.Rolling, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
}

func stepNames(plan []deploy.Step) (list []string) {
	for _, s := range plan {
		list = append(list, string(s.Name))
	}
	return list
}

func TestPartsAreHeldTogetherAndPromotedInStep(t *testing.T) {
	t.Parallel()
	r := canary(t, parted)
	want := []string{
		"preflight/service", "preflight/image", "preflight/service@api", "preflight/image@api", "preflight/service@worker", "preflight/image@worker",
		"preflight/plan",
		"deploy/revision", "deploy/revision@api", "deploy/revision@worker",
		"health/checks", "health/checks@api",
		"traffic/10", "traffic/10@api", "traffic/10/bake",
		"traffic/50/gate", "traffic/50", "traffic/50@api", "traffic/50/bake",
		"traffic/100/gate", "traffic/100", "traffic/100@api", "traffic/100@worker",
		"health/checks@worker",
		"validate/service", "validate/service@api", "validate/service@worker",
		"traffic/retire", "traffic/retire@api", "traffic/retire@worker",
	}
	if diff := cmp.Diff(want, stepNames(r.Steps)); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	want = []string{
		"rollback/traffic@worker", "rollback/traffic@api", "rollback/traffic",
		"rollback/verify@worker", "rollback/verify@api", "rollback/verify",
		"rollback/incident",
		"rollback/retire@worker", "rollback/retire@api", "rollback/retire",
	}
	if diff := cmp.Diff(want, stepNames(r.Back)); diff != "" {
		t.Errorf("the way back (-want +got):\n%s", diff)
	}
	for _, s := range slices.Concat(r.Steps, r.Back) {
		if _, part, _ := strings.Cut(string(s.Name), "@"); part != s.Part {
			t.Errorf("%s is about part %q", s.Name, s.Part)
		}
	}
	if s := stepNamed(r, "traffic/100@worker"); s.Within != 30*time.Minute {
		t.Errorf("the worker has %s to be replaced, and its platform says 30 min", s.Within)
	}
}

func TestARollingReleaseIsCheckedWhereUsersReachItOnceItIsThere(t *testing.T) {
	t.Parallel()
	r := canary(t, rolling, func(s *deploy.Spec) {
		s.Checks = []deploy.Check{{Name: "log in", Stage: deploy.Smoke, Within: time.Minute}}
	})
	want := []string{"preflight/service", "preflight/image", "preflight/plan", "deploy/revision", "traffic/100/gate", "traffic/100",
		"health/checks", "health/smoke", "validate/service", "traffic/retire"}
	if diff := cmp.Diff(want, stepNames(r.Steps)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	gate := stepNamed(r, "traffic/100/gate")
	if got := r.Wants(&gate); got != "the rollout" {
		t.Errorf("its gate asks for %q", got)
	}
	spec := r.Spec
	spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10}, {Percent: 100}}
	if _, err := deploy.NewPlan(spec); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "no share below 100 %") {
		t.Errorf("a rolling deployment by way of 10 %%: %v", err)
	}
}

func TestAQuestionIsAskedInTheWordsOfItsStrategy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Spec)
		gate   deploy.StepName
		want   string
	}{
		"a share":                         {func(*deploy.Spec) {}, "traffic/50/gate", "50 %"},
		"a rolling deployment":            {rolling, "traffic/100/gate", "the rollout"},
		"the plan of one is still a plan": {func(s *deploy.Spec) { rolling(s); planned(s) }, approve, "the plan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := canary(t, c.change)
			gate := stepNamed(r, c.gate)
			if got := r.Wants(&gate); got != c.want {
				t.Errorf("it asks for %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPartIsSeenWithItsOwnServiceAndFacts(t *testing.T) {
	t.Parallel()
	r := canary(t, parted, watched)
	r.Facts.Baseline.Name = "app-1"
	r.Parts = map[string]deploy.Facts{"worker": {Baseline: deploy.Revision{Name: "worker:7"}, MaxShare: 100}}
	seen := r.Of("worker")
	type view struct {
		Service, Image, URL string
		Strategy            deploy.StrategyKind
		Baseline            deploy.RevisionName
		Watched             bool
	}
	want := view{"worker", "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker", "https://worker.example", deploy.Rolling, "worker:7", false}
	got := view{seen.Spec.Platform.Service.Name, seen.Spec.Image, seen.Spec.URL, seen.Spec.Strategy.Kind, seen.Facts.Baseline.Name, seen.Spec.Metrics != nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := r.Of(""); again.Facts.Baseline.Name != "app-1" || again.Spec.Strategy.Kind != deploy.Canary || len(again.Spec.Also) != 2 {
		t.Errorf("the release itself has become %+v", again)
	}
	if api := r.Of("api"); api.Spec.Strategy.Kind != deploy.Canary || api.Facts != (deploy.Facts{}) {
		t.Errorf("a part that nothing is known of: %+v in %s", api.Facts, api.Spec.Strategy.Kind)
	}
	if r.Most() != 100 {
		t.Errorf("at most %d %% of any part", r.Most())
	}
}

func TestWhatAStepOfAPartLearnsIsKeptWithThatPart(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, parted))
	w.until("preflight/service@worker")
	before := w.r
	w.conclude("preflight/service@worker", deploy.Outcome{Facts: deploy.Facts{Baseline: deploy.Revision{Name: "worker:7"}}}, nil)
	if w.r.Parts["worker"].Baseline.Name != "worker:7" || w.r.Facts.Baseline.Name != "" || w.r.Parts["api"].Baseline.Name != "" {
		t.Errorf("the release knows %+v, its parts %+v", w.r.Facts, w.r.Parts)
	}
	if len(before.Parts["worker"].Baseline.Name) > 0 {
		t.Error("what was there before it has been written to")
	}
	w.until("traffic/10@api")
	if w.r.Parts["api"].MaxShare != 10 || w.r.Parts["worker"].MaxShare != 0 || w.r.Facts.MaxShare != 10 {
		t.Errorf("at most %d %%, parts %+v", w.r.Facts.MaxShare, w.r.Parts)
	}
}

func TestOnePartThatRefusesTakesAllOfThemBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, parted, byItself))
	w.until("traffic/100@worker")
	w.conclude("traffic/100@worker", deploy.Outcome{}, fault(deploy.Invalid))
	if want := "worker: traffic/100: "; w.r.State != deploy.RollingBack || !strings.HasPrefix(w.r.Why, want) {
		t.Fatalf("%s because %q, want a reason that begins with %q", w.r.State, w.r.Why, want)
	}
	w.acts = nil
	if w.until(""); w.r.State != deploy.RolledBack {
		t.Fatalf("ended as %s: %s", w.r.State, w.r.Why)
	}
	want := []deploy.StepName{"rollback/traffic@worker", "rollback/traffic@api", "rollback/traffic"}
	if diff := cmp.Diff(want, w.acts[:3]); diff != "" {
		t.Errorf("back in reverse order (-want +got):\n%s", diff)
	}
}

func TestNoPartWaitsForTheReturnOfAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer error
		park   string
		ends   deploy.State
		why    string
	}{
		"its platform is down":            {answer: fault(deploy.Unavailable), ends: deploy.RollingBack},
		"its platform refuses for good":   {answer: fault(deploy.Forbidden), ends: deploy.Parked, why: "worker: rollback/traffic: the outside said no"},
		"what it returns to is not there": {park: "revision worker:7 does not exist any more", ends: deploy.Parked, why: "revision worker:7 does not exist any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, parted, byItself))
			w.until("traffic/100@worker")
			w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
			w.acts = nil
			tries := 0
		trying:
			for range 40 {
				a := w.decide()
				switch {
				case a.Do == deploy.Wait && a.Until.IsZero():
					break trying
				case a.Do == deploy.Wait:
					w.now = a.Until
				case a.Step == "rollback/traffic@worker":
					if tries++; tries > 8 {
						break trying
					}
					out := good(w.r)
					out.Park = c.park
					r, entries := deploy.Conclude(w.r, a.Step, out, c.answer, w.now)
					w.r, w.journal = r, append(w.journal, entries...)
				default:
					w.conclude(a.Step, good(w.r), nil)
				}
			}
			if diff := cmp.Diff([]deploy.StepName{"rollback/traffic@api", "rollback/traffic"}, w.acts); diff != "" {
				t.Errorf("came back meanwhile (-want +got):\n%s", diff)
			}
			if w.r.State != c.ends || c.why != "" && !strings.Contains(w.r.Why, c.why) {
				t.Errorf("it is %s: %q, want %s: %q", w.r.State, w.r.Why, c.ends, c.why)
			}
			if c.ends == deploy.Parked {
				w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			}
			if w.until(""); w.r.State != deploy.RolledBack {
				t.Errorf("once it can be done it ends as %s: %s", w.r.State, w.r.Why)
			}
		})
	}
}

func TestAPlatformThatWentBackByItselfTakesTheWholeReleaseBack(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]deploy.StepName{"during a bake": "traffic/10/bake", "while people are asked": "traffic/50/gate"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, parted, watched))
			w.until("traffic/10@api")
			fell := false
			w.look = func(w *world) (*deploy.Look, error) {
				look := healthy(w)
				look.Way = deploy.Way{Checked: w.now}
				if cur := w.r.Current(); cur.Name == at {
					look.Way.Fell, fell = "api: the alarm api-5xx went off", true
				}
				return look, nil
			}
			for range 200 {
				a := w.decide()
				if a.Do == deploy.End || w.r.State == deploy.RollingBack {
					break
				}
				switch a.Do {
				case deploy.See:
					w.see()
				case deploy.Act:
					w.conclude(a.Step, good(w.r), nil)
				default:
					w.now = a.Until
				}
			}
			if !fell || w.r.State != deploy.RollingBack || w.r.By != deploy.Slipway || w.r.Why != "the platform has gone back by itself: api: the alarm api-5xx went off" {
				t.Fatalf("%s by %s: %q", w.r.State, w.r.By, w.r.Why)
			}
			if s := stepNamed(w.r, at); s.Status == deploy.Done || s.Status == deploy.Started {
				t.Errorf("%s is %s", at, s.Status)
			}
			if w.until(""); w.r.State != deploy.RolledBack {
				t.Errorf("ended as %s: %s", w.r.State, w.r.Why)
			}
		})
	}
}

func TestARolloutThatIsInterruptedKeepsHowFarItCame(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, rolling, byItself))
	w.until("traffic/100")
	w.conclude("traffic/100", deploy.Outcome{Facts: w.r.Facts, Again: time.Second, Note: "2 of 4 tasks run coditect-app:42, 1 pending"}, nil)
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "slow"})
	if got, want := stepNamed(w.r, "traffic/100").Note, "interrupted by a roll back; 2 of 4 tasks run coditect-app:42, 1 pending"; got != want {
		t.Errorf("its note is %q, want %q", got, want)
	}
}

func TestARollbackOfSeveralPartsKnowsWhereEachOfThemGoes(t *testing.T) {
	t.Parallel()
	whole := map[string]deploy.Facts{"api": {Baseline: deploy.Revision{Name: "api-r41-1"}}, "worker": {Baseline: deploy.Revision{Name: "worker:7"}}}
	ask := deploy.Ask{Kind: deploy.Rollback, Version: "v1.2.3", Reason: "slow", Spec: canary(t, parted).Spec, Baseline: deploy.Revision{Name: "app-r41-1"}, Parts: whole}
	r, err := deploy.NewRelease(ask)
	if err != nil {
		t.Fatal(err)
	}
	w := play(t, r)
	var sent []string
	for range 3 {
		w.decide()
		sent = append(sent, w.journal[len(w.journal)-1].Text)
		w.conclude(w.r.Current().Name, good(w.r), nil)
	}
	want := []string{"sends 100 % to worker:7", "sends 100 % to api-r41-1", "sends 100 % to app-r41-1"}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ask.Parts = map[string]deploy.Facts{"api": whole["api"]}
	if _, err := deploy.NewRelease(ask); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "worker") {
		t.Errorf("with nowhere to go for the worker: %v", err)
	}
}

func TestAStepOfAPartIsNamedForPeople(t *testing.T) {
	t.Parallel()
	for name, want := range map[deploy.StepName]string{
		"deploy/revision": "deploy/revision", "deploy/revision@worker": "worker: deploy/revision", "traffic/50/gate": "traffic/50/gate",
	} {
		if got := name.Says(); got != want {
			t.Errorf("%s is called %q, want %q", name, got, want)
		}
	}
}

func TestAPlanSaysWhatChangedOfAPart(t *testing.T) {
	t.Parallel()
	plan := func(part deploy.ProposedPart) deploy.Proposal {
		part.Name = "worker"
		p := deploy.Proposal{Image: "app@sha256:1", Settings: "a", Parts: []deploy.ProposedPart{part}}
		return p.Seal(canary(t, parted))
	}
	before := plan(deploy.ProposedPart{Image: "worker@sha256:1", Baseline: "worker:7", Settings: "b"})
	for name, c := range map[string]struct {
		part deploy.ProposedPart
		want string
	}{
		"its image":                   {deploy.ProposedPart{Image: "worker@sha256:2", Baseline: "worker:7", Settings: "b"}, "the image of worker is sha256:2, it was sha256:1"},
		"what runs there":             {deploy.ProposedPart{Image: "worker@sha256:1", Baseline: "worker:8", Settings: "b"}, "worker:8 has the traffic of worker, it was worker:7"},
		"a value that nobody is told": {deploy.ProposedPart{Image: "worker@sha256:1", Baseline: "worker:7", Settings: "c"}, "a value that is not shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := plan(c.part)
			if diff := cmp.Diff([]string{c.want}, after.Since(before)); diff != "" || after.Hash == before.Hash {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeopleAreAskedOnceNoPartCanBeBroughtBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, parted, byItself))
	w.until("traffic/100@worker")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
	for tries := 0; w.r.State == deploy.RollingBack; tries++ {
		a := w.decide()
		switch {
		case tries > 40:
			t.Fatal("it is tried for ever, and nobody is asked")
		case a.Do == deploy.Wait:
			w.now = a.Until
		case a.Step == "rollback/traffic@worker":
			w.conclude(a.Step, deploy.Outcome{Facts: w.r.Parts["worker"], Park: "revision worker:7 does not exist any more"}, nil)
		case a.Step == "rollback/traffic@api":
			w.conclude(a.Step, deploy.Outcome{}, fault(deploy.Forbidden))
		default:
			w.conclude(a.Step, good(w.r), nil)
		}
	}
	if w.r.State != deploy.Parked || !strings.Contains(w.r.Why, "worker:7 does not exist") || !strings.Contains(w.r.Why, "api: rollback/traffic: the outside said no") {
		t.Fatalf("%s: %q", w.r.State, w.r.Why)
	}
	if s := w.r.Back[2]; s.Name != "rollback/traffic" || s.Status != deploy.Done {
		t.Errorf("the service itself is not back: %s is %s", s.Name, s.Status)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	w.acts = nil
	if w.until(""); w.r.State != deploy.RolledBack {
		t.Fatalf("once it can be done it ends as %s: %s", w.r.State, w.r.Why)
	}
	if diff := cmp.Diff([]deploy.StepName{"rollback/traffic@worker", "rollback/traffic@api"}, w.acts[:2]); diff != "" {
		t.Errorf("after the resume (-want +got):\n%s", diff)
	}
}

func TestAPartWhosePlatformIsDownIsTriedWhileAnotherCannotBeBroughtBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, parted, byItself))
	w.until("traffic/100@worker")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
	down := 0
	for down < 20 {
		a := w.decide()
		switch {
		case a.Do == deploy.Wait:
			w.now = a.Until
		case a.Step == "rollback/traffic@worker":
			w.conclude(a.Step, deploy.Outcome{}, fault(deploy.Forbidden))
		case a.Step == "rollback/traffic@api":
			down++
			w.conclude(a.Step, deploy.Outcome{}, fault(deploy.Unavailable))
		default:
			w.conclude(a.Step, good(w.r), nil)
		}
		if w.r.State != deploy.RollingBack {
			t.Fatalf("%s: %s", w.r.State, w.r.Why)
		}
	}
}

func TestReturnsOfSeveralPartsTakeAsLongAsTheSlowest(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, parted, byItself))
	w.until("traffic/100@worker")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
	usual := deploy.Usual{}
	for _, s := range w.r.Back {
		usual[s.Name] = 0
	}
	usual["rollback/traffic"], usual["rollback/traffic@api"], usual["rollback/traffic@worker"] = 10*time.Second, 10*time.Second, 5*time.Minute
	if got := deploy.Remaining(w.r, w.now, usual); got != 5*time.Minute {
		t.Errorf("%s, want 5m", got)
	}
}

func TestWhoTookAReleaseBackIsStillKnownAfterItHasStoppedOnTheWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		goBack func(w *world)
		why    string
	}{
		"its platform": {func(w *world) {
			look := healthy(w)
			look.Way = deploy.Way{Checked: w.now, Fell: "worker: 3 tasks stopped", Part: "worker"}
			r, entries := deploy.Conclude(w.r, deploy.WatchName, deploy.Outcome{Look: look}, nil, w.now)
			w.r, w.journal = r, append(w.journal, entries...)
		}, "the platform has gone back by itself: worker: 3 tasks stopped"},
		"a step of a part": {func(w *world) { w.conclude("traffic/100@worker", deploy.Outcome{}, fault(deploy.Invalid)) },
			"worker: traffic/100: the outside said no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, parted, byItself, watched))
			w.until("traffic/100@worker")
			c.goBack(w)
			w.until("rollback/verify")
			w.conclude("rollback/verify", deploy.Outcome{}, fault(deploy.Invalid))
			if w.r.State != deploy.Parked {
				t.Fatalf("it is %s", w.r.State)
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			if w.until(""); w.r.State != deploy.RolledBack {
				t.Fatalf("ended as %s: %s", w.r.State, w.r.Why)
			}
			if by, why := w.r.Cause(); by != deploy.Slipway || why != c.why {
				t.Errorf("%s took it back: %q, want Slipway: %q", by, why, c.why)
			}
		})
	}
}
