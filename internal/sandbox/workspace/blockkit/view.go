package blockkit

import "fmt"

// Limits of a view, in characters (bytes for the whole).
const (
	maxViewTitle       = 24
	maxPrivateMetadata = 3000
	MaxViewBytes       = 250_000
)

// ValidateView returns every problem of a modal or a Home tab; pointers begin with /view.
func ValidateView(view map[string]any) []Problem {
	const at = "/view"
	c := &checker{}
	surface := Modal
	switch view["type"] {
	case "modal":
		c.keys(view, at, "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id",
			"clear_on_close", "notify_on_close", "external_id", "submit_disabled")
		c.text(view, at, "title", true, maxViewTitle, true)
		c.text(view, at, "submit", true, maxViewTitle, false)
		c.text(view, at, "close", true, maxViewTitle, false)
	case "home":
		surface = Home
		c.keys(view, at, "type", "blocks", "private_metadata", "callback_id", "external_id")
	default:
		c.problem(at+"/type", "unsupported type: %v", view["type"])
		return c.problems
	}
	c.str(view, at, "private_metadata", 0, maxPrivateMetadata, false)
	c.str(view, at, "callback_id", 0, maxID, false)
	c.str(view, at, "external_id", 0, maxID, false)
	blocks := c.list(view, at, "blocks", 1, MaxViewBlocks, true)
	inputs := false
	for _, b := range blocks {
		o, _ := b.(map[string]any)
		inputs = inputs || o["type"] == "input"
	}
	if surface == Modal && inputs && view["submit"] == nil {
		c.problem(at, "missing required field: submit")
	}
	if len(blocks) > MaxViewBlocks {
		return c.problems
	}
	return append(c.problems, Validate(blocks, surface, fmt.Sprintf("%s/blocks", at))...)
}
