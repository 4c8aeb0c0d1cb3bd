package blockkit

import "strings"

// A Control is something in a block that a person can press or fill in.
type Control struct {
	BlockID  string         `json:"block_id"`
	ActionID string         `json:"action_id"`
	Type     string         `json:"type"` // button, overflow, static_select, plain_text_input, …
	Label    string         `json:"label"`
	Value    string         `json:"value,omitempty"`
	Style    string         `json:"style,omitempty"`
	Optional bool           `json:"optional,omitempty"` // of an input
	Confirm  *Confirm       `json:"confirm,omitempty"`
	Element  map[string]any `json:"-"`
}

// A Confirm is the dialog that stands between a press and its effect.
type Confirm struct {
	Title   string `json:"title"`
	Text    string `json:"text"`
	Confirm string `json:"confirm"`
	Deny    string `json:"deny"`
	Style   string `json:"style,omitempty"`
}

// Controls lists the controls of the blocks in reading order.
func Controls(blocks []any) []Control {
	var found []Control
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		blockID, _ := b["block_id"].(string)
		add := func(v any, label string, optional bool) {
			e, ok := v.(map[string]any)
			if !ok || e["type"] == "image" {
				return
			}
			found = append(found, control(e, blockID, label, optional))
		}
		switch b["type"] {
		case "actions":
			elements, _ := b["elements"].([]any)
			for _, e := range elements {
				add(e, "", false)
			}
		case "section":
			add(b["accessory"], "", false)
		case "input":
			optional, _ := b["optional"].(bool)
			add(b["element"], textOf(b["label"]), optional)
		}
	}
	return found
}

func control(e map[string]any, blockID, label string, optional bool) Control {
	c := Control{BlockID: blockID, Label: label, Optional: optional, Element: e}
	c.ActionID, _ = e["action_id"].(string)
	c.Type, _ = e["type"].(string)
	c.Value, _ = e["value"].(string)
	c.Style, _ = e["style"].(string)
	if c.Label == "" {
		c.Label = textOf(e["text"])
	}
	if c.Label == "" {
		c.Label = textOf(e["placeholder"])
	}
	if d, ok := e["confirm"].(map[string]any); ok {
		c.Confirm = &Confirm{Title: textOf(d["title"]), Text: textOf(d["text"]), Confirm: textOf(d["confirm"]), Deny: textOf(d["deny"])}
		c.Confirm.Style, _ = d["style"].(string)
	}
	return c
}

// Options lists the options of a menu, of an overflow or of radio buttons, groups flattened.
func (c Control) Options() []map[string]any {
	var options []map[string]any
	gather := func(v any) {
		list, _ := v.([]any)
		for _, o := range list {
			if option, ok := o.(map[string]any); ok {
				options = append(options, option)
			}
		}
	}
	gather(c.Element["options"])
	groups, _ := c.Element["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		gather(group["options"])
	}
	return options
}

// Option finds the option whose value or text is said, whatever its case; if there is none, the only one whose description
// has it in it.
func (c Control) Option(said string) (map[string]any, bool) {
	var described []map[string]any
	for _, o := range c.Options() {
		value, _ := o["value"].(string)
		if value == said || Same(textOf(o["text"]), said) {
			return o, true
		}
		if said != "" && strings.Contains(strings.ToLower(squeeze(textOf(o["description"]))), strings.ToLower(squeeze(said))) {
			described = append(described, o)
		}
	}
	if len(described) == 1 {
		return described[0], true
	}
	return nil, false
}

// Same tells whether two labels read the same: case and kind of white space do not matter.
func Same(a, b string) bool { return strings.EqualFold(squeeze(a), squeeze(b)) }

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func textOf(v any) string {
	t, _ := v.(map[string]any)
	s, _ := t["text"].(string)
	return s
}

// Complete fills in what Slack fills in when it stores blocks: missing block_ids and action_ids, and the
// emoji and verbatim flags of text objects. It changes the blocks in place.
func Complete(blocks []any, newID func() string) {
	for _, v := range blocks {
		b, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if id, _ := b["block_id"].(string); id == "" {
			b["block_id"] = newID()
		}
		completeTexts(b)
		for _, c := range Controls([]any{b}) {
			if c.ActionID == "" {
				c.Element["action_id"] = newID()
			}
		}
	}
}

func completeTexts(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, hasText := v["text"].(string)
		if _, set := v["emoji"]; v["type"] == "plain_text" && hasText && !set {
			v["emoji"] = true
		}
		if _, set := v["verbatim"]; v["type"] == "mrkdwn" && hasText && !set {
			v["verbatim"] = false
		}
		for _, inner := range v {
			completeTexts(inner)
		}
	case []any:
		for _, inner := range v {
			completeTexts(inner)
		}
	}
}
