package phase_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	sandbox "slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/secrets"
)

func TestWhatPeopleAreShownOfSettings(t *testing.T) {
	t.Parallel()
	type config = map[string]string
	cases := map[string]struct {
		before, after config
		want          []string
	}{
		"nothing":                          {config{"cpu": "1"}, config{"cpu": "1"}, nil},
		"a setting, with its values":       {config{"cpu": "1"}, config{"cpu": "2"}, []string{"cpu 1 → 2"}},
		"settings that come and go":        {config{"port": "80"}, config{"timeout": "90s"}, []string{"− port", "+ timeout 90s"}},
		"the image and VERSION are known":  {config{"image": "a", "env VERSION": "f1"}, config{"image": "b", "env VERSION": "f2"}, nil},
		"a variable, without its value":    {config{"env A": "f1"}, config{"env A": "f2"}, []string{"env A has another value"}},
		"variables that come and go":       {config{"env OLD": "f1"}, config{"env NEW": "f1"}, []string{"+ env NEW", "− env OLD"}},
		"a secret's version, by name":      {config{"secret K": "key:1"}, config{"secret K": "key:2"}, []string{"secret K key:1 → key:2"}},
		"a variable becomes a secret":      {config{"env K": "f1"}, config{"secret K": "key:2"}, []string{"− env K", "+ secret K key:2"}},
		"a probe and the arguments":        {config{"startup probe": "f1", "arguments": "f1"}, config{"startup probe": "f2"}, []string{"− arguments", "startup probe has another value"}},
		"a sidecar, with its image":        {config{"container log": "a, settings 00000001"}, config{"container log": "b, settings 00000002"}, []string{"container log a → b"}},
		"a sidecar's settings":             {config{"container log": "a, settings 00000001"}, config{"container log": "a, settings 00000002"}, []string{"container log has another value"}},
		"a volume, by a fingerprint only":  {config{"volume v": "0000000a"}, config{"volume v": "0000000b"}, []string{"volume v has another value"}},
		"a volume that goes":               {config{"volume v": "0000000a"}, nil, []string{"− volume v"}},
		"a volume that becomes a bucket":   {config{"volume v": "0000000a"}, config{"volume v": "bucket b"}, []string{"volume v a value → bucket b"}},
		"a bucket that becomes none of it": {config{"volume v": "bucket b"}, config{"volume v": "0000000a"}, []string{"volume v has another value"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, change := range phase.Proposed(c.before, c.after) {
				got = append(got, change.String())
				if strings.Contains(change.From+change.To, "000000") || change.From == "f1" || change.To == "f2" {
					t.Errorf("a fingerprint is shown: %+v", change)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// planned is a release that changes settings, with people asked about the plan.
func (w *checklisted) planned(change func(*deploy.Spec)) deploy.Ask {
	s := w.spec("v1.2.4")
	s.Platform.Settings.CPU, s.Platform.Settings.Env["FEATURE"] = "4", "on-5f2c8e"
	s.Platform.Settings.Secrets = map[string]string{"API_KEY": "api-key:latest", "DATABASE_URL": "database-url:1", "GONE": "nothing:latest"}
	s.Policy.ApprovePlan = true
	if change != nil {
		change(&s)
	}
	return deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: s}
}

func TestThePlanSaysWhatWouldChange(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	if err := w.secrets.Put(secrets.APIKeyName, "the second"); err != nil {
		t.Fatal(err)
	}
	p := w.ask(w.planned(nil)).waits("preflight/approve").is(deploy.Waiting)
	plan := p.r.Proposal
	if plan == nil {
		t.Fatalf("there is no plan\n%s", p.story())
	}
	var changes []string
	for _, c := range plan.Changes {
		changes = append(changes, c.String())
	}
	want := []string{"cpu 2 → 4", "+ env FEATURE", "secret DATABASE_URL database-url:latest → database-url:1", "+ secret GONE nothing:latest (there is none)"}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if plan.Image != p.r.Facts.Image.Ref() || plan.Baseline != string(baseline) || plan.Hash == "" || plan.Settings == "" || plan.Unknown != "" {
		t.Errorf("plan %+v", plan)
	}
	if diff := cmp.Diff(map[string]string{"api-key:latest": "2"}, plan.Versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	p.tells("outcome preflight/plan  image sha256:", " in place of coditect-app-production-00001; 4 other settings change\ncpu 2 → 4\n+ env FEATURE\n")
	if strings.Contains(p.story(), "on-5f2c8e") || strings.Contains(plan.Settings, "on-5f2c8e") {
		t.Errorf("the value of a variable is shown:\n%s", p.story())
	}
	if len(w.updates()) > 0 {
		t.Errorf("the service was changed: %v", w.updates())
	}
}

func TestWhatWasApprovedIsWorkedOutAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		between func(*checklisted)
		says    string // why the approval is void; empty: it counts
		next    deploy.StepName
	}{
		"nothing has changed": {next: "deploy/revision"},
		"the tag has moved": {func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Images = moved{} })
		}, "the approval is void: the image is sha256:0123456789ab, it was sha256:", "preflight/plan"},
		"a secret has a new version": {func(w *checklisted) {
			if err := w.secrets.Put(secrets.APIKeyName, "another"); err != nil {
				w.t.Error(err)
			}
		}, "the approval is void: api-key:latest is version 2, it was 1", "preflight/approve"},
		"somebody has edited the service": {func(w *checklisted) {
			live := w.cloud.Service(w.service)
			live.Template.Revision, live.Template.MaxInstanceRequestConcurrency = "", 7
			w.edit(live, "template")
			w.byHand(map[deploy.RevisionName]int32{baseline: 100})
		}, "now: concurrency ", "preflight/approve"},
		"somebody has sent users elsewhere": {func(w *checklisted) {
			w.byHand(map[deploy.RevisionName]int32{another(w): 100})
		}, " has the traffic, it was " + string(baseline), "preflight/approve"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChecklisted(t)
			p := w.ask(w.planned(func(s *deploy.Spec) { delete(s.Platform.Settings.Secrets, "GONE") })).waits("preflight/approve")
			first := *p.r.Proposal
			p.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "preflight/approve", Plan: first.Hash}).until("preflight/confirm")
			if c.between != nil {
				c.between(w)
			}
			p.while(func() bool { cur := p.r.Current(); return cur != nil && cur.Name == "preflight/confirm" })
			if next := p.r.Current(); next == nil || next.Name != c.next {
				t.Fatalf("goes on with %+v, want %s\n%s", next, c.next, p.story())
			}
			if c.says == "" {
				p.tells("outcome preflight/confirm  it is still what was approved (" + first.Short() + ")")
				return
			}
			p.tells(c.says)
			if p.r.Proposal.Hash == first.Hash || p.r.Facts.Image.Ref() != p.r.Proposal.Image || p.r.Facts.Candidate.Image != p.r.Proposal.Image {
				t.Errorf("now %+v with %+v, before %+v", p.r.Proposal, p.r.Facts, first)
			}
		})
	}
}

func TestATagThatMovedToWhatWasTakenBackIsRefused(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	p := w.ask(w.planned(nil)).waits("preflight/approve")
	p.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "preflight/approve", Plan: p.r.Proposal.Hash})
	w.with(func(p *phase.Ports) {
		p.Images, p.Targets = moved{}, &closed{bars: []deploy.Bar{{Digest: "sha256:0123456789abcdef", Release: "coditect-app-7", Why: "error rate 12 %"}}}
	})
	p.end().is(deploy.Failed, "preflight/confirm: v1.2.4 is sha256:0123456789ab…, which coditect-app-7 took back: error rate 12 %")
	if len(w.updates()) > 0 {
		t.Errorf("the service was changed: %v", w.updates())
	}
}

func TestThePlanOfAReleaseThatHasNotBegun(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	r, err := deploy.NewRelease(func() deploy.Ask {
		a := w.planned(nil)
		a.Target, a.Requester = deploy.Target{Service: "coditect-app", Environment: "production"}, "U0ALICE"
		return a
	}())
	if err != nil {
		t.Fatal(err)
	}
	var planner deploy.Planner = w.ports
	if r, err = planner.Look(t.Context(), r); err != nil || r.Facts.Image.Digest != w.registry.Digest("v1.2.4") || r.Facts.Baseline.Name != baseline {
		t.Fatalf("%+v, %v", r.Facts, err)
	}
	plan, err := planner.Propose(t.Context(), r)
	if err != nil || len(plan.Changes) != 4 {
		t.Fatalf("%+v, %v", plan, err)
	}
	again, err := planner.Propose(t.Context(), r)
	if diff := cmp.Diff(plan, again); err != nil || diff != "" {
		t.Errorf("the second time: %v (-first +second):\n%s", err, diff)
	}
	begun := w.ask(w.planned(nil)).waits("preflight/approve")
	if begun.r.Proposal.Hash != plan.Hash {
		t.Errorf("it was %s, and is %s once the release has begun", plan.Hash, begun.r.Proposal.Hash)
	}
	if len(w.updates()) > 0 {
		t.Errorf("the service was changed: %v", w.updates())
	}

	w.breaks(sandbox.Fault{Kind: sandbox.Refuse})
	if _, err := planner.Propose(t.Context(), r); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("while the platform is away: %v", err)
	}
	w.cloud.Faults().Clear("")
	r.Version = "v9.9.9"
	if _, err := planner.Look(t.Context(), r); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("a tag that is not there: %v", err)
	}
	w.release("v1.2.5").until("health/checks")
	template := w.cloud.Service(w.service)
	if _, err := w.ports.Platforms[deploy.CloudRun].Stage(t.Context(), deploy.StageRequest{Service: r.Spec.Platform.Service, Candidate: candidate(77), Tag: "rc-77",
		Image: template.GetTemplate().GetContainers()[0].GetImage(), Baseline: baseline}); err != nil {
		t.Fatal(err)
	}
	if _, err := planner.Look(t.Context(), r); deploy.CodeOf(err) != deploy.Conflict || !strings.Contains(deploy.Message(err), "to settle") {
		t.Errorf("while the service is busy: %v", err)
	}
}

// blind is a platform that does not say beforehand what would change.
type blind struct{ deploy.Platform }

func TestAPlatformWithoutPreviews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.with(func(p *phase.Ports) {
		p.Platforms = map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: blind{p.Platforms[deploy.CloudRun]}}
	})
	p := w.release("v1.2.4").end().is(deploy.Succeeded).tells("what else changes is not known: cloudrun does not say beforehand what would change")
	if p.r.Proposal.Unknown == "" || p.r.Proposal.Hash == "" {
		t.Errorf("%+v", p.r.Proposal)
	}
}

func TestVersionsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*checklisted)
		says  string
	}{
		"there is nobody to ask": {func(w *checklisted) { w.with(func(p *phase.Ports) { p.Versions = nil }) }, "+ secret OTHER api-key:latest (its version is not known)"},
		"Slipway may not look": {func(w *checklisted) {
			w.secrets.SetFault(secrets.Fault{Denied: []string{"api-key"}})
		}, "+ secret OTHER api-key:latest (its version is not known)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChecklisted(t)
			c.world(w)
			w.ask(w.planned(func(s *deploy.Spec) { s.Platform.Settings.Secrets["OTHER"] = "api-key:latest" })).waits("preflight/approve").is(deploy.Waiting).tells(c.says)
		})
	}
}

func TestASourceOfSecretsThatIsAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.secrets.SetFault(secrets.Fault{Down: true})
	w.around = func(deploy.Step) bool {
		if w.clock.Now().After(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)) {
			w.secrets.SetFault(secrets.Fault{})
		}
		return false
	}
	w.ask(w.planned(nil)).waits("preflight/approve").is(deploy.Waiting).tells("Secret Manager does not answer", "outcome preflight/plan  image sha256:")
}
