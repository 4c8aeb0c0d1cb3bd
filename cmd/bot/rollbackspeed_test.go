package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/workspace"
)

// bring starts a release of each service past Slack, and returns when all bake at 10 %.
func (y *yard) bring(round string, services []string) (ids []deploy.ReleaseID) {
	y.t.Helper()
	c, err := catalog.Load(y.env("SLIPWAY_CATALOG"))
	if err != nil {
		y.t.Fatal(err)
	}
	for _, name := range services {
		target := deploy.Target{Service: name, Environment: "production"}
		spec, err := c.Resolve(target, "v1.2.4")
		if err != nil {
			y.t.Fatal(err)
		}
		r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: target, Version: "v1.2.4", Requester: "U0ALICE", Again: true, Spec: spec})
		if err != nil {
			y.t.Fatal(err)
		}
		created, err := y.store.Create(y.t.Context(), r, deploy.EventID(round+" "+name))
		if err != nil {
			y.t.Fatal(err)
		}
		ids = append(ids, created.Release.ID)
	}
	for _, id := range ids {
		y.release(id, "bakes", func(r deploy.Release) bool {
			cur := r.Current()
			return cur != nil && cur.Kind == deploy.KindBake && cur.Status == deploy.Started
		})
	}
	return ids
}

// open clears the lock that taking a release back has left, and says that the same version may be tried again.
func (y *yard) open(id deploy.ReleaseID) {
	y.t.Helper()
	service, _, _ := id.Split()
	opened, err := y.store.Unlock(y.t.Context(), deploy.Target{Service: service, Environment: "production"}, id, deploy.EventID("open "+string(id)))
	if err != nil || !opened {
		y.t.Fatalf("clear the lock that %s left: %t, %v", id, opened, err)
	}
}

// takeBack says how long it takes from the word being stored until the platform is asked to move traffic.
func (y *yard) takeBack(id deploy.ReleaseID) time.Duration {
	y.t.Helper()
	service, _, _ := id.Split()
	before, begun := len(y.moves(service)), time.Now()
	if _, err := y.store.Signal(y.t.Context(), id, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, deploy.EventID("back "+string(id))); err != nil {
		y.t.Fatal(err)
	}
	y.await(string(id)+" to go back", func() bool { return len(y.moves(service)) > before })
	for _, c := range slices.Backward(y.CloudRun.Calls()) {
		if c.Method == "UpdateService" && c.Service == service && c.Traffic != "" && c.At.After(begun) {
			defer y.release(id, "ends", func(r deploy.Release) bool { return r.State.Terminal() })
			return c.At.Sub(begun)
		}
	}
	y.t.Fatalf("no call for %s", id)
	return 0
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func TestARollBackIsAsFastWhateverSlackDoes(t *testing.T) {
	t.Parallel()
	var services []string
	for i := range 7 {
		services = append(services, fmt.Sprintf("app-%c", 'a'+i))
	}
	y := newYard(t, `[{percent: 10, bake: 24h}, {percent: 100}]`, services...)
	y.run()
	calm := time.Duration(0)
	for _, slack := range []struct {
		is   string
		make func(w *workspace.Workspace)
	}{
		{"well", func(*workspace.Workspace) {}},
		{"throttling every method", func(w *workspace.Workspace) { w.SetFault("*", workspace.Fault{RetryAfter: 30 * time.Second}) }},
		{"answering nothing but 503", func(w *workspace.Workspace) { w.SetFault("*", workspace.Fault{Status: http.StatusServiceUnavailable}) }},
		{"answering late", func(w *workspace.Workspace) { w.SetFault("*", workspace.Fault{Delay: 5 * time.Second}) }},
		{"away", func(w *workspace.Workspace) { w.Down(true) }},
	} {
		ids := y.bring(slack.is, services)
		slack.make(y.Workspace)
		var took []time.Duration
		for _, id := range ids {
			took = append(took, y.takeBack(id))
			y.open(id)
		}
		y.Workspace.ClearFaults()
		y.Workspace.Down(false)
		m := median(took)
		t.Logf("with Slack %s: %s", slack.is, m)
		if calm == 0 {
			calm = m
		}
		if m > max(5*calm, 250*time.Millisecond) {
			t.Errorf("with Slack %s the first call came after %s, with Slack well after %s", slack.is, m, calm)
		}
	}
}
