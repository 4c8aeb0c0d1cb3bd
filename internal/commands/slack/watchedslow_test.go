package slack_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

func TestWhatTakesMuchLongerThanUsualIsFlagged(t *testing.T) {
	t.Parallel()
	u := history(map[deploy.StepName]time.Duration{"deploy/revision": 12 * time.Second, "preflight/image": 2 * time.Second})
	parent := func(p *play, u deploy.Usual) string {
		return seenBy(t, slack.DrawParentBy(p.release, p.now, false, u))
	}
	p := start(t, newRelease(t, nil)).until("deploy/revision").after(20 * time.Second)
	if text := parent(p, u); strings.Contains(text, "slow") {
		t.Errorf("20 s instead of 12 s are nothing to speak of:\n%s", text)
	}
	p.after(20 * time.Second)
	if text := parent(p, u); !strings.Contains(text, "● Deploy · 40 s · slow, usually 12 s") {
		t.Errorf("40 s instead of 12 s are not flagged:\n%s", text)
	}
	if text := parent(p, nil); strings.Contains(text, "slow") {
		t.Errorf("slow, although nobody knows how long it takes:\n%s", text)
	}
	p.until("health/checks")
	if text := parent(p, u); !strings.Contains(text, "✓ Deploy · 50 s · slow, usually 12 s") {
		t.Errorf("it is forgotten that it was slow:\n%s", text)
	}
	if story := p.story(u); !strings.Contains(story, "✓ New revision without traffic · 50 s · slow, usually 12 s") {
		t.Errorf("the thread does not say so:\n%s", story)
	}
}

func TestTheEndIsEstimatedFromHistory(t *testing.T) {
	t.Parallel()
	p := watch(t, watchedRelease(t, nil), healthy()).until("traffic/10/bake").watching(4 * time.Minute)
	none := seenBy(t, slack.DrawParentBy(p.release, p.now, false, nil))
	known := seenBy(t, slack.DrawParentBy(p.release, p.now, false, slowHistory))
	if !strings.Contains(none, "done about 12:35\n") || !strings.Contains(known, "done about 12:35 (usually 34 min)") {
		t.Errorf("the lag of the metrics is not reckoned with:\n%s\n%s", none, known)
	}
	if !strings.Contains(none, "warm, about 6 s.") || !strings.Contains(known, "warm, about 4 s.") {
		t.Error("the rollback card does not go by history")
	}
}
