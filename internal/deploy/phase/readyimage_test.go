package phase_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestTheImagePolicy(t *testing.T) {
	t.Parallel()
	all := deploy.ImagePolicy{
		MaxAge: 365 * 24 * time.Hour, MaxSize: 1 << 30, Labels: []string{"revision"}, Signature: []string{"a key"},
		Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0}},
	}
	rule := func(key, text, why string) deploy.OpenItem {
		return deploy.OpenItem{Key: "image/" + key, Group: "Image", Text: text, Why: why}
	}
	for name, c := range map[string]struct {
		policy func(*deploy.ImagePolicy)
		world  func(*checklisted)
		open   []deploy.OpenItem
	}{
		"it is kept": {},
		"all of it is broken": {
			func(p *deploy.ImagePolicy) { p.MaxAge, p.MaxSize = time.Hour, 1 },
			func(w *checklisted) {
				w.look.details.Labels = nil
				w.look.signed = &deploy.Error{Code: deploy.Invalid, Msg: "it has no signature"}
				w.scanner.scan.Vulnerabilities = []deploy.Vulnerability{{ID: "CVE-1", Severity: deploy.Critical, Package: "a", Version: "1", Fixed: "2"}}
			},
			[]deploy.OpenItem{
				rule("age", "The image is not too old", "?"), rule("size", "The image is not too large", "?"), rule("labels", "The image has its labels", "the label revision is missing"),
				rule("vulnerabilities", "The image has no more vulnerabilities than allowed", "1 critical vulnerability, at most 0: CVE-1 a 1 → 2"), rule("signature", "The image is signed", "it has no signature"),
			},
		},
		"nobody has scanned it": {nil, func(w *checklisted) {
			w.scanner.err = &deploy.Error{Code: deploy.NotFound, Msg: "it is scanned just now"}
		},
			[]deploy.OpenItem{rule("scan", "The image was scanned", "there is no scan of the image: it is scanned just now")}},
		"nobody can tell": {nil, func(w *checklisted) {
			w.look.err, w.look.signed = away("the registry does not answer"), away("the registry does not answer")
			w.scanner.err = &deploy.Error{Code: deploy.Forbidden, Msg: "the scanner does not let Slipway look", Hint: "grant a role"}
		}, []deploy.OpenItem{
			rule("labels", "The image has its labels", "cannot be told now: the registry does not answer"),
			rule("scan", "The image was scanned, and has no more vulnerabilities than allowed", "the scanner does not let Slipway look; grant a role"),
			rule("signature", "The image is signed", "cannot be told now: the registry does not answer"),
		}},
		"there is nobody to ask": {nil, func(w *checklisted) { w.with(func(p *phase.Ports) { p.Inspector, p.Scanner = nil, nil }) }, []deploy.OpenItem{
			rule("labels", "The image has its labels", "this Slipway does not look into images"), rule("signature", "The image is signed", "this Slipway does not look into images"),
			rule("scan", "The image was scanned", "there is no scan of the image: this Slipway asks no scanner"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChecklisted(t)
			policy := all
			if c.policy != nil {
				c.policy(&policy)
			}
			if c.world != nil {
				c.world(w)
			}
			p := w.asks(func(s *deploy.Spec) { s.Images = &policy })
			p.act()
			for i := range c.open {
				if got, ok := p.r.Readiness.OpenAt(c.open[i].Key); ok && c.open[i].Why == "?" {
					c.open[i].Why = got.Why
				}
			}
			p.wantReady(deploy.Readiness{Total: len(c.open), Open: c.open})
			if c.open == nil {
				p.tells("outcome preflight/ready  the image keeps its policy\n")
			}
		})
	}
}

func TestAWaiverOfVulnerabilitiesIsForThoseThatWereFound(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.look.details.Labels = nil
	w.scanner.scan.Vulnerabilities = []deploy.Vulnerability{{ID: "CVE-1", Severity: deploy.Critical, Package: "a"}}
	p := w.asks(func(s *deploy.Spec) {
		s.Images = &deploy.ImagePolicy{Labels: []string{"revision"}, Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0}}}
	})
	p.act()
	waive := deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: "image/vulnerabilities", Reason: "it is not reachable"}
	p.say(waive)
	p.while(func() bool { return len(p.r.Readiness.Open) == 2 })

	w.scanner.scan.Vulnerabilities = append(w.scanner.scan.Vulnerabilities, deploy.Vulnerability{ID: "CVE-2", Severity: deploy.Critical, Package: "b"})
	p.while(func() bool { return len(p.r.Readiness.Open) == 1 })
	if open, is := p.r.Readiness.OpenAt("image/vulnerabilities"); !is || !strings.Contains(open.Why, "CVE-2") {
		t.Fatalf("open: %+v", p.r.Readiness.Open)
	}
	p.say(waive)
	w.look.details.Labels = map[string]string{"revision": "8f14e45"}
	p.until("preflight/plan").is(deploy.Running)
	if len(p.r.Waivers) != 1 || !strings.Contains(p.r.Waivers[0].Text, "CVE-2") {
		t.Errorf("waivers: %+v", p.r.Waivers)
	}
}

func TestWhatIsSaidOfAnImageIsWaivedOrMended(t *testing.T) {
	t.Parallel()
	w := newChecklisted(t)
	w.look.details.Labels = nil
	w.scanner.scan.Vulnerabilities = []deploy.Vulnerability{{ID: "CVE-1", Severity: deploy.Critical, Package: "a"}}
	p := w.asks(func(s *deploy.Spec) {
		s.Images = &deploy.ImagePolicy{Labels: []string{"revision"}, Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0}}}
	}, proof(deploy.ProveScan, ""), proof(deploy.ProveImage, ""))
	p.act()
	p.is(deploy.Waiting).tells("1 of 4; open: image/labels, image/vulnerabilities, group/scan")

	w.look.details.Labels = map[string]string{"revision": "8f14e45"}
	p.while(func() bool { return len(p.r.Readiness.Open) == 3 })
	p.tells("1 of 3; open: image/vulnerabilities, group/scan")

	p.say(deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: "image/vulnerabilities", Reason: "it is not reachable"})
	p.until("preflight/plan").is(deploy.Running).tells("outcome preflight/ready  3 of 3 (2 proved, 1 waived)\n")
	p.wantReady(deploy.Readiness{Total: 3, Proved: 2, Waived: 1})
}

func TestTheImageOfAPartIsHeldAgainstThePolicyUnlessItIsTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		digest string
		open   []string
	}{
		"other content": {"sha256:other", []string{"image/labels", "image/labels@worker"}},
		"the same":      {"", []string{"image/labels"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChecklisted(t)
			w.look.details.Labels = nil
			p := w.asks(func(s *deploy.Spec) { s.Images = &deploy.ImagePolicy{Labels: []string{"revision"}} })
			p.r.Spec.Also = []deploy.Part{{Name: "worker", Image: "images/worker"}}
			image := deploy.Image{Repository: "images/worker", Digest: c.digest}
			if c.digest == "" {
				image.Digest = p.r.Facts.Image.Digest
			}
			p.r.Parts = map[string]deploy.Facts{"worker": {Image: image}}
			p.act()
			var open []string
			for _, o := range p.r.Readiness.Open {
				open = append(open, o.Key)
			}
			if diff := cmp.Diff(c.open, open); diff != "" {
				t.Fatalf("open (-want +got):\n%s", diff)
			}
			p.say(deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: "image/labels@worker", Reason: "it is built elsewhere"})
			p.while(func() bool { return len(p.r.Readiness.Open) == len(c.open) })
			if left := len(p.r.Readiness.Open); left != 1 {
				t.Errorf("%d open after the waiver of the part's", left)
			}
		})
	}
}
