package slack_test

import (
	"strings"
	"testing"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

func TestARollbackThatTakesTwoIsAskedForOnceAndStamped(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(across).until("rollback/agree")
	s.announce("one", nil)
	s.announce("two", nil)
	asks := func() (posts []workspace.Post) {
		for _, post := range s.thread() {
			if strings.Contains(post.Text, "which may not work with the schema") {
				posts = append(posts, post)
			}
		}
		return posts
	}
	eventually(t, s.w, "the question", func() bool { return len(asks()) == 1 && len(asks()[0].Buttons) == 2 })
	p.say(deploy.SignalPromote, "U0ALICE", "")
	eventually(t, s.w, "the requester is refused", s.threadHas("it takes two people"))
	p.say(deploy.SignalPromote, "U0BOB", "").until("rollback/verify")
	eventually(t, s.w, "the stamp", func() bool { return strings.Contains(asks()[0].Text, "✓ Rollback approved by <@U0BOB>") })
	eventually(t, s.w, "it goes back", func() bool {
		return strings.Contains(s.parents()[0].Text, "✓ 100 % back") || strings.Contains(s.parents()[0].Text, "100 % on v1.2.3")
	})
	p.until("")
	s.settled(p)
	if posts := asks(); len(posts) != 1 || len(posts[0].Buttons) != 0 || posts[0].Broadcast == "" {
		t.Errorf("questions %+v", posts)
	}
	if s.threadHas("Slipway asks for the rollback")() {
		t.Error("that people are asked is told beside the question")
	}
}

func TestARestoreIsToldToItsEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(inPlace).until("restore/agree")
	s.announce("one", nil)
	eventually(t, s.w, "the question", s.threadHas("everything written since 11:23:00 UTC, 37 min ago, is lost"))
	p.say(deploy.SignalPromote, "U0BOB", "").until("")
	eventually(t, s.w, "the stamp", s.threadHas("✓ Restore approved by <@U0BOB>"))
	eventually(t, s.w, "the end", func() bool { return strings.Contains(s.parents()[0].Text, "✓ Restored: "+instance) })
	s.settled(p)
	if _, ok := slack.DrawStamp(p.release, "restore/agree", ""); !ok || len(s.parents()) != 1 {
		t.Errorf("%d messages of the release", len(s.parents()))
	}
}
