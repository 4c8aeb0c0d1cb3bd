package slack_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

func calls(w *workspace.Workspace, method string) int {
	n := 0
	for _, c := range w.Calls() {
		if c.Method == method {
			n++
		}
	}
	return n
}

func TestPeopleAreWhoSlackSaysTheyAre(t *testing.T) {
	t.Parallel()
	_, c := open(t, nil, nil)
	d := slack.NewDirectory(c)
	want := map[deploy.UserID]commands.Person{
		"U0ALICE":           {ID: "U0ALICE", Team: workspace.TeamID, Name: "alice"},
		"U0MALLORY":         {ID: "U0MALLORY", Team: workspace.TeamID, Name: "mallory", Guest: true},
		"U0ERIN":            {ID: "U0ERIN", Team: "T0OTHER", Name: "erin"},
		workspace.BotUserID: {ID: workspace.BotUserID, Team: workspace.TeamID, Name: "slipway", Bot: true},
	}
	for id, p := range want {
		got, err := d.Person(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := d.Person(t.Context(), "U0NOBODY"); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("an unknown user: %v", err)
	}
}

func TestGroupsAreFoundByIdAndHandle(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	d := slack.NewDirectory(c)
	for _, p := range []deploy.Principal{"S0PLATFORM", "@platform", "platform", "@Platform"} {
		got, err := d.Members(t.Context(), p)
		if diff := cmp.Diff([]deploy.UserID{"U0ALICE", "U0BOB"}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", p, err, diff)
		}
	}
	if got, err := d.Members(t.Context(), "U0CAROL"); err != nil || len(got) != 1 || got[0] != "U0CAROL" {
		t.Errorf("a user is not a group of one: %v %v", got, err)
	}
	if _, err := d.Members(t.Context(), "@nobody"); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("an unknown handle: %v", err)
	}
	if err := w.SetGroup("oncall"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Members(t.Context(), "@oncall"); err != nil || len(got) != 0 {
		t.Errorf("an empty group is nobody, not %v, %v", got, err)
	}
	for p, want := range map[deploy.Principal]string{"@oncall": "<!subteam^S0ONCALL>", "U0BOB": "<@U0BOB>", "@no<body": "@no&lt;body", "": ""} {
		if got := d.Mention(t.Context(), p); got != want {
			t.Errorf("%q is mentioned as %q, want %q", p, got, want)
		}
	}
}

func TestAnAnswerIsBelievedForAMinuteAndNoLonger(t *testing.T) {
	t.Parallel()
	clock := newManual()
	w, c := open(t, nil, &slack.Options{Clock: clock})
	d := slack.NewDirectory(c)
	ask := func() ([]deploy.UserID, error) { return d.Members(t.Context(), "S0ONCALL") }
	if _, err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := w.SetGroup("oncall", "carol"); err != nil {
		t.Fatal(err)
	}
	clock.pass(59 * time.Second)
	if got, err := ask(); err != nil || got[0] != "U0BOB" || calls(w, "usergroups.users.list") != 1 {
		t.Errorf("after 59 s: %v %v", got, err)
	}
	w.Down(true)
	clock.pass(2 * time.Second)
	if got, err := ask(); deploy.CodeOf(err) != deploy.Unavailable || got != nil {
		t.Errorf("Slack is down and the minute is over, yet %v, %v", got, err)
	}
	w.Down(false)
	if got, err := ask(); err != nil || got[0] != "U0CAROL" {
		t.Errorf("Slack is back: %v %v", got, err)
	}
}

func TestAChangedGroupCountsAtOnce(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	d := slack.NewDirectory(c)
	if _, err := d.Members(t.Context(), "@oncall"); err != nil {
		t.Fatal(err)
	}
	if err := w.SetGroup("oncall", "carol"); err != nil {
		t.Fatal(err)
	}
	d.Forget("S0ONCALL")
	if got, err := d.Members(t.Context(), "@oncall"); err != nil || got[0] != "U0CAROL" {
		t.Errorf("after the change: %v %v", got, err)
	}
}

func TestManyAskersMakeOneQuestion(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	w.SetFault("users.info", workspace.Fault{Delay: 50 * time.Millisecond})
	d := slack.NewDirectory(c)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := d.Person(t.Context(), "U0ALICE"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := calls(w, "users.info"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestWhatIsInUseIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	clock := newManual()
	w, c := open(t, nil, &slack.Options{Clock: clock})
	d := slack.NewDirectory(c)
	person := func() {
		t.Helper()
		if _, err := d.Person(t.Context(), "U0ALICE"); err != nil {
			t.Fatal(err)
		}
	}
	person()
	clock.pass(45 * time.Second)
	d.Renew(t.Context())
	clock.pass(45 * time.Second)
	person()
	if n := calls(w, "users.info"); n != 2 {
		t.Errorf("%d calls, want the first and the renewal", n)
	}
	clock.pass(time.Hour)
	d.Renew(t.Context())
	if n := calls(w, "users.info"); n != 2 {
		t.Errorf("%d calls: what nobody wanted for an hour was renewed", n)
	}
}

func TestTheCatalogsPeopleAreKnownBeforeTheySpeak(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	d := slack.NewDirectory(c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, []deploy.Principal{"@nobody", "@oncall", "U0ALICE"}) }()
	eventually(t, w, "the warm-up", func() bool { return calls(w, "users.info") == 2 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	before := len(w.Calls())
	if _, err := d.Members(t.Context(), "@oncall"); err != nil {
		t.Error(err)
	}
	if _, err := d.Person(t.Context(), "U0BOB"); err != nil {
		t.Error(err)
	}
	if n := len(w.Calls()) - before; n != 0 {
		t.Errorf("%d calls although everybody was known", n)
	}
}
