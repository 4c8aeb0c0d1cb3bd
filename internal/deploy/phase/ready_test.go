package phase_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/sandbox/monitoring"
)

// word is an item that people attest.
func word(key string, owner deploy.Principal) deploy.Item {
	return deploy.Item{Key: key, Group: "Security", Text: "The " + key, Owner: owner, Lasts: time.Hour}
}

func (p *play) wantReady(want deploy.Readiness) *play {
	p.t.Helper()
	if p.r.Readiness == nil {
		p.t.Fatalf("the checklist was not looked at\n%s", p.story())
	}
	if diff := cmp.Diff(want, *p.r.Readiness, cmpopts.EquateEmpty()); diff != "" {
		p.t.Errorf("the checklist (-want +got):\n%s", diff)
	}
	return p
}

func TestAReleaseWaitsForItsChecklist(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.monitoring.SetPolicies()
	w.attest("security/tls")
	policed := func(s *deploy.Spec) { s.Images = &deploy.ImagePolicy{Labels: []string{"revision"}} }
	p := w.asks(policed, proof(deploy.ProveImage, ""), word("security/tls", ""), word("security/cors", ""), word("security/csp", "@security"), proof(deploy.ProveAlerts, ""))
	p.act()
	open := []deploy.OpenItem{
		{Key: "security/cors", Group: "Security", Text: "The security/cors", Attest: true},
		{Key: "security/csp", Group: "Security", Text: "The security/csp", Owner: "@security", Attest: true},
		{Key: "group/alerts", Group: "Group", Text: "Text", Why: "no enabled alert policy of my-gcp-project is about coditect-app-production"},
	}
	p.wantReady(deploy.Readiness{Total: 5, Proved: 1, Attested: 1, Open: open}).is(deploy.Waiting).
		tells("progress preflight/ready  2 of 5; open: security/cors, security/csp, group/alerts\n")
	if got := p.r.Current().Look.Sub(w.clock.Now()); got != 15*time.Second {
		t.Errorf("the next look is in %s, want 15 s", got)
	}

	w.attest("security/cors")
	p.say(deploy.Signal{Kind: deploy.SignalAttested, By: "U0BOB", Item: "security/cors"})
	p.while(func() bool { return len(p.r.Readiness.Open) == 3 })
	p.wantReady(deploy.Readiness{Total: 5, Proved: 1, Attested: 2, Open: open[1:]})

	w.monitoring.SetPolicies(monitoring.New(nil).Policies()...)
	p.while(func() bool { return len(p.r.Readiness.Open) == 2 })
	p.wantReady(deploy.Readiness{Total: 5, Proved: 2, Attested: 2, Open: open[1:2]})

	p.say(deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: "security/csp", Reason: "it is internal"})
	p.until("deploy/revision").is(deploy.Running).tells("outcome preflight/ready  5 of 5 (2 attested, 2 proved, 1 waived)\n")
	p.wantReady(deploy.Readiness{Total: 5, Proved: 2, Attested: 2, Waived: 1})
	if w.look.looks != 2 {
		t.Errorf("the image was looked into %d times, want once for its policy and once for its item: it was good", w.look.looks)
	}
	if len(w.updates()) > 0 {
		t.Errorf("the service was changed: %v", w.updates())
	}
}

func TestAWordThatHasExpiredIsNone(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.attest("security/tls")
	p := w.asks(func(s *deploy.Spec) { s.Policy.ApprovalExpires = 2 * time.Hour }, word("security/tls", ""), word("security/cors", ""))
	p.act()
	p.while(func() bool { return len(p.r.Readiness.Open) == 1 })
	if now := w.clock.Now(); now.Hour() != 15 || now.Minute() != 0 {
		t.Errorf("it expired at %s, want 15:00", now)
	}
	p.wantReady(deploy.Readiness{Total: 2, Open: []deploy.OpenItem{
		{Key: "security/tls", Group: "Security", Text: "The security/tls", Attest: true, Why: "attested by U0BOB until 2 Mar 2026 15:00 UTC, expired"},
		{Key: "security/cors", Group: "Security", Text: "The security/cors", Attest: true},
	}})
}

func TestAnOpenChecklistEndsTheReleaseBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	p := w.asks(nil, word("security/tls", "")).end()
	p.is(deploy.Failed, "preflight/ready: not finished after 1 h: 0 of 1; open: security/tls")
	if len(w.updates()) > 0 {
		t.Errorf("the service was changed: %v", w.updates())
	}
}

func TestNobodyKeepsPeoplesWords(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.with(func(p *phase.Ports) { p.Attested = nil })
	p := w.asks(nil, word("security/tls", ""))
	p.act()
	p.wantReady(deploy.Readiness{Total: 1, Open: []deploy.OpenItem{
		{Key: "security/tls", Group: "Security", Text: "The security/tls", Why: "this Slipway keeps nobody's word"},
	}})
}

func TestWordsThatCannotBeReadAreReadAgain(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.attest("security/tls")
	w.said.err = away("Redis does not answer")
	p := w.asks(nil, word("security/tls", ""))
	p.act()
	if p.r.Readiness != nil {
		t.Errorf("something was said: %+v", p.r.Readiness)
	}
	w.said.err = nil
	p.until("preflight/plan").tells("Redis does not answer; attempt 1, trying again", "outcome preflight/ready  1 of 1 (1 attested)")
}

func TestWhatCannotBeToldIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.monitoring.SetFault(monitoring.Fault{Down: true})
	p := w.asks(nil, proof(deploy.ProveAlerts, ""))
	p.act()
	p.wantReady(deploy.Readiness{Total: 1, Open: []deploy.OpenItem{{Key: "group/alerts", Group: "Group", Text: "Text",
		Why: "cannot be told now: Cloud Monitoring does not answer; see https://status.cloud.google.com if it goes on"}}})
	w.monitoring.SetFault(monitoring.Fault{})
	p.until("preflight/plan").tells("outcome preflight/ready  1 of 1 (1 proved)")
}

func TestADefectOfAProofStopsTheRelease(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.source.err = &deploy.Error{Code: deploy.Internal, Msg: "a defect"}
	w.asks(nil, proof(deploy.ProveMetrics, "")).end().is(deploy.Parked, "a defect")
}

func TestALookThatIsInterruptedSaysNothing(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	ctx, cancel := context.WithCancel(t.Context())
	p := w.asks(func(s *deploy.Spec) { dependency(w, s) }, proof(deploy.ProveCheck, "Redis"))
	w.teller.does = func(context.Context, string) (deploy.CheckReport, error) {
		cancel()
		return ill(deploy.Invalid, "it was broken off", "")
	}
	out, err := w.runners[deploy.KindReady].Run(ctx, p.r, *p.r.Current())
	if deploy.CodeOf(err) != deploy.Unavailable || out.Ready != nil {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestALongListIsCutShort(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	var items []deploy.Item
	for i := range 45 {
		items = append(items, word(fmt.Sprintf("security/%d", i), ""))
		if i < 40 {
			w.attest(items[i].Key)
		}
	}
	p := w.asks(nil, items...)
	p.act()
	p.tells("progress preflight/ready  40 of 45; open: security/40, security/41, security/42 and 2 more\n")
}

func TestProofsTakeTheTimeOfTheSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := alone(nil)
		for i := range 45 {
			name := fmt.Sprintf("check %d", i)
			r.Spec.Checks = append(r.Spec.Checks, deploy.Check{Name: name, Dependency: &deploy.Dependency{}})
			r.Spec.Items = append(r.Spec.Items, deploy.Item{Key: name, Prove: &deploy.Proof{Kind: deploy.ProveCheck, Arg: name}})
		}
		runner := phase.Runners(phase.Ports{Checker: &teller{does: func(ctx context.Context, name string) (deploy.CheckReport, error) {
			took := time.Second
			switch name {
			case "check 7":
				took = 9 * time.Second
			case "check 8":
				took = time.Hour
			}
			select {
			case <-time.NewTimer(took).C:
			case <-ctx.Done():
				return ill(deploy.Unavailable, "no answer", "")
			}
			return deploy.CheckReport{}, nil
		}}})[deploy.KindReady]
		began := time.Now()
		out, err := runner.Run(t.Context(), r, deploy.Step{})
		if err != nil || out.Ready.Proved != 44 || len(out.Ready.Open) != 1 || out.Ready.Open[0].Why != "cannot be told now: no answer" {
			t.Errorf("%+v, %v", out.Ready, err)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("took %s, want as long as a look may take", took)
		}
	})
}
