package workspace

import (
	"fmt"
	"strings"

	"slipway/internal/sandbox/workspace/blockkit"
)

// body is what is shown of a message beside its attachments: its blocks, or its text without blocks or when
// a block is unknown.
func body(names blockkit.Names, text string, blocks []any) []string {
	if len(blocks) > 0 {
		if lines, ok := blockkit.Render(blocks, names); ok {
			return lines
		}
	}
	if text == "" {
		return []string{}
	}
	return strings.Split(names.Markup(text), "\n")
}

func bar(names blockkit.Names, attachment map[string]any) Bar {
	field := func(key string) string { s, _ := attachment[key].(string); return s }
	b := Bar{Colour: field("color"), Lines: []string{}}
	if blocks, ok := attachment["blocks"].([]any); ok {
		b.Lines = body(names, field("fallback"), blocks)
		return b
	}
	for _, key := range []string{"pretext", "title", "text"} {
		if text := field(key); text != "" {
			b.Lines = append(b.Lines, strings.Split(names.Markup(text), "\n")...)
		}
	}
	fields, _ := attachment["fields"].([]any)
	for _, v := range fields {
		f, _ := v.(map[string]any)
		b.Lines = append(b.Lines, names.Markup(fmt.Sprintf("%v: %v", f["title"], f["value"])))
	}
	if footer := field("footer"); footer != "" {
		b.Lines = append(b.Lines, names.Markup(footer))
	}
	return b
}

// Body is all that the message shows, without author and time.
func (p Post) Body() string {
	lines := append([]string{}, p.Lines...)
	for _, b := range p.Bars {
		for _, l := range b.Lines {
			lines = append(lines, "┃ "+l)
		}
	}
	for _, f := range p.Files {
		lines = append(lines, f.line())
	}
	return strings.Join(lines, "\n")
}

func firstLine(p Post) string {
	for l := range strings.SplitSeq(p.Body(), "\n") {
		if l = strings.TrimPrefix(l, "┃ "); strings.TrimSpace(l) != "" {
			return l
		}
	}
	return ""
}

// RenderText shows a snapshot as a person would see it on a plain screen. A bar is named by its colour once,
// where it begins.
func RenderText(s Snapshot) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", s.Title)
	for _, p := range s.Posts {
		out.WriteString("\n")
		p.render(&out)
	}
	return out.String()
}

func (p Post) render(out *strings.Builder) {
	fmt.Fprintf(out, "%s  %s", p.Author, p.Time)
	if p.Edited {
		out.WriteString("  (edited)")
	}
	out.WriteString("\n")
	line := func(format string, args ...any) { fmt.Fprintf(out, "  "+format+"\n", args...) }
	if p.OnlyFor != "" {
		line("only visible to %s", p.OnlyFor)
	}
	if p.Broadcast != "" {
		line("replied to a thread: %s", p.Broadcast)
	}
	for _, l := range p.Lines {
		line("%s", l)
	}
	for _, b := range p.Bars {
		if b.Colour != "" {
			line("┃ #%s", b.Colour)
		}
		for _, l := range b.Lines {
			line("┃ %s", l)
		}
	}
	for _, f := range p.Files {
		line("%s", f.line())
	}
	for _, r := range p.Reactions {
		line("(%s)", blockkit.Emoji(":"+r+":"))
	}
	if p.Warning != "" {
		line("⚠ %s", p.Warning)
	}
	switch p.ReplyCount {
	case 0:
	case 1:
		line("↳ 1 reply")
	default:
		line("↳ %d replies", p.ReplyCount)
	}
}
