package phase_test

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/httpprobe"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/secrets"
)

// proofCase is one thing that a machine looks at, and what it finds instead.
type proofCase struct {
	item  deploy.Item
	spec  func(*checklisted, *deploy.Spec)
	world func(*checklisted)
	why   string // part of it; empty: it is proved
}

func scanned(policy *deploy.ScanPolicy) func(*checklisted, *deploy.Spec) {
	return func(_ *checklisted, s *deploy.Spec) { s.Images = &deploy.ImagePolicy{Scan: policy} }
}

func at(url func(*checklisted) string) func(*checklisted, *deploy.Spec) {
	return func(w *checklisted, s *deploy.Spec) { s.URL = url(w) }
}

func withSecrets(refs map[string]string, header string) func(*checklisted, *deploy.Spec) {
	return func(_ *checklisted, s *deploy.Spec) {
		s.Platform.Settings.Secrets = refs
		c := check("Me", deploy.Smoke)
		c.Calls[0].Headers = map[string]string{"Authorization": header}
		s.Checks = []deploy.Check{c}
	}
}

func dependency(w *checklisted, s *deploy.Spec) {
	_ = w
	s.Checks = []deploy.Check{{Name: "Redis", Stage: deploy.Smoke, Dependency: &deploy.Dependency{Kind: deploy.Redis, Address: "${secret:api-key}"}}}
}

func stagingHas(digest func(*checklisted) string) func(*checklisted) {
	return func(w *checklisted) {
		w.live.releases = map[string]deploy.Release{"staging": {Version: "v1.2.4", Facts: deploy.Facts{
			Candidate: deploy.Revision{Name: "x", Image: "gcr.io/staging/coditect@" + digest(w)}}}}
	}
}

func (w *checklisted) siteURL(path string) string { return w.site.URL + path }

func proofs() map[string]proofCase {
	critical := &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0}}
	guide := map[string]string{"DATABASE_URL": "database-url:latest", "API_KEY": "api-key:1"}
	return map[string]proofCase{
		"image: it is there": {item: proof(deploy.ProveImage, "")},
		"image: it is gone": {item: proof(deploy.ProveImage, ""), world: func(w *checklisted) {
			w.look.err = &deploy.Error{Code: deploy.NotFound, Msg: "the image is gone", Hint: "build it again"}
		}, why: "the image is gone; build it again"},
		"image: by its tag": {item: proof(deploy.ProveImage, ""), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Inspector = nil })
		}},
		"image: the tag has moved": {item: proof(deploy.ProveImage, ""), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Inspector, p.Images = nil, moved{} })
		}, why: "the tag v1.2.4 leads to sha256:0123456789ab… by now, not to sha256:"},

		"scan: nothing was found": {item: proof(deploy.ProveScan, ""), spec: scanned(critical)},
		"scan: something was found": {item: proof(deploy.ProveScan, ""), spec: scanned(critical), world: func(w *checklisted) {
			w.scanner.scan.Vulnerabilities = []deploy.Vulnerability{{ID: "CVE-2026-1", Severity: deploy.Critical, Package: "openssl"}}
		}, why: "1 critical vulnerability, at most 0: CVE-2026-1 openssl"},
		"scan: nobody has scanned it": {item: proof(deploy.ProveScan, ""), spec: scanned(critical), world: func(w *checklisted) {
			w.scanner.err = &deploy.Error{Code: deploy.NotFound, Msg: "it is scanned just now"}
		}, why: "there is no scan of the image: it is scanned just now"},
		"scan: the scanner is away": {item: proof(deploy.ProveScan, ""), spec: scanned(critical), world: func(w *checklisted) {
			w.scanner.err = away("the scanner does not answer")
		}, why: "cannot be told now: the scanner does not answer"},
		"scan: the catalog asks nothing": {item: proof(deploy.ProveScan, ""), why: "the catalog does not say what a scan may find"},
		"scan: nobody to ask": {item: proof(deploy.ProveScan, ""), spec: scanned(critical), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Scanner = nil })
		}, why: "this Slipway asks no scanner"},

		"secrets: all are there": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(guide, "Bearer ${secret:api-key}")},
		"secrets: none are referred to": {item: proof(deploy.ProveSecrets, ""), world: func(w *checklisted) {
			w.secrets.SetFault(secrets.Fault{Down: true})
		}},
		"secrets: a version is not there": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(map[string]string{"API_KEY": "api-key:9"}, ""), why: "there is no secret api-key, or it has no version"},
		"secrets: two are missing": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(map[string]string{"API_KEY": "nothing:latest"}, "${secret:nobody}"),
			why: "there is no secret nothing, or it has no version; there is no secret nobody"},
		"secrets: one of a check may not be read": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(nil, "Bearer ${secret:api-key}"), world: func(w *checklisted) {
			w.secrets.SetFault(secrets.Fault{Denied: []string{"api-key"}})
		}, why: "does not let Slipway read the secret api-key"},
		"secrets: the source is away": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(guide, ""), world: func(w *checklisted) {
			w.secrets.SetFault(secrets.Fault{Down: true})
		}, why: "cannot be told now: Secret Manager does not answer"},
		"secrets: nobody to ask about versions": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(guide, ""), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Versions = nil })
		}, why: "this Slipway cannot see the versions of secrets"},
		"secrets: nobody to read them": {item: proof(deploy.ProveSecrets, ""), spec: withSecrets(nil, "${secret:api-key}"), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Secrets = nil })
		}, why: "this Slipway reads no secrets"},

		"https: it redirects": {item: proof(deploy.ProveHTTPS, ""), spec: at(func(w *checklisted) string { return w.siteURL("/") })},
		"https: it does not":  {item: proof(deploy.ProveHTTPS, ""), spec: at(func(w *checklisted) string { return w.siteURL("/plain") }), why: "/plain answers 200, and does not redirect to HTTPS"},
		"https: to another host": {item: proof(deploy.ProveHTTPS, ""), spec: at(func(w *checklisted) string { return w.siteURL("/elsewhere") }),
			why: "redirects to https://example.com/, not to HTTPS at the same host"},
		"https: to plain HTTP":  {item: proof(deploy.ProveHTTPS, ""), spec: at(func(w *checklisted) string { return w.siteURL("/still-plain") }), why: "redirects to http://127.0.0.1/, not to HTTPS"},
		"https: nobody answers": {item: proof(deploy.ProveHTTPS, "127.0.0.1:1"), why: "cannot be told now: 127.0.0.1:1 does not accept connections"},
		"https: plain HTTP is at its own port": {item: proof(deploy.ProveHTTPS, "https://127.0.0.1:8443"), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Outside = &redirecting{want: "http://127.0.0.1"} })
		}},
		"https: private addresses are forbidden": {item: proof(deploy.ProveHTTPS, ""), spec: func(w *checklisted, s *deploy.Spec) { s.URL, s.Public = w.siteURL("/"), true }, why: "is the bot's own machine"},
		"https: nobody to look": {item: proof(deploy.ProveHTTPS, ""), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Outside = nil })
		}, why: "this Slipway looks at no addresses"},

		"certificate: it holds":        {item: proof(deploy.ProveCertificate, ""), spec: at(func(w *checklisted) string { return w.safe.URL })},
		"certificate: not long enough": {item: proof(deploy.ProveCertificate, "876000h"), spec: at(func(w *checklisted) string { return w.safe.URL }), why: "at least 36500 days are asked"},
		"certificate: there is none":   {item: proof(deploy.ProveCertificate, "24h"), spec: at(func(w *checklisted) string { return w.siteURL("/") }), why: "has no certificate: it is plain HTTP"},
		"certificate: no duration":     {item: proof(deploy.ProveCertificate, "long"), spec: at(func(w *checklisted) string { return w.safe.URL }), why: `"long" is no duration`},
		"certificate: nobody trusts it": {item: proof(deploy.ProveCertificate, ""), spec: at(func(w *checklisted) string { return w.safe.URL }), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) {
				p.Outside = httpprobe.NewOutside(&httpprobe.OutsideOptions{Roots: x509.NewCertPool()})
			})
		}, why: "is issued by nobody who is trusted"},

		"dns: the name leads somewhere": {item: proof(deploy.ProveDNS, "localhost")},
		"dns: it leads nowhere": {item: proof(deploy.ProveDNS, "api.example.com"), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Outside = nowhereOutside{} })
		}, why: "the name of http://api.example.com leads nowhere"},

		"url: it answers well": {item: proof(deploy.ProveURL, "/plain"), spec: at(func(w *checklisted) string { return w.site.URL })},
		"url: it does not":     {item: proof(deploy.ProveURL, "/broken"), spec: at(func(w *checklisted) string { return w.site.URL + "/" }), why: "/broken answered 503, expected 200 to 299"},
		"url: the platform's":  {item: proof(deploy.ProveURL, "/health")},

		"alerts: there are some": {item: proof(deploy.ProveAlerts, "")},
		"alerts: there are none": {item: proof(deploy.ProveAlerts, ""), world: func(w *checklisted) { w.monitoring.SetPolicies() },
			why: "no enabled alert policy of my-gcp-project is about coditect-app-production"},
		"alerts: the source is away": {item: proof(deploy.ProveAlerts, ""), world: func(w *checklisted) {
			w.monitoring.SetFault(monitoring.Fault{Down: true})
		}, why: "cannot be told now: Cloud Monitoring does not answer"},
		"alerts: nobody to ask": {item: proof(deploy.ProveAlerts, ""), world: func(w *checklisted) {
			w.with(func(p *phase.Ports) { p.Alerts = nil })
		}, why: "this Slipway cannot see alert policies"},

		"on-call: somebody is":         {item: proof(deploy.ProveOnCall, "")},
		"on-call: a person":            {item: proof(deploy.ProveOnCall, ""), spec: func(_ *checklisted, s *deploy.Spec) { s.OnCall = "U0CAROL" }},
		"on-call: nobody is":           {item: proof(deploy.ProveOnCall, ""), world: func(w *checklisted) { w.with(func(p *phase.Ports) { p.People = group{"@oncall": nil} }) }, why: "nobody is in @oncall"},
		"on-call: there is no group":   {item: proof(deploy.ProveOnCall, ""), spec: func(_ *checklisted, s *deploy.Spec) { s.OnCall = "@gone" }, why: "there is no group @gone"},
		"on-call: the catalog is mute": {item: proof(deploy.ProveOnCall, ""), spec: func(_ *checklisted, s *deploy.Spec) { s.OnCall = "" }, why: "the catalog names nobody on call"},
		"on-call: nobody to ask":       {item: proof(deploy.ProveOnCall, ""), world: func(w *checklisted) { w.with(func(p *phase.Ports) { p.People = nil }) }, why: "cannot see who is in a group"},

		"metrics: they can be read": {item: proof(deploy.ProveMetrics, "")},
		"metrics: one is unknown": {item: proof(deploy.ProveMetrics, ""), world: func(w *checklisted) {
			w.source.err = &deploy.Error{Code: deploy.NotFound, Msg: "does not know the metric x", Hint: "correct it"}
		}, why: "does not know the metric x; correct it"},
		"metrics: there are none":   {item: proof(deploy.ProveMetrics, ""), spec: func(_ *checklisted, s *deploy.Spec) { s.Metrics = nil }, why: "the catalog names no metrics for coditect-app/production"},
		"metrics: nobody to ask":    {item: proof(deploy.ProveMetrics, ""), world: func(w *checklisted) { w.with(func(p *phase.Ports) { p.Metrics = nil }) }, why: "no client for metrics"},
		"live-in: it is live there": {item: proof(deploy.ProveLiveIn, "staging"), world: stagingHas(func(w *checklisted) string { return w.registry.Digest("v1.2.4") })},
		"live-in: something else is": {item: proof(deploy.ProveLiveIn, "staging"), world: stagingHas(func(w *checklisted) string { return w.registry.Digest("v1.2.5") }),
			why: "v1.2.4 is live in staging (sha256:"},
		"live-in: nothing is":    {item: proof(deploy.ProveLiveIn, "staging"), why: "Slipway has released nothing to staging so far"},
		"live-in: Redis is away": {item: proof(deploy.ProveLiveIn, "staging"), world: func(w *checklisted) { w.live.err = away("Redis does not answer") }, why: "cannot be told now: Redis does not answer"},
		"live-in: nobody to ask": {item: proof(deploy.ProveLiveIn, "staging"), world: func(w *checklisted) { w.with(func(p *phase.Ports) { p.Live = nil }) }, why: "does not know what is live elsewhere"},

		"checks: there are some": {item: proof(deploy.ProveChecks, "smoke"), spec: dependency},
		"checks: there are none": {item: proof(deploy.ProveChecks, "functional"), spec: dependency, why: "the catalog has no check of the stage functional"},

		"check: it passes": {item: proof(deploy.ProveCheck, "Redis"), spec: dependency},
		"check: it does not": {item: proof(deploy.ProveCheck, "Redis"), spec: dependency, world: func(w *checklisted) {
			w.teller.does = func(context.Context, string) (deploy.CheckReport, error) {
				return ill(deploy.Invalid, "Redis at 10.0.0.3\nanswered NOAUTH", "give it a password")
			}
		}, why: "Redis at 10.0.0.3 answered NOAUTH; give it a password"},
		"check: there is no such one": {item: proof(deploy.ProveCheck, "Postgres"), spec: dependency, why: "no check of a dependency that is called Postgres"},
		"check: nobody to run it":     {item: proof(deploy.ProveCheck, "Redis"), spec: dependency, world: func(w *checklisted) { w.with(func(p *phase.Ports) { p.Checker = nil }) }, why: "this Slipway runs no checks"},

		"way-back: there is one": {item: proof(deploy.ProveWayBack, "")},
		"way-back: traffic is split": {item: proof(deploy.ProveWayBack, ""), world: func(w *checklisted) {
			w.byHand(map[deploy.RevisionName]int32{baseline: 60, another(w): 40})
		}, why: "traffic is split: "},
		"way-back: somebody else has it": {item: proof(deploy.ProveWayBack, ""), world: func(w *checklisted) {
			w.byHand(map[deploy.RevisionName]int32{another(w): 100})
		}, why: "has all of the traffic by now, not " + string(baseline)},

		"a kind of a later version": {item: proof("horoscope", ""), why: "this version of Slipway cannot prove horoscope"},
	}
}

func TestWhatMachinesProve(t *testing.T) {
	t.Parallel()
	kinds := map[deploy.ProofKind][2]int{}
	for name, c := range proofs() {
		n := kinds[c.item.Prove.Kind]
		n[min(len(c.why), 1)]++
		kinds[c.item.Prove.Kind] = n
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChecklisted(t)
			p := w.asks(func(s *deploy.Spec) {
				if c.spec != nil {
					c.spec(w, s)
				}
			}, c.item)
			if c.world != nil {
				c.world(w)
			}
			p.act()
			ready := p.r.Readiness
			if ready == nil {
				t.Fatalf("nothing was said\n%s", p.story())
			}
			item, open := ready.OpenAt(c.item.Key)
			switch {
			case c.why == "" && (open || ready.Proved != 1):
				t.Errorf("%+v is open", item)
			case c.why != "" && (!open || !strings.Contains(item.Why, c.why) || strings.Contains(item.Why, "\n") || item.Attest || ready.Proved != 0):
				t.Errorf("%+v, want it open because of %q", *ready, c.why)
			}
		})
	}
	for kind, n := range kinds {
		if kind != "horoscope" && (n[0] == 0 || n[1] == 0) {
			t.Errorf("%s has %d good and %d bad cases", kind, n[0], n[1])
		}
	}
	if len(kinds) != 15 {
		t.Errorf("%d kinds of proofs have cases, want all 14, and one that there is not", len(kinds))
	}
}

// moved are images of which every tag leads to another one now.
type moved struct{}

func (moved) Resolve(_ context.Context, repository, tag string) (deploy.Image, error) {
	return deploy.Image{Repository: repository, Tag: tag, Digest: "sha256:0123456789abcdef"}, nil
}

// redirecting is an Outside that redirects one address.
type redirecting struct {
	deploy.Outside

	want string
}

func (r *redirecting) Ask(_ context.Context, q deploy.AddressRequest) (deploy.AddressAnswer, error) {
	if q.URL != r.want {
		return deploy.AddressAnswer{Status: 404}, nil
	}
	return deploy.AddressAnswer{Status: 308, Location: "https://127.0.0.1:8443/"}, nil
}

// another is a revision beside the baseline.
func another(w *checklisted) deploy.RevisionName {
	w.t.Helper()
	p := w.release("v1.2.5").until("health/checks")
	return p.r.Facts.Candidate.Name
}

// A dependency that takes no connection uses up the time it is given. What a person is told is that, and not that the
// look was over before.
func TestACheckThatProvesSomethingEndsWithinTheLook(t *testing.T) {
	t.Parallel()
	for within, want := range map[time.Duration]time.Duration{time.Minute: 25 * time.Second, 5 * time.Second: 5 * time.Second} {
		w := newChecklisted(t)
		p := w.asks(func(s *deploy.Spec) {
			dependency(w, s)
			s.Checks[0].Within, s.Checks[0].Tries = within, 5
		}, proof(deploy.ProveCheck, "Redis"))
		p.act()
		if len(w.teller.asked) != 1 || w.teller.asked[0].Check.Within != want || w.teller.asked[0].Check.Tries != 1 {
			t.Errorf("asked %+v, want once, within %s", w.teller.asked, want)
		}
		if c := p.r.Spec.Checks[0]; c.Within != within || c.Tries != 5 {
			t.Errorf("the check itself was changed: %+v", c)
		}
	}
}
