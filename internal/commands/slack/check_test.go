package slack_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

func TestTheManifestAsksForExactlyTheScopesThatAreUsed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../deployments/slack/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		OAuth struct {
			Scopes struct {
				Bot []string `yaml:"bot"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	var required []string
	for _, s := range slack.RequiredScopes() {
		required = append(required, s.Name)
	}
	slices.Sort(required)
	slices.Sort(manifest.OAuth.Scopes.Bot)
	if diff := cmp.Diff(required, manifest.OAuth.Scopes.Bot); diff != "" {
		t.Errorf("-used +manifest\n%s", diff)
	}
}

func TestCheckNamesEachProblemWithARemedy(t *testing.T) {
	t.Parallel()
	needs := slack.Needs{Channels: []string{"#devops-oncall"}, Groups: []deploy.Principal{"@oncall", "S0PLATFORM", "U0ALICE"}}
	cases := map[string]struct {
		change func(*workspace.Options)
		fault  func(*workspace.Workspace)
		needs  slack.Needs
		want   []string // part of each problem
	}{
		"nothing to say of a good set-up": {needs: needs},
		"a scope is missing": {needs: needs, want: []string{"lacks the scope groups:history"},
			change: func(o *workspace.Options) {
				o.Scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "groups:history" })
			}},
		"the bot is not in the channel": {needs: slack.Needs{Channels: []string{"#general"}}, want: []string{"not in the channel #general"}},
		"there is no such channel":      {needs: slack.Needs{Channels: []string{"#nowhere"}}, want: []string{"the bot sees no channel #nowhere"}},
		"there is no such group":        {needs: slack.Needs{Groups: []deploy.Principal{"@nobody"}}, want: []string{"no user group @nobody"}},
		"a group is empty": {needs: needs, want: []string{"nobody is in the user group @oncall"},
			fault: func(w *workspace.Workspace) { _ = w.SetGroup("oncall") }},
		"the bot token is wrong": {needs: needs, want: []string{"SLACK_BOT_TOKEN: Slack refuses the bot: invalid_auth"},
			fault: func(w *workspace.Workspace) { w.SetFault("auth.test", workspace.Fault{Error: "invalid_auth"}) }},
		"the app token is wrong": {needs: needs, want: []string{"SLACK_APP_TOKEN: Slack refuses the bot: not_allowed_token_type"},
			fault: func(w *workspace.Workspace) {
				w.SetFault("apps.connections.open", workspace.Fault{Error: "not_allowed_token_type"})
			}},
		"Slack cannot be reached": {needs: needs, want: []string{"SLACK_BOT_TOKEN: Slack did not answer", "SLACK_APP_TOKEN: Slack did not answer"},
			fault: func(w *workspace.Workspace) { w.Down(true) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, client := open(t, c.change, nil)
			if c.fault != nil {
				c.fault(w)
			}
			problems := client.Check(t.Context(), c.needs)
			if len(problems) != len(c.want) {
				t.Fatalf("problems: %+v", problems)
			}
			for i, p := range problems {
				if !strings.Contains(p.What, c.want[i]) || p.Remedy == "" {
					t.Errorf("%+v, want %q and a remedy", p, c.want[i])
				}
			}
		})
	}
}
