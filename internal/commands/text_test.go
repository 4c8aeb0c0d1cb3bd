package commands_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestTextAsPlainWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 15, 4, 0, 0, time.FixedZone("CET", 3600))
	got := commands.Text{}.Line().Strong("a").Plain(" by ").User("U1").Plain(" and ").User(deploy.Slipway).Line().
		Group("@oncall").Plain(" ").Group("S1").Plain(" at ").Clock(at).Plainf(", %d %%: ", 50).Code("/deploy").String()
	if d := cmp.Diff("a by @U1 and Slipway\n@oncall @S1 at 2026-03-02 14:04 UTC, 50 %: /deploy", got); d != "" {
		t.Error(d)
	}
}

func TestTextIsNotChangedByLongerOnes(t *testing.T) {
	t.Parallel()
	start := commands.Text{}.Plain("a").Plain("b").Plain("c")
	one, other := start.Plain("1"), start.Plain("2")
	if got := start.String() + " " + one.String() + " " + other.String(); got != "abc abc1 abc2" {
		t.Errorf("got %q", got)
	}
}
