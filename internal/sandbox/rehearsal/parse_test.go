package rehearsal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/sandbox/rehearsal"
)

func TestLines(t *testing.T) {
	t.Parallel()
	const usual = 10 * time.Second
	cases := map[string]rehearsal.Line{
		`alice> /deploy coditect-app v1.2.4 --reason "a: b"`: {Do: rehearsal.Type, Who: "alice", Text: `/deploy coditect-app v1.2.4 --reason "a: b"`},
		`alice>good morning`:                                   {Do: rehearsal.Type, Who: "alice", Text: "good morning"},
		`alice> bob sees: nothing`:                             {Do: rehearsal.Type, Who: "alice", Text: "bob sees: nothing"},
		`bob> click  Promote to 50 % `:                         {Do: rehearsal.Click, Who: "bob", Text: "Promote to 50 %"},
		`bob> click again Promote to 50 %`:                     {Do: rehearsal.Again, Who: "bob", Text: "Promote to 50 %"},
		`bob> fill in Item: HTTPS enforced; Reason: "a; b: c"`: {Do: rehearsal.Fill, Who: "bob", Values: map[string]string{"Item": "HTTPS enforced", "Reason": "a; b: c"}},
		`bob> fill in  Security : a, b ;`:                      {Do: rehearsal.Fill, Who: "bob", Values: map[string]string{"Security": "a, b"}},
		`bob> filling in for carol`:                            {Do: rehearsal.Type, Who: "bob", Text: "filling in for carol"},
		`bob> fill inside`:                                     {Do: rehearsal.Type, Who: "bob", Text: "fill inside"},
		`bob sees: Already at 50 %`:                            {Do: rehearsal.Sees, Who: "bob", Text: "Already at 50 %", Within: usual},
		`bob sees within 3s: Already: at 50 %`:                 {Do: rehearsal.Sees, Who: "bob", Text: "Already: at 50 %", Within: 3 * time.Second},
		`channel shows within 1m30s: 100 %`:                    {Do: rehearsal.Shows, Who: "channel", Text: "100 %", Within: 90 * time.Second},
		`thread shows: /health 200`:                            {Do: rehearsal.Thread, Who: "thread", Text: "/health 200", Within: usual},
		`channel hides: Rolled back`:                           {Do: rehearsal.Hides, Who: "channel", Text: "Rolled back"},
		`channel hides within 5s: baking`:                      {Do: rehearsal.Hides, Who: "channel", Text: "baking", Within: 5 * time.Second},
		`calls show: UpdateService`:                            {Do: rehearsal.Calls, Text: "UpdateService", Count: -1, Within: usual},
		`calls show 0 times: UpdateService`:                    {Do: rehearsal.Calls, Text: "UpdateService", Within: usual},
		`calls show 2 times within 1s: /mask\[a\].*/`:          {Do: rehearsal.Calls, Text: `/mask\[a\].*/`, Count: 2, Within: time.Second},
		`fault cloudrun refuse UpdateService times=2`:          {Do: rehearsal.Fault, Text: "cloudrun refuse UpdateService times=2"},
		`fault off`:   {Do: rehearsal.Mend},
		`in #general`: {Do: rehearsal.Channel, Text: "general"},
		`elapse 2s`:   {Do: rehearsal.Elapse, Within: 2 * time.Second},
	}
	for text, want := range cases {
		script, err := rehearsal.Parse("x.txt", strings.NewReader("# first\n\n  "+text+"  \nchannel shows: it\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want.Number, want.Source = 3, strings.TrimSpace(text)
		if diff := cmp.Diff(want, script.Lines[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestLinesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"deploy coditect-app":                      `not understood: "deploy coditect-app"; lines begin with a person and >`,
		"alice>":                                   "not understood",
		"alice> click":                             "which button",
		"alice> click again":                       "which button",
		"bob> fill in":                             "fill in what?",
		"bob> fill in ;":                           "fill in what?",
		"bob> fill in Reason":                      `"Reason" is not understood; write LABEL: VALUE`,
		"bob> fill in : x":                         `": x" is not understood`,
		`bob> fill in Reason: ""`:                  `is not understood`,
		"bob> fill in Security: a; Security: b":    "Security is filled in twice",
		"alice shouts: hello":                      "not understood",
		"alice sees hello":                         "not understood",
		"alice sees:":                              "not understood",
		"alice shows: hello":                       "alice shows is not something to expect",
		"thread hides: hello":                      "thread hides is not something to expect",
		"alice sees within soon: hello":            `"soon" is not a time between 0 and 1h, such as 10s`,
		"channel shows within 2h: hello":           `"2h" is not a time`,
		"channel hides within -1s: hello":          `"-1s" is not a time`,
		"calls show 99999999999999999999 times: x": "99999999999999999999 is not a number of calls",
		"calls show within x: y":                   `"x" is not a time`,
		"elapse":                                   `"" is not a time`,
		"elapse 5":                                 `"5" is not a time`,
		"fault":                                    "not understood",
		"in general":                               "not understood",
		"in #":                                     "not understood",
		`channel shows: /10 % (of/`:                "missing closing )",
		`channel hides: /*/`:                       "missing argument to repetition operator",
		`calls show 1 times: /mask[/`:              "missing closing ]",
		"Channel shows: 10 %":                      "channel",
	} {
		_, err := rehearsal.Parse("game day.txt", strings.NewReader("channel shows: it\n"+text+"\n"))
		var line *rehearsal.Error
		if !errors.As(err, &line) {
			t.Errorf("%q: %v, want an error of the line", text, err)
			continue
		}
		if line.File != "game day.txt" || line.Line != 2 || !strings.HasPrefix(err.Error(), "game day.txt:2: ") {
			t.Errorf("%q: the error is at %s:%d: %v", text, line.File, line.Line, err)
		}
		if !strings.Contains(line.Msg, says) {
			t.Errorf("%q: %s; want it to say %q", text, line.Msg, says)
		}
	}
}

func TestRehearsalThatCannotFailIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "alice> /deploy coditect-app v1.2.4\nfault off\nelapse 1s\n"} {
		_, err := rehearsal.Parse("x.txt", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), "x.txt:1: expects nothing, so it cannot fail") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, err := rehearsal.Parse("x.txt", strings.NewReader("channel shows: "+strings.Repeat("x", 1<<20)))
	if err == nil || !strings.Contains(err.Error(), "read x.txt: ") {
		t.Errorf("a line of a megabyte: %v", err)
	}
}

func TestPeopleAreThoseWhoDoSomething(t *testing.T) {
	t.Parallel()
	script, err := rehearsal.Parse("x.txt", strings.NewReader("carol sees: no\nbob> hello\nalice> click A\nbob> click again A\nerin> hello\ndora> fill in a: b\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bob", "alice", "erin", "dora"}, script.People(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}
