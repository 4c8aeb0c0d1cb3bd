package blockkit

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Render shows blocks as lines of text, the way a person sees them: buttons as [ Approve ], a plan with a
// sign before each task. It reports false when a block is one that it cannot show; a client then shows the
// message's text instead.
func Render(blocks []any, names Names) ([]string, bool) {
	var lines []string
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		kind, _ := b["type"].(string)
		render, known := renderers[kind]
		if !known {
			return nil, false
		}
		lines = append(lines, render(names, b)...)
	}
	return lines, true
}

var renderers = map[string]func(Names, map[string]any) []string{
	"section":   renderSection,
	"divider":   func(Names, map[string]any) []string { return []string{strings.Repeat("─", 40)} },
	"header":    func(n Names, b map[string]any) []string { return n.lines(b["text"]) },
	"alert":     func(n Names, b map[string]any) []string { return n.lines(b["text"]) },
	"image":     func(_ Names, b map[string]any) []string { return []string{fmt.Sprintf("[image: %v]", b["alt_text"])} },
	"actions":   func(n Names, b map[string]any) []string { return []string{Buttons(Controls([]any{b}))} },
	"context":   renderContext,
	"markdown":  renderMarkdown,
	"rich_text": func(n Names, b map[string]any) []string { return n.richText(b) },
	"input":     renderInput,
	"plan":      renderPlan,
	"task_card": func(n Names, b map[string]any) []string { return n.task(b, "") },
	"table":     renderTable,
}

// lines shows a text object.
func (n Names) lines(v any) []string {
	t, _ := v.(map[string]any)
	text, _ := t["text"].(string)
	if text == "" {
		return nil
	}
	if t["type"] == "mrkdwn" {
		text = n.Markup(text)
	} else {
		text = Emoji(text)
	}
	return strings.Split(text, "\n")
}

func renderSection(n Names, b map[string]any) []string {
	lines := n.lines(b["text"])
	fields, _ := b["fields"].([]any)
	for i := 0; i < len(fields); i += 2 {
		row := strings.Join(n.lines(fields[i]), " ")
		if i+1 < len(fields) {
			row += "    " + strings.Join(n.lines(fields[i+1]), " ")
		}
		lines = append(lines, row)
	}
	if buttons := Buttons(Controls([]any{b})); buttons != "" {
		if len(lines) == 0 {
			lines = []string{""}
		}
		lines[len(lines)-1] = strings.TrimSpace(lines[len(lines)-1] + "  " + buttons)
	}
	return lines
}

func renderContext(n Names, b map[string]any) []string {
	elements, _ := b["elements"].([]any)
	var parts []string
	for _, e := range elements {
		if o, _ := e.(map[string]any); o["type"] == "image" {
			parts = append(parts, fmt.Sprintf("[image: %v]", o["alt_text"]))
			continue
		}
		parts = append(parts, strings.Join(n.lines(e), "\n"))
	}
	return strings.Split(strings.Join(parts, "  "), "\n")
}

func renderMarkdown(n Names, b map[string]any) []string {
	text, _ := b["text"].(string)
	return strings.Split(n.Markup(strings.ReplaceAll(text, "**", "*")), "\n")
}

func renderInput(n Names, b map[string]any) []string {
	label := strings.Join(n.lines(b["label"]), " ")
	if optional, _ := b["optional"].(bool); optional {
		label += " (optional)"
	}
	e, _ := b["element"].(map[string]any)
	sign, listed := optionSigns[fmt.Sprint(e["type"])]
	if !listed {
		return []string{fmt.Sprintf("%s: [ %s ]", label, textOf(e["placeholder"]))}
	}
	lines := []string{label + ":"}
	for _, o := range (Control{Element: e}).Options() {
		line := "  " + sign + " " + strings.Join(n.lines(o["text"]), " ")
		if more := strings.Join(n.lines(o["description"]), " "); more != "" {
			line += "  (" + more + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// optionSigns stand before the options of inputs that show all of them at once.
var optionSigns = map[string]string{"checkboxes": "☐", "radio_buttons": "○"}

// Buttons shows controls in one line: [ Approve ] [ choose a version ▾ ].
func Buttons(controls []Control) string {
	var shown []string
	for _, c := range controls {
		label := squeeze(c.Label)
		switch c.Type {
		case "button":
		case "overflow":
			label = "⋮"
		default:
			label = strings.TrimSpace(label + " ▾")
		}
		shown = append(shown, "[ "+label+" ]")
	}
	return strings.Join(shown, " ")
}

// taskSigns are read aloud by nobody: the status is repeated in words where it is bad.
var taskSigns = map[string]string{"pending": "○", "in_progress": "●", "complete": "✓", "error": "✗"}

func renderPlan(n Names, b map[string]any) []string {
	title, _ := b["title"].(string)
	lines := []string{title}
	tasks, _ := b["tasks"].([]any)
	for _, v := range tasks {
		if task, ok := v.(map[string]any); ok {
			lines = append(lines, n.task(task, "  ")...)
		}
	}
	return lines
}

func (n Names) task(b map[string]any, indent string) []string {
	status, _ := b["status"].(string)
	sign, known := taskSigns[status]
	if !known {
		sign = taskSigns["pending"]
	}
	title, _ := b["title"].(string)
	lines := []string{indent + sign + " " + title}
	for _, key := range []string{"details", "output"} {
		if rt, ok := b[key].(map[string]any); ok {
			for _, l := range n.richText(rt) {
				lines = append(lines, indent+"    "+l)
			}
		}
	}
	sources, _ := b["sources"].([]any)
	for _, v := range sources {
		source, _ := v.(map[string]any)
		lines = append(lines, fmt.Sprintf("%s    ↗ %v", indent, source["text"]))
	}
	return lines
}

func renderTable(n Names, b map[string]any) []string {
	rows, _ := b["rows"].([]any)
	var cells [][]string
	var widths []int
	for _, r := range rows {
		row, _ := r.([]any)
		var texts []string
		for j, v := range row {
			text := n.cell(v)
			texts = append(texts, text)
			if j >= len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(text))
		}
		cells = append(cells, texts)
	}
	var lines []string
	for _, texts := range cells {
		var line strings.Builder
		for j, text := range texts {
			line.WriteString(text + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(text)+2))
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return lines
}

func (n Names) cell(v any) string {
	cell, _ := v.(map[string]any)
	switch cell["type"] {
	case "rich_text":
		return strings.Join(n.richText(cell), " ")
	case "raw_number":
		if text, _ := cell["text"].(string); text != "" {
			return text
		}
		return fmt.Sprint(cell["value"])
	}
	text, _ := cell["text"].(string)
	return text
}
