package slack_test

import (
	"strings"
	"testing"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

const passed = "2 of 2 smoke checks passed\n✓ API endpoint  1 call, 12 ms\n✓ Authentication  1 call, 30 ms"

// checking is a release that has come to its smoke checks.
func checking(t *testing.T) *play {
	return start(t, newRelease(t, func(a *deploy.Ask) {
		a.Spec.Checks = []deploy.Check{{Name: "API endpoint", Stage: deploy.Smoke}, {Name: "Authentication", Stage: deploy.Smoke}, {Name: "Users", Stage: deploy.Functional}}
	})).until("health/smoke")
}

func TestChecksHaveOneLineInTheMessageAndOneEachInTheThread(t *testing.T) {
	t.Parallel()
	p := checking(t)
	r, entries := deploy.Conclude(p.release, "health/smoke", deploy.Outcome{Facts: p.release.Facts, Note: passed}, nil, p.now)
	entry, ok := slack.DrawEntry(r, entries[0])
	if want := "✓ *Smoke checks*"; !ok || !strings.HasPrefix(entry.Text(), want) ||
		!strings.HasSuffix(entry.Text(), "\n> 2 of 2 smoke checks passed\n> ✓ API endpoint  1 call, 12 ms\n> ✓ Authentication  1 call, 30 ms") {
		t.Errorf("the thread says %q", entry.Text())
	}
	parent, err := slack.DrawParent(r, p.now, true).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(parent); !strings.Contains(text, "; 2 of 2 smoke checks passed") || strings.Contains(text, "API endpoint") {
		t.Errorf("the message of the release says:\n%s", text)
	}
}

func TestWhatIsDoneWhileChecksAreTold(t *testing.T) {
	t.Parallel()
	p := checking(t)
	silence := &deploy.Error{Code: deploy.Unavailable, Msg: "1 of 2 smoke checks without an answer: API endpoint\n✗ API endpoint: GET /: no answer"}
	r, _ := deploy.Conclude(p.release, "health/smoke", deploy.Outcome{}, silence, p.now)
	r, _ = deploy.Conclude(r, "health/smoke", deploy.Outcome{}, silence, p.now)
	parent, err := slack.DrawParent(r, p.now, true).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"running the smoke checks", "attempt 2: 1 of 2 smoke checks without an answer: API endpoint"} {
		if !strings.Contains(string(parent), words) {
			t.Errorf("the message of the release does not say %q:\n%s", words, parent)
		}
	}
	if strings.Contains(string(parent), "no answer") {
		t.Errorf("the message of the release has the lines of the thread:\n%s", parent)
	}
}
