// Package blockkit holds what the practice workspace knows about Slack's Block Kit: which blocks Slack
// would refuse and how it says so, which controls a message offers, whom it mentions, and how a person
// would see it. It works on decoded JSON ([]any of map[string]any), so that it judges what was sent and
// not what some client library understood of it.
//
// It never keeps state and never talks to anyone. Start with Validate, then Controls and Render.
package blockkit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Surface is a place that blocks are shown on; some blocks are refused on some surfaces.
type Surface int

// The surfaces of Slack.
const (
	Message Surface = iota
	Modal
	Home
)

// Limits of Slack's Block Kit reference; lengths are in characters.
const (
	MaxMessageBlocks = 50
	MaxViewBlocks    = 100
	maxID            = 255
	maxSectionText   = 3000
	maxFields        = 10
	maxFieldText     = 2000
	maxHeader        = 150
	maxContext       = 10
	maxActions       = 25
	maxButtonText    = 75
	maxButtonValue   = 2000
	maxURL           = 3000
	maxOptions       = 100
	maxOptionText    = 75
	maxOptionValue   = 150
	maxPlaceholder   = 150
	maxLabel         = 2000
	maxMarkdown      = 12000
	maxTableRows     = 100
	maxTableColumns  = 20
)

// A Problem is one reason why Slack would refuse the blocks.
type Problem struct {
	Message string
	Pointer string // JSON pointer into the request, such as /blocks/0/text/text
}

// String has the form in which Slack reports it.
func (p Problem) String() string {
	return fmt.Sprintf("%s [json-pointer:%s]", p.Message, p.Pointer)
}

// Validate returns every problem of the blocks, in their order; none means that Slack would take them.
// The pointer at names the list itself: "/blocks", "/attachments/0/blocks" or "/view/blocks".
// Block types that the practice workspace does not know are problems as well.
func Validate(blocks []any, surface Surface, at string) []Problem {
	c := &checker{surface: surface, blockIDs: map[string]bool{}}
	limit := MaxMessageBlocks
	if surface != Message {
		limit = MaxViewBlocks
	}
	if len(blocks) > limit {
		c.problem(at, "no more than %d items allowed", limit)
	}
	for i, b := range blocks {
		c.block(b, fmt.Sprintf("%s/%d", at, i))
	}
	if c.plans > 0 && c.taskCards > 0 {
		c.problem(at, "plan and task_card blocks cannot be in the same message")
	}
	if c.markdown > maxMarkdown {
		c.problem(at, "markdown text must be less than %d characters in all blocks", maxMarkdown+1)
	}
	return c.problems
}

// checker gathers the problems of one list of blocks, and what has to be counted over all of it.
type checker struct {
	surface  Surface
	problems []Problem
	blockIDs map[string]bool

	actionIDs map[string]bool // of the block being checked
	blockID   string

	tables, plans, taskCards, markdown int
}

func (c *checker) problem(at, format string, args ...any) {
	c.problems = append(c.problems, Problem{Message: fmt.Sprintf(format, args...), Pointer: at})
}

func (c *checker) block(v any, at string) {
	b, ok := c.object(v, at)
	if !ok {
		return
	}
	kind, _ := b["type"].(string)
	rule, known := blockRules[kind]
	switch {
	case kind == "":
		c.problem(at, "missing required field: type")
		return
	case !known:
		c.problem(at+"/type", "unsupported type: %s", kind)
		return
	case !slices.Contains(rule.surfaces, c.surface):
		c.problem(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.keys(b, at, append([]string{"type", "block_id"}, rule.keys...)...)
	c.str(b, at, "block_id", 0, maxID, false)
	c.blockID, _ = b["block_id"].(string)
	c.actionIDs = map[string]bool{}
	if c.blockID != "" {
		if c.blockIDs[c.blockID] {
			c.problem(at+"/block_id", "block_id `%s` already exists", c.blockID)
		}
		c.blockIDs[c.blockID] = true
	}
	rule.check(c, b, at)
}

func (c *checker) object(v any, at string) (map[string]any, bool) {
	o, ok := v.(map[string]any)
	if !ok {
		c.problem(at, "must provide an object")
	}
	return o, ok
}

// keys refuses what Slack's schema does not name.
func (c *checker) keys(o map[string]any, at string, allowed ...string) {
	var extra []string
	for k := range o {
		if !slices.Contains(allowed, k) {
			extra = append(extra, k)
		}
	}
	slices.Sort(extra)
	for _, k := range extra {
		c.problem(at, "invalid additional property: %s", k)
	}
}

func (c *checker) missing(o map[string]any, at, key string, required bool) bool {
	if v, ok := o[key]; ok && v != nil {
		return false
	}
	if required {
		c.problem(at, "missing required field: %s", key)
	}
	return true
}

func (c *checker) str(o map[string]any, at, key string, atLeast, atMost int, required bool) {
	if c.missing(o, at, key, required) {
		return
	}
	s, ok := o[key].(string)
	if !ok {
		c.problem(at+"/"+key, "must provide a string")
		return
	}
	c.length(s, at+"/"+key, atLeast, atMost)
}

func (c *checker) length(s, at string, atLeast, atMost int) {
	switch n := utf8.RuneCountInString(s); {
	case n < atLeast:
		c.problem(at, "must be more than %d characters", atLeast-1)
	case n > atMost:
		c.problem(at, "must be less than %d characters", atMost+1)
	}
}

func (c *checker) enum(o map[string]any, at, key string, required bool, allowed ...string) {
	if c.missing(o, at, key, required) {
		return
	}
	if s, ok := o[key].(string); !ok || !slices.Contains(allowed, s) {
		c.problem(at+"/"+key, "must be a valid enum value: %s", strings.Join(allowed, ", "))
	}
}

func (c *checker) list(o map[string]any, at, key string, atLeast, atMost int, required bool) []any {
	if c.missing(o, at, key, required) {
		return nil
	}
	l, ok := o[key].([]any)
	switch {
	case !ok:
		c.problem(at+"/"+key, "must provide an array")
	case len(l) < atLeast:
		c.problem(at+"/"+key, "no fewer than %d items allowed", atLeast)
	case len(l) > atMost:
		c.problem(at+"/"+key, "no more than %d items allowed", atMost)
	}
	return l
}

// text checks a text object at o[key]. Plain tells that mrkdwn is refused there.
func (c *checker) text(o map[string]any, at, key string, plain bool, atMost int, required bool) {
	if c.missing(o, at, key, required) {
		return
	}
	c.textObject(o[key], at+"/"+key, plain, atMost)
}

func (c *checker) textObject(v any, at string, plain bool, atMost int) {
	t, ok := c.object(v, at)
	if !ok {
		return
	}
	switch kind, _ := t["type"].(string); {
	case kind == "plain_text":
		c.keys(t, at, "type", "text", "emoji")
	case kind == "mrkdwn" && !plain:
		c.keys(t, at, "type", "text", "verbatim")
	default:
		c.problem(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.str(t, at, "text", 1, atMost, true)
}
