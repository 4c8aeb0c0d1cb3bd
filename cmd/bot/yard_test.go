package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// yard is a practice in this process, where a test sees and decides more than from outside, with a redis-server.
type yard struct {
	*sandbox.Sandbox
	t     *testing.T
	store *store.Store
	bot   string // the program of a replica
}

// newYard has a copy of the example's first service under each of names, with a strategy.
func newYard(t *testing.T, strategy string, names ...string) *yard {
	t.Helper()
	return newYardWith(t, sandbox.Options{}, "", strategy, names...)
}

// newYardWith has more in the catalog's file of each service.
func newYardWith(t *testing.T, opts sandbox.Options, more, strategy string, names ...string) *yard {
	t.Helper()
	folder, redis := t.TempDir(), storetest.StartRedis(t)
	if err := os.CopyFS(folder, deployments.Catalog()); err != nil {
		t.Fatal(err)
	}
	const file = `service: NAME
image: gcr.io/my-gcp-project/coditect
channel: "#devops-oncall"
on_call: "@oncall"
platform: {kind: cloudrun, project: my-gcp-project, region: us-central1, env: {VERSION: "${VERSION}"}, service: NAME}
strategy: {kind: canary, steps: STRATEGY}
health: [{path: /health, status: 200, version: true}]
policy: {deploy: ["@platform"], approve: ["@oncall", "@platform"], approvals: 1, approval_expires: 100h} # 10 min here
environments: {production: {}}
`
	for _, name := range names {
		text := strings.NewReplacer("NAME", name, "STRATEGY", strategy).Replace(file + more)
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts.Catalog, opts.Speed, opts.RedisURL = os.DirFS(folder), 600, redis.URL(0)
	box, err := sandbox.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{Sandbox: box, t: t, bot: "bot"}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Errorf("close the practice: %v", err)
		}
	})
	for _, name := range names {
		if _, err := box.CloudRun.Seed(cloudrun.ServiceSpec{Name: name, Environment: "production"}, "v1.2.3"); err != nil {
			t.Fatal(err)
		}
	}
	if y.store, err = store.Open(t.Context(), redis.URL(0), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.store.Close() })
	return y
}

// run starts a replica, with more in its environment, and says which connections it has.
func (y *yard) run(more ...string) (r *replica, connections []int) {
	y.t.Helper()
	before := y.connections()
	r = join(y.t, y.bot, append(y.Environ(), more...))
	r.awaitReady(y.t, http.StatusOK)
	y.await("two more connections", func() bool { return len(y.connections()) == len(before)+2 })
	return r, slices.DeleteFunc(y.connections(), func(id int) bool { return slices.Contains(before, id) })
}

func (y *yard) connections() (ids []int) {
	for _, c := range y.Workspace.Connections() {
		ids = append(ids, c.ID)
	}
	return ids
}

// await waits until so holds; it is asked again after each change in Slack, and every few milliseconds.
func (y *yard) await(what string, so func() bool) {
	y.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			y.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (y *yard) shows(text string) func() bool {
	return func() bool {
		posts, err := y.Workspace.Channel(workspace.DefaultChannel)
		return err == nil && slices.ContainsFunc(posts.Posts, func(p workspace.Post) bool { return strings.Contains(p.Text, text) })
	}
}

// release reads one until it is as wanted.
func (y *yard) release(id deploy.ReleaseID, what string, is func(deploy.Release) bool) {
	y.t.Helper()
	y.await(string(id)+" "+what, func() bool {
		ctx, cancel := context.WithTimeout(y.t.Context(), patience)
		defer cancel()
		r, err := y.store.Get(ctx, id)
		return err == nil && is(r)
	})
}

// moves are the calls that asked for a share of traffic, in order.
func (y *yard) moves(service string) (asked []string) {
	for _, c := range y.CloudRun.Calls() {
		if c.Method == "UpdateService" && c.Service == service && c.Traffic != "" {
			asked = append(asked, c.Traffic)
		}
	}
	return asked
}

// env is a variable of the environment with which replicas join.
func (y *yard) env(key string) string {
	y.t.Helper()
	for _, e := range y.Environ() {
		if value, ok := strings.CutPrefix(e, key+"="); ok {
			return value
		}
	}
	y.t.Fatalf("there is no %s", key)
	return ""
}
