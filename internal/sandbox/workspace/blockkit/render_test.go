package blockkit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/workspace/blockkit"
)

var names = blockkit.Names{
	User:    func(id string) string { return strings.ToLower(strings.TrimPrefix(id, "U0")) },
	Group:   func(id string) string { return strings.ToLower(strings.TrimPrefix(id, "S0")) },
	Channel: func(id string) string { return strings.ToLower(strings.TrimPrefix(id, "C0")) },
	Zone:    time.FixedZone("CET", 3600),
	Now:     time.Unix(1763647320, 0).Add(90 * time.Second),
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fact, text, want string }{
		{"mentions by name", "<@U0BOB|robert> asks <!subteam^S0ONCALL> in <#C0ONCALL>, <!here>", "@bob asks @oncall in #oncall, @here"},
		{"links by their text", "<https://example.com/r42|release 42> <https://example.com>", "release 42 https://example.com"},
		{"dates on the reader's clock", "<!date^1763647320^{date_num} {time} ({ago})|soon>", "2025-11-20 15:02 (1m30s ago)"},
		{"a bad date falls back", "<!date^x^{time}|14:58>", "14:58"},
		{"emphasis without marks", "*bold* _it_ ~gone~ *a* *b*, (*c*)", "bold it gone a b, (c)"},
		{"marks inside words stay", "snake_case_name 2*3*4 a_b", "snake_case_name 2*3*4 a_b"},
		{"code is verbatim", "`*x*` and ```\na_b\n*c*\n```", "*x* and a_b\n*c*"},
		{"entities", "a &amp; b &lt;c&gt;", "a & b <c>"},
		{"escaped sequences are text", "&lt;!channel&gt;", "<!channel>"},
		{"known emoji", ":white_check_mark: :unheard_of:", "✅ :unheard_of:"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			if got := names.Markup(c.text); got != c.want {
				t.Errorf("Markup(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
}

const release = `[
 {"type":"header","text":{"type":"plain_text","text":"coditect-app → v1.2.4"}},
 {"type":"section","text":{"type":"mrkdwn","text":"*10 %* of traffic\nby <@U0ALICE>"},"accessory":{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"x"},"value":"x"}]}},
 {"type":"section","fields":[{"type":"mrkdwn","text":"*Errors* 2"},{"type":"plain_text","text":"p99 412 ms"},{"type":"mrkdwn","text":"x"}]},
 {"type":"plan","title":"Phases","tasks":[
  {"type":"task_card","task_id":"1","title":"Backup","status":"complete","output":{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"2.1 GB by "},{"type":"user","user_id":"U0BOB"}]}]}},
  {"type":"task_card","task_id":"2","title":"Traffic","status":"in_progress","sources":[{"type":"url","url":"https://example.com","text":"console"}]},
  {"type":"task_card","task_id":"3","title":"Health","status":"error"},
  {"type":"task_card","task_id":"4","title":"Observe"}]},
 {"type":"divider"},
 {"type":"context","elements":[{"type":"mrkdwn","text":"r42"},{"type":"image","image_url":"https://example.com/x","alt_text":"chart"}]},
 {"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]},{"type":"rich_text_section","elements":[{"type":"usergroup","usergroup_id":"S0ONCALL"}]}]},{"type":"rich_text_quote","elements":[{"type":"text","text":"said"}]}]},
 {"type":"table","rows":[[{"type":"raw_text","text":"who"},{"type":"raw_text","text":"n"}],[{"type":"raw_text","text":"canary"},{"type":"raw_number","value":7}]]},
 {"type":"markdown","text":"**loud** text"},
 {"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Hold"}},{"type":"static_select","placeholder":{"type":"plain_text","text":"Version"},"options":[]}]}
]`

func TestRenderShowsWhatAPersonSees(t *testing.T) {
	t.Parallel()
	want := `coditect-app → v1.2.4
10 % of traffic
by @alice  [ ⋮ ]
Errors 2    p99 412 ms
x
Phases
  ✓ Backup
      2.1 GB by @bob
  ● Traffic
      ↗ console
  ✗ Health
  ○ Observe
────────────────────────────────────────
r42  [image: chart]
1. one
2. @oncall
▎ said
who     n
canary  7
loud text
[ Hold ] [ Version ▾ ]`
	lines, ok := blockkit.Render(decode(t, release), names)
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); !ok || diff != "" {
		t.Errorf("rendered, %v (-want +got):\n%s", ok, diff)
	}
	if _, ok := blockkit.Render(decode(t, `[{"type":"hologram"}]`), names); ok {
		t.Error("an unknown block was rendered")
	}
}

func TestMentionsAreFoundWhereverTheyNotify(t *testing.T) {
	t.Parallel()
	want := []blockkit.Mention{{Kind: "user", ID: "U0ALICE"}, {Kind: "user", ID: "U0BOB"}, {Kind: "usergroup", ID: "S0ONCALL"}}
	if diff := cmp.Diff(want, blockkit.Mentions(decode(t, release))); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	if got := blockkit.MentionsIn("&lt;!channel&gt; <https://example.com|@bob>"); len(got) != 0 {
		t.Errorf("escaped text mentions %v", got)
	}
}

func TestCompleteFillsInWhatSlackFillsIn(t *testing.T) {
	t.Parallel()
	blocks := decode(t, `[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Go"}}]},{"type":"section","block_id":"mine","text":{"type":"mrkdwn","text":"x"}}]`)
	blockkit.Complete(blocks, func() string { return "new" })
	want := decode(t, `[{"type":"actions","block_id":"new","elements":[{"type":"button","action_id":"new","text":{"type":"plain_text","text":"Go","emoji":true}}]},{"type":"section","block_id":"mine","text":{"type":"mrkdwn","text":"x","verbatim":false}}]`)
	if diff := cmp.Diff(want, blocks); diff != "" {
		t.Errorf("completed (-want +got):\n%s", diff)
	}
}
