package blockkit

import "fmt"

// A place is where in a block an element stands.
type place int

const (
	inActions place = iota
	inAccessory
	inInput
)

type elementRule struct {
	places []place
	keys   []string // besides type and action_id
	check  func(c *checker, e map[string]any, at string)
}

var (
	menuKeys   = []string{"placeholder", "confirm", "focus_on_load"}
	anywhere   = []place{inActions, inAccessory, inInput}
	notInInput = []place{inActions, inAccessory}
	inputOnly  = []place{inInput}
)

var elementRules = map[string]elementRule{
	"button":                     {notInInput, []string{"text", "url", "value", "style", "confirm", "accessibility_label"}, checkButton},
	"overflow":                   {notInInput, []string{"options", "confirm"}, checkOverflow},
	"image":                      {[]place{inAccessory}, []string{"image_url", "slack_file", "alt_text"}, checkImageElement},
	"static_select":              {anywhere, append([]string{"options", "option_groups", "initial_option"}, menuKeys...), checkMenu},
	"multi_static_select":        {[]place{inAccessory, inInput}, append([]string{"options", "option_groups", "initial_options", "max_selected_items"}, menuKeys...), checkMenu},
	"external_select":            {anywhere, append([]string{"initial_option", "min_query_length"}, menuKeys...), checkPicker},
	"users_select":               {anywhere, append([]string{"initial_user"}, menuKeys...), checkPicker},
	"multi_users_select":         {[]place{inAccessory, inInput}, append([]string{"initial_users", "max_selected_items"}, menuKeys...), checkPicker},
	"channels_select":            {anywhere, append([]string{"initial_channel", "response_url_enabled"}, menuKeys...), checkPicker},
	"conversations_select":       {anywhere, append([]string{"initial_conversation", "default_to_current_conversation", "filter", "response_url_enabled"}, menuKeys...), checkPicker},
	"datepicker":                 {anywhere, append([]string{"initial_date"}, menuKeys...), checkPicker},
	"timepicker":                 {anywhere, append([]string{"initial_time", "timezone"}, menuKeys...), checkPicker},
	"datetimepicker":             {[]place{inActions, inInput}, append([]string{"initial_date_time"}, menuKeys...), checkPicker},
	"checkboxes":                 {anywhere, []string{"options", "initial_options", "confirm", "focus_on_load"}, checkBoxes},
	"radio_buttons":              {anywhere, []string{"options", "initial_option", "confirm", "focus_on_load"}, checkBoxes},
	"plain_text_input":           {inputOnly, []string{"placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load"}, checkPicker},
	"number_input":               {inputOnly, []string{"placeholder", "is_decimal_allowed", "initial_value", "min_value", "max_value", "dispatch_action_config", "focus_on_load"}, checkPicker},
	"url_text_input":             {inputOnly, []string{"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}, checkPicker},
	"email_text_input":           {inputOnly, []string{"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}, checkPicker},
	"rich_text_input":            {inputOnly, []string{"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}, checkPicker},
	"multi_channels_select":      {[]place{inAccessory, inInput}, append([]string{"initial_channels", "max_selected_items"}, menuKeys...), checkPicker},
	"multi_conversations_select": {[]place{inAccessory, inInput}, append([]string{"initial_conversations", "default_to_current_conversation", "filter", "max_selected_items"}, menuKeys...), checkPicker},
}

func (c *checker) element(v any, at string, where place) {
	e, ok := c.object(v, at)
	if !ok {
		return
	}
	kind, _ := e["type"].(string)
	rule, known := elementRules[kind]
	allowed := false
	for _, p := range rule.places {
		allowed = allowed || p == where
	}
	if !known || !allowed {
		c.problem(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.keys(e, at, append([]string{"type", "action_id"}, rule.keys...)...)
	c.str(e, at, "action_id", 0, maxID, false)
	if id, _ := e["action_id"].(string); id != "" {
		if c.actionIDs[id] {
			c.problem(at+"/action_id", "action_id `%s` already exists for block_id `%s`", id, c.blockID)
		}
		c.actionIDs[id] = true
	}
	rule.check(c, e, at)
}

func checkButton(c *checker, e map[string]any, at string) {
	c.text(e, at, "text", true, maxButtonText, true)
	c.str(e, at, "url", 0, maxURL, false)
	c.str(e, at, "value", 0, maxButtonValue, false)
	c.enum(e, at, "style", false, "primary", "danger")
	c.str(e, at, "accessibility_label", 0, maxButtonText, false)
	c.confirm(e, at)
}

func checkImageElement(c *checker, e map[string]any, at string) { c.image(e, at) }

func checkOverflow(c *checker, e map[string]any, at string) {
	c.options(e, at, 5, true)
	c.confirm(e, at)
}

func checkMenu(c *checker, e map[string]any, at string) {
	checkPicker(c, e, at)
	if e["option_groups"] == nil {
		c.options(e, at, maxOptions, true)
		return
	}
	for i, g := range c.list(e, at, "option_groups", 1, maxOptions, true) {
		at := fmt.Sprintf("%s/option_groups/%d", at, i)
		if group, ok := c.object(g, at); ok {
			c.text(group, at, "label", true, maxOptionText, true)
			c.options(group, at, maxOptions, true)
		}
	}
}

func checkBoxes(c *checker, e map[string]any, at string) {
	c.options(e, at, 10, false)
	c.confirm(e, at)
}

func checkPicker(c *checker, e map[string]any, at string) {
	c.text(e, at, "placeholder", true, maxPlaceholder, false)
	c.confirm(e, at)
}

func (c *checker) options(e map[string]any, at string, atMost int, plain bool) {
	for i, o := range c.list(e, at, "options", 1, atMost, true) {
		at := fmt.Sprintf("%s/options/%d", at, i)
		option, ok := c.object(o, at)
		if !ok {
			continue
		}
		c.keys(option, at, "text", "value", "description", "url")
		c.text(option, at, "text", plain, maxOptionText, true)
		c.str(option, at, "value", 0, maxOptionValue, true)
		c.text(option, at, "description", plain, maxOptionText, false)
		c.str(option, at, "url", 0, maxURL, false)
	}
}

func (c *checker) confirm(e map[string]any, at string) {
	if c.missing(e, at, "confirm", false) {
		return
	}
	at += "/confirm"
	o, ok := c.object(e["confirm"], at)
	if !ok {
		return
	}
	c.keys(o, at, "title", "text", "confirm", "deny", "style")
	c.text(o, at, "title", true, 100, true)
	c.text(o, at, "text", false, 300, true)
	c.text(o, at, "confirm", true, 30, true)
	c.text(o, at, "deny", true, 30, true)
	c.enum(o, at, "style", false, "primary", "danger")
}
