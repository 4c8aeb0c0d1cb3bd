//go:build upgrade

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// previous is the bot of an earlier commit, which scripts/upgrade has built, and the newest documents that it reads.
func previous(t *testing.T) (program string, schema int) {
	t.Helper()
	program = os.Getenv("SLIPWAY_PREVIOUS")
	schema, err := strconv.Atoi(os.Getenv("SLIPWAY_PREVIOUS_SCHEMA"))
	if program == "" || err != nil {
		t.Fatal("there is no earlier bot: run `make upgrade`")
	}
	return program, schema
}

// join starts a bot of another version, of which nothing is known but that it connects. It is given a catalog of the
// tested service alone, since it need not know every key that the example's has by now.
func (y *yard) join(program string) *process {
	y.t.Helper()
	before, folder := len(y.connections()), y.t.TempDir()
	text, err := os.ReadFile(filepath.Join(y.env("SLIPWAY_CATALOG"), "app.yaml"))
	if err != nil {
		y.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "app.yaml"), text, 0o600); err != nil {
		y.t.Fatal(err)
	}
	p := startProgram(y.t, program, append(y.Environ(), "SLIPWAY_LISTEN=127.0.0.1:0", "SLIPWAY_CATALOG="+folder), "run")
	y.t.Cleanup(func() {
		p.kill()
		if y.t.Failed() {
			y.t.Logf("the log of %s:\n%s", program, p.output())
		}
	})
	y.await("two more connections", func() bool { return len(y.connections()) == before+2 })
	return p
}

func (y *yard) types(text, answer string) {
	y.t.Helper()
	typed, err := y.Workspace.Type(y.t.Context(), "alice", workspace.DefaultChannel, text)
	if err != nil || typed.Ack != workspace.Acked || !strings.Contains(typed.Text, answer) {
		y.t.Fatalf("%s: alice sees %+v, %v; want %q", text, typed, err, answer)
	}
}

// leaves stops a replica and waits until Slack knows.
func (y *yard) leaves(p *process) {
	y.t.Helper()
	p.stop()
	y.await("no connection", func() bool { return len(y.connections()) == 0 })
}

func (y *yard) finish() {
	y.t.Helper()
	y.clicks("Promote to 50 %")
	y.await("the second question", y.shows("wants 100 %"))
	y.clicks("Promote to 100 %")
	y.await("the end", y.shows("100 % of traffic on v1.2.4"))
}

// whole checks that what two bots did together is what one would have done.
func (y *yard) whole(state deploy.State, share int) {
	y.t.Helper()
	y.release("app-1", "ends", func(r deploy.Release) bool { return r.State == state && r.Facts.Share == share })
	ctx, cancel := context.WithTimeout(y.t.Context(), patience)
	defer cancel()
	journal, err := y.store.Journal(ctx, "app-1", 0)
	if err != nil {
		y.t.Fatal(err)
	}
	for i, e := range journal[1:] {
		if rev := journal[i].Rev; e.Rev != rev && e.Rev != rev+1 {
			y.t.Errorf("the journal goes from revision %d to %d", rev, e.Rev)
		}
	}
	asked := y.moves("app")
	if again := slices.Compact(slices.Clone(asked)); len(again) != len(asked) {
		y.t.Errorf("the platform was asked twice for the same: %q", asked)
	}
	posts, err := y.Workspace.Channel(workspace.DefaultChannel)
	if err != nil {
		y.t.Fatal(err)
	}
	parents := slices.DeleteFunc(posts.Posts, func(p workspace.Post) bool { return !isParent(p) })
	if len(parents) != 1 {
		y.t.Errorf("%d parent messages", len(parents))
	}
}

// isParent tells the message of a release from all others, such as the incident, which is in the channel as well.
func isParent(p workspace.Post) bool {
	payload, _ := p.Metadata["event_payload"].(map[string]any)
	key, _ := payload["key"].(string)
	return strings.HasPrefix(key, "parent")
}

func TestUpgradeInTheMiddleOfARelease(t *testing.T) {
	t.Parallel()
	program, _ := previous(t)
	y := newYard(t, asksTwice, "app")
	old := y.join(program)
	y.types("/deploy app v1.2.4", "app-1")
	y.await("the first question", y.shows("wants 50 %"))
	y.leaves(old)
	y.run()
	y.finish()
	y.whole(deploy.Succeeded, 100)
}

func TestUpgradeIsUndoneInTheMiddleOfARelease(t *testing.T) {
	t.Parallel()
	program, schema := previous(t)
	y := newYard(t, asksTwice, "app")
	now, _ := y.run()
	y.types("/deploy app v1.2.4", "app-1")
	y.await("the first question", y.shows("wants 50 %"))
	y.leaves(now.process)
	old := y.join(program)
	if schema < deploy.SchemaVersion {
		// It may not touch what it cannot read. The newer one comes back and goes on.
		if _, err := y.Workspace.Click(t.Context(), "bob", "Promote to 50 %", nil); err != nil {
			t.Fatal(err)
		}
		y.leaves(old)
		y.run()
	}
	y.finish()
	y.whole(deploy.Succeeded, 100)
}

func TestUpgradeWithBothVersionsAtWork(t *testing.T) {
	t.Parallel()
	program, schema := previous(t)
	y := newYard(t, asksTwice, "app")
	y.join(program)
	if schema < deploy.SchemaVersion {
		y.types("/deploy app v1.2.4", "app-1") // by the older one: the newer one's it could not carry on
	}
	y.run()
	if schema == deploy.SchemaVersion {
		y.types("/deploy app v1.2.4", "app-1")
	}
	y.await("the first question", y.shows("wants 50 %"))
	y.finish()
	y.whole(deploy.Succeeded, 100)
}

func TestUpgradeThenRollBack(t *testing.T) {
	t.Parallel()
	program, _ := previous(t)
	y := newYard(t, asksTwice, "app")
	old := y.join(program)
	y.types("/deploy app v1.2.4", "app-1")
	y.await("the first question", y.shows("wants 50 %"))
	y.leaves(old)
	y.run()
	y.types("/rollback app --reason upgrade", "Rolling back")
	y.await("the end", y.shows("Rolled back app/production"))
	y.whole(deploy.RolledBack, 0)
	closure, err := y.store.Closure(t.Context(), deploy.Target{Service: "app", Environment: "production"})
	if err != nil || closure.Lock == nil || closure.Lock.Release != "app-1" {
		t.Errorf("a rollback of what the older one had begun leaves %+v, %v; want a lock of app-1", closure, err)
	}
}
