package cloudrun_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"slipway/internal/sandbox/cloudrun"
)

// body is the version that a health check reports.
func body(t *testing.T, url string) string {
	t.Helper()
	res, err := web().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var health struct{ Version string }
	if err := json.Unmarshal(raw, &health); err != nil {
		t.Fatalf("%s answered %d %q", url, res.StatusCode, raw)
	}
	return health.Version
}

func code(t *testing.T, url string) int {
	t.Helper()
	res, err := web().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestATagHasAnAddressOfItsOwnUntilItGoes(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	rc := uri(t, p.get(), "rc")
	if got := []string{body(t, rc+"/health"), body(t, p.get().Uri+"/health")}; got[0] != "v1.2.4" || got[1] != "v1.2.3" {
		t.Errorf("the tag serves %s, the service %s", got[0], got[1])
	}

	p.mustUpdate(traffic(to(baseline, 0, "rc"), to(app+"-r1", 100, "live")), "traffic")
	svc := p.get()
	if uri(t, svc, "rc") != rc || uri(t, svc, "live") == rc {
		t.Errorf("addresses rc %s (was %s), live %s", uri(t, svc, "rc"), rc, uri(t, svc, "live"))
	}
	if got := []string{body(t, rc+"/health"), body(t, svc.Uri+"/health")}; got[0] != "v1.2.3" || got[1] != "v1.2.4" {
		t.Errorf("after the swap the tag serves %s, the service %s", got[0], got[1])
	}

	p.mustUpdate(traffic(to(app+"-r1", 100, "")), "traffic")
	until(t, p, "the tag's address is closed", func() bool {
		res, err := web().Get(rc + "/health")
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	})
}

func TestRequestsAreSplitAsReportedAndCounted(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	canary := app + "-r1"
	p.mustUpdate(staged(canary, image+"v1.2.4", "v1.2.4"), "template", "traffic")
	p.mustUpdate(traffic(to(baseline, 90, ""), to(canary, 10, "rc")), "traffic")
	p.Behaviour(app, "v1.2.4").SetErrorRate(0.5)
	url := p.get().Uri + "/api/v1/status"
	for range 100 {
		code(t, url)
	}
	same(t, "stats", []cloudrun.RevisionStats{
		{Revision: baseline, Requests: 90}, {Revision: canary, Requests: 10, Errors: 5},
	}, p.Stats(app))
	if c := code(t, uri(t, p.get(), "rc")+"/health"); c != http.StatusOK {
		t.Errorf("health of a canary with errors: %d", c)
	}
	if s := p.Stats("unknown"); s != nil {
		t.Errorf("stats of an unknown service: %v", s)
	}
}

func TestBehaviourFollowsTheVersion(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.Behaviour(app, "v1.2.4").SetUnhealthy(true)
	p.Behaviour(app, "v1.2.5").SetVersion("v1.2.3")
	p.mustUpdate(staged(app+"-r4", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	if c := code(t, uri(t, p.get(), "rc")+"/health"); c != http.StatusServiceUnavailable {
		t.Errorf("v1.2.4 answers %d, want 503", c)
	}
	p.Behaviour(app, "v1.2.4-hotfix").SetVersion("the environment's")
	p.mustUpdate(staged(app+"-r6", image+"v1.2.4", "v1.2.4-hotfix"), "template", "traffic")
	if v := body(t, uri(t, p.get(), "rc")+"/health"); v != "the environment's" {
		t.Errorf("image v1.2.4 with VERSION=v1.2.4-hotfix behaves as %s", v)
	}
	p.mustUpdate(staged(app+"-r5", image+"v1.2.5", "v1.2.5"), "template", "traffic")
	if v := body(t, uri(t, p.get(), "rc")+"/health"); v != "v1.2.3" {
		t.Errorf("v1.2.5 says it is %s, want the wrong version", v)
	}
}

func TestSyntheticTrafficRunsUntilItIsStopped(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock})
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	p.mustUpdate(traffic(to(baseline, 50, ""), to(app+"-r1", 50, "")), "traffic")
	for _, rate := range []float64{1000, 0} {
		// The second one replaces the first.
		if err := p.StartTraffic(app, rate); err != nil {
			t.Fatal(err)
		}
	}
	requests := func() (n int64) {
		for _, r := range p.Stats(app) {
			n += r.Requests
		}
		return n
	}
	clock.Advance(2 * time.Second)
	until(t, p, "forty requests", func() bool { return requests() >= 2*cloudrun.DefaultRate })
	p.StopTraffic(app)
	if n := requests(); n != 2*cloudrun.DefaultRate {
		t.Errorf("%d requests in two seconds", n)
	}
	stopped := p.Stats(app)
	if d := stopped[0].Requests - stopped[1].Requests; d < -1 || d > 1 {
		t.Errorf("a 50 : 50 split counts %v", stopped)
	}
	clock.Advance(10 * time.Second)
	const ours = 20
	for range ours {
		code(t, p.Service(full).Uri+"/api/v1/status")
	}
	if n := requests(); n != 2*cloudrun.DefaultRate+ours {
		t.Errorf("%d requests, of which %d are ours: more came after the stop", n, ours)
	}

	if err := p.StartTraffic("unknown", 5); err == nil {
		t.Error("traffic runs to an unknown service")
	}
	if err := p.StartTraffic(app, -1); err == nil {
		t.Error("traffic runs at a negative rate")
	}
}
