package commands_test

import (
	"errors"
	"testing"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestOnlyMembersOfTheWorkspaceAreHeard(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by   deploy.UserID
		team string
		says string
	}{
		"a guest":                           {"UGUEST", team, "You are a guest of this workspace, and guests may not use Slipway."},
		"a bot":                             {"UBOT", team, "Slipway takes no commands from bots"},
		"a deactivated account":             {"UGONE", team, "This account is deactivated"},
		"an outsider by the envelope":       {"UALICE", "T2", "this account belongs to another"},
		"an outsider by the directory":      {"UOUT", team, "your account belongs to another"},
		"somebody nobody knows":             {"UNOBODY", team, "Slack knows no such member"},
		"nobody":                            {"", team, "Only people of the workspace"},
		"a workspace that is not named":     {"UALICE", "", "Only people of the workspace"},
		"a user id that is another's by id": {"UCHANGED", team, "your account belongs to another"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.people.people["UCHANGED"] = commands.Person{ID: "UALICE", Team: team}
			w.says("UALICE", "/deploy coditect-app v1.2.4")
			for _, text := range []string{"coditect-app v9 staging", "help", "nonsense"} {
				q := commands.Request{Event: w.event(), By: tc.by, Team: tc.team, Command: "/deploy", Text: text}
				has(t, w.handler.Command(t.Context(), q).Text.String(), tc.says, "Ask a member of this workspace")
			}
			p := commands.Press{Event: w.event(), By: tc.by, Team: tc.team, Action: commands.RollBack, Release: "coditect-app-1"}
			has(t, w.handler.Press(t.Context(), p).Text.String(), tc.says)
			if got := w.inbox("coditect-app-1"); len(got) != 0 {
				t.Errorf("stored: %v", got)
			}
		})
	}
}

func TestAHandlerWithoutATeamHearsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := commands.New(w.store, w.catalog, w.people, nil)
	has(t, h.Command(t.Context(), commands.Request{By: "UALICE", Command: "/deploy", Text: "status"}).Text.String(), "Only people of the workspace")
}

func TestWithoutSlackNobodyIsTrusted(t *testing.T) {
	t.Parallel()
	slackIsGone := errors.New("connection refused")
	t.Run("who it is", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.people.person = slackIsGone
		has(t, w.says("UALICE", "/deploy coditect-app v1.2.4"),
			"I cannot find out who you are: Slack does not answer.", "nothing was stored, nothing was started. Try again in a minute.")
		if len(w.reported) != 1 || !errors.Is(w.reported[0], slackIsGone) {
			t.Errorf("reported: %v", w.reported)
		}
	})
	t.Run("who is in a group", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.people.group = slackIsGone
		has(t, w.says("UERIN", "/deploy coditect-app v1.2.4"), "I cannot find out who is in @platform: Slack does not answer.",
			"nothing was stored, nothing was started. Try again in a minute. Why: deployments/catalog/coditect-app.yaml:31")
	})
	t.Run("but whoever is named by id needs no group", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.people.group = slackIsGone
		has(t, w.says("UALICE", "/deploy coditect-app v1.2.4"), "coditect-app-1 brings")
	})
	t.Run("a group that does not exist", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		delete(w.people.groups, "@platform")
		has(t, w.says("UERIN", "/deploy coditect-app v1.2.4"),
			"I cannot find out who is in @platform: Slack has no such group. Nothing was started. Ask for the catalog to be corrected. Why: deployments/catalog/coditect-app.yaml:31")
	})
}
