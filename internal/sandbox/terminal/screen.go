package terminal

import (
	"regexp"
	"slices"
	"strings"

	"slipway/internal/sandbox/workspace"
)

// screen remembers what has been shown, so that an edit shows only the lines that are new.
type screen struct {
	seen map[string]workspace.Post
	last string // the message that was shown last
}

// show gives what is new of a message, or "" if nothing is.
func (s *screen) show(p workspace.Post) string {
	old, known := s.seen[p.TS]
	if p.Warning == "" {
		p.Warning = old.Warning // it is one person's: to the others it is not there, and it is not news each time
	}
	s.seen[p.TS] = p
	lines := shown(p)
	if !known {
		s.last = p.TS
		return "\n" + head(p) + "\n" + strings.Join(lines, "\n")
	}
	lines = news(lines, shown(old))
	if len(lines) == 0 {
		return ""
	}
	if s.last != p.TS {
		s.last = p.TS
		lines = append([]string{"", edited(p)}, untitled(lines, p)...)
	}
	return strings.Join(lines, "\n")
}

var duration = regexp.MustCompile(`\d[\d:.]* (?:s|min|h)\b`)

// news are the lines that were not there before. Where time has passed and nothing else, only the first of them
// is: the others count the same seconds.
func news(lines, before []string) []string {
	var fresh, changed []string
	timeless := make([]string, len(before))
	for i, l := range before {
		timeless[i] = duration.ReplaceAllString(l, "")
	}
	for _, l := range lines {
		if slices.Contains(before, l) {
			continue
		}
		fresh = append(fresh, l)
		if !slices.Contains(timeless, duration.ReplaceAllString(l, "")) {
			changed = append(changed, l)
		}
	}
	if len(changed) == 0 && len(fresh) > 0 {
		return fresh[:1]
	}
	return changed
}

func head(p workspace.Post) string {
	h := p.Author + "  " + p.Time
	switch {
	case p.OnlyFor != "":
		h += "  (only " + p.OnlyFor + " sees this)"
	case p.Broadcast != "":
		h += "  (from the thread)"
	case p.ThreadTS != "":
		h = indent(p) + h + "  (in the thread)"
	}
	return h
}

// edited says which message it is whose new lines follow.
func edited(p workspace.Post) string {
	return indent(p) + p.Author + "  " + p.Time + "  (edited)  " + title(p)
}

func title(p workspace.Post) string {
	first, _, _ := strings.Cut(strings.TrimSpace(p.Body()), "\n")
	return first
}

// untitled leaves a new first line out where edited has said it.
func untitled(lines []string, p workspace.Post) []string {
	if strings.TrimSpace(lines[0]) == title(p) {
		return lines[1:]
	}
	return lines
}

// indent sets what only the thread shows off from the channel.
func indent(p workspace.Post) string {
	if p.ThreadTS != "" && p.Broadcast == "" {
		return "    "
	}
	return ""
}

func shown(p workspace.Post) []string {
	margin := indent(p) + "  "
	var lines []string
	for _, l := range strings.Split(p.Body(), "\n") {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, margin+l)
		}
	}
	if p.Warning != "" {
		lines = append(lines, margin+"⚠ "+p.Warning)
	}
	return lines
}
