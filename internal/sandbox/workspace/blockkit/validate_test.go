package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/workspace/blockkit"
)

func decode(t *testing.T, text string) []any {
	t.Helper()
	var blocks []any
	if err := json.Unmarshal([]byte(text), &blocks); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return blocks
}

func times(n int, one string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + "]"
}

func long(n int) string { return strings.Repeat("é", n) }

func section(text string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
}

func actions(elements ...string) string {
	return `[{"type":"actions","block_id":"b","elements":[` + strings.Join(elements, ",") + `]}]`
}

func press(rest string) string {
	return `{"type":"button","text":{"type":"plain_text","text":"Go"}` + rest + `}`
}

func TestValidate(t *testing.T) {
	t.Parallel()
	task := `{"type":"task_card","task_id":"1","title":"Backup"`
	table := `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`
	for _, c := range []struct {
		fact    string
		blocks  string
		surface blockkit.Surface
		want    []string // nil: Slack takes it
	}{
		{"50 blocks are taken", times(50, `{"type":"divider"}`), blockkit.Message, nil},
		{"51 are not", times(51, `{"type":"divider"}`), blockkit.Message, []string{"no more than 50 items allowed [json-pointer:/blocks]"}},
		{"100 are taken in a modal", times(100, `{"type":"divider"}`), blockkit.Modal, nil},
		{"an unknown block", `[{"type":"hologram"}]`, blockkit.Message, []string{"unsupported type: hologram [json-pointer:/blocks/0/type]"}},
		{"an unknown property", `[{"type":"divider","colour":"red"}]`, blockkit.Message, []string{"invalid additional property: colour [json-pointer:/blocks/0]"}},
		{"a block that is no object", `["x"]`, blockkit.Message, []string{"must provide an object [json-pointer:/blocks/0]"}},
		{"one block_id twice", `[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, blockkit.Message, []string{"block_id `a` already exists [json-pointer:/blocks/1/block_id]"}},

		{"3000 characters in a section are taken", "[" + section(long(3000)) + "]", blockkit.Message, nil},
		{"3001 are not", "[" + section(long(3001)) + "]", blockkit.Message, []string{"must be less than 3001 characters [json-pointer:/blocks/0/text/text]"}},
		{"none are not", "[" + section("") + "]", blockkit.Message, []string{"must be more than 0 characters [json-pointer:/blocks/0/text/text]"}},
		{"a section of nothing", `[{"type":"section"}]`, blockkit.Message, []string{"missing required field: text [json-pointer:/blocks/0]"}},
		{"11 fields", `[{"type":"section","fields":` + times(11, `{"type":"mrkdwn","text":"x"}`) + `}]`, blockkit.Message, []string{"no more than 10 items allowed [json-pointer:/blocks/0/fields]"}},
		{"2001 characters in a field", `[{"type":"section","fields":[{"type":"mrkdwn","text":"` + long(2001) + `"}]}]`, blockkit.Message, []string{"must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"}},
		{"151 characters in a header", `[{"type":"header","text":{"type":"plain_text","text":"` + long(151) + `"}}]`, blockkit.Message, []string{"must be less than 151 characters [json-pointer:/blocks/0/text/text]"}},
		{"mrkdwn in a header", `[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, blockkit.Message, []string{"unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"}},
		{"11 elements in a context", `[{"type":"context","elements":` + times(11, `{"type":"mrkdwn","text":"x"}`) + `}]`, blockkit.Message, []string{"no more than 10 items allowed [json-pointer:/blocks/0/elements]"}},
		{"an image without alt_text", `[{"type":"image","image_url":"https://example.com/x.png"}]`, blockkit.Message, []string{"missing required field: alt_text [json-pointer:/blocks/0]"}},

		{"26 buttons", `[{"type":"actions","elements":` + times(26, press("")) + `}]`, blockkit.Message, []string{"no more than 25 items allowed [json-pointer:/blocks/0/elements]"}},
		{"76 characters on a button", actions(`{"type":"button","text":{"type":"plain_text","text":"` + long(76) + `"}}`), blockkit.Message, []string{"must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"}},
		{"2001 characters of value", actions(press(`,"value":"` + long(2001) + `"`)), blockkit.Message, []string{"must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"}},
		{"256 characters of action_id", actions(press(`,"action_id":"` + long(256) + `"`)), blockkit.Message, []string{"must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"}},
		{"one action_id twice in a block", actions(press(`,"action_id":"a"`), press(`,"action_id":"a"`)), blockkit.Message, []string{"action_id `a` already exists for block_id `b` [json-pointer:/blocks/0/elements/1/action_id]"}},
		{"a style that does not exist", actions(press(`,"style":"default"`)), blockkit.Message, []string{"must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]"}},
		{"a confirm dialog without text", actions(press(`,"confirm":{"title":{"type":"plain_text","text":"x"},"confirm":{"type":"plain_text","text":"y"},"deny":{"type":"plain_text","text":"` + long(31) + `"}}`)), blockkit.Message, []string{
			"missing required field: text [json-pointer:/blocks/0/elements/0/confirm]", "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]"}},
		{"a text input among buttons", actions(`{"type":"plain_text_input"}`), blockkit.Message, []string{"unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"}},
		{"101 options", actions(`{"type":"static_select","options":` + times(101, `{"text":{"type":"plain_text","text":"x"},"value":"x"}`) + `}`), blockkit.Message, []string{"no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"}},

		{"a plan of tasks is taken", `[{"type":"plan","title":"x","tasks":[` + task + `,"status":"complete"}]}]`, blockkit.Message, nil},
		{"the status completed is refused", `[{"type":"plan","title":"x","tasks":[` + task + `,"status":"completed"}]}]`, blockkit.Message, []string{"must be a valid enum value: pending, in_progress, complete, error [json-pointer:/blocks/0/tasks/0/status]"}},
		{"a plan beside a task card", `[{"type":"plan","title":"x"},` + task + `}]`, blockkit.Message, []string{"plan and task_card blocks cannot be in the same message [json-pointer:/blocks]"}},
		{"task details of an unknown element", `[` + task + `,"details":{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"blink"}]}]}}]`, blockkit.Message, []string{"unsupported type: blink [json-pointer:/blocks/0/details/elements/0/elements/0/type]"}},
		{"a plan in a modal", `[{"type":"plan","title":"x"}]`, blockkit.Modal, []string{"unsupported type: plan [json-pointer:/blocks/0/type]"}},
		{"an alert in a message", `[{"type":"alert","text":{"type":"mrkdwn","text":"x"}}]`, blockkit.Message, []string{"unsupported type: alert [json-pointer:/blocks/0/type]"}},
		{"an alert in a modal", `[{"type":"alert","text":{"type":"mrkdwn","text":"x"}}]`, blockkit.Modal, nil},
		{"two tables", "[" + table + "," + table + "]", blockkit.Message, []string{"only_one_table_allowed [json-pointer:/blocks/1]"}},
		{"21 columns", `[{"type":"table","rows":[` + times(21, `{"type":"raw_text","text":"a"}`) + `]}]`, blockkit.Message, []string{"no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"}},
		{"12,001 characters of markdown in two blocks", fmt.Sprintf(`[{"type":"markdown","text":%q},{"type":"markdown","text":"x"}]`, long(12000)), blockkit.Message, []string{"markdown text must be less than 12001 characters in all blocks [json-pointer:/blocks]"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range blockkit.Validate(decode(t, c.blocks), c.surface, "/blocks") {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateView(t *testing.T) {
	t.Parallel()
	const input = `{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input"}}`
	for _, c := range []struct{ fact, view, want string }{
		{"a modal is taken", `{"type":"modal","title":{"type":"plain_text","text":"x"},"submit":{"type":"plain_text","text":"Go"},"blocks":[` + input + `]}`, ""},
		{"inputs need a submit button", `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[` + input + `]}`, "missing required field: submit [json-pointer:/view]"},
		{"a title has 24 characters", `{"type":"modal","title":{"type":"plain_text","text":"` + long(25) + `"},"blocks":[{"type":"divider"}]}`, "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"private metadata has 3000", `{"type":"home","private_metadata":"` + long(3001) + `","blocks":[{"type":"divider"}]}`, "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"blocks are judged too", `{"type":"home","blocks":[{"type":"hologram"}]}`, "unsupported type: hologram [json-pointer:/view/blocks/0/type]"},
		{"a view is a modal or a home", `{"type":"window"}`, "unsupported type: window [json-pointer:/view/type]"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			var view map[string]any
			if err := json.Unmarshal([]byte(c.view), &view); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, p := range blockkit.ValidateView(view) {
				got += p.String()
			}
			if got != c.want {
				t.Errorf("problems = %q, want %q", got, c.want)
			}
		})
	}
}
