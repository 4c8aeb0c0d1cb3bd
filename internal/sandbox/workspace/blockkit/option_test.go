package blockkit_test

import (
	"testing"

	"slipway/internal/sandbox/workspace/blockkit"
)

func TestAnOptionIsFoundByWhatPeopleRead(t *testing.T) {
	t.Parallel()
	option := func(value, text, description string) any {
		return map[string]any{"value": value, "text": map[string]any{"text": text}, "description": map[string]any{"text": description}}
	}
	c := blockkit.Control{Element: map[string]any{"options": []any{
		option("1718", "20:35 UTC", "just now · by coditect-app-1"), option("1717", "03:01 UTC", "18 h ago · automated"), option("1716", "automated", "2 days ago · automated"),
	}}}
	for said, want := range map[string]string{
		"1717": "1717", "20:35  utc": "1718", "by coditect-app-1": "1718", "automated": "1716", "ago": "", "yesterday": "", "": "",
	} {
		got, _ := c.Option(said)
		value, _ := got["value"].(string)
		if value != want {
			t.Errorf("%q finds %q, want %q", said, value, want)
		}
	}
}
