package command

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// mostKept is how much of what a command writes is kept, from its end.
	mostKept = 4 << 10
	// mostShown is how much of that is shown: the last lines that fit.
	mostShown = 400
)

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool
}

// Write takes everything, whatever it keeps of it.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if n > mostKept {
		p, t.cut = p[n-mostKept:], true
	}
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - mostKept; over > 0 {
		t.kept, t.cut = append(t.kept[:0], t.kept[over:]...), true
	}
	return n, nil
}

// escapes are colours and other orders to a terminal.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])`)

// lines are those that have something in them, as people may see them.
func (t *tail) lines() []string {
	t.mu.Lock()
	text, cut := string(t.kept), t.cut
	t.mu.Unlock()
	if cut {
		if _, rest, _ := strings.Cut(text, "\n"); rest != "" { // the first may be half a line
			text = rest
		}
	}
	text = escapes.ReplaceAllString(strings.ToValidUTF8(text, string(utf8.RuneError)), "")
	var all []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		line = strings.Map(func(r rune) rune {
			switch {
			case r == '\t':
				return ' '
			case !unicode.IsPrint(r) && r != utf8.RuneError:
				return -1
			}
			return r
		}, line)
		if line = strings.TrimRight(line, " "); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// lastLine is what a command has said last.
func (t *tail) lastLine() string {
	all := t.lines()
	if len(all) == 0 {
		return ""
	}
	return end(strings.TrimSpace(all[len(all)-1]), 200)
}

// shown is the last lines, for behind a message.
func (t *tail) shown() string {
	all := t.lines()
	if len(all) == 0 {
		return "; it wrote nothing"
	}
	first, size := len(all), 0
	for first > 0 && size+len(all[first-1]) <= mostShown {
		first--
		size += len(all[first]) + 1
	}
	if first == len(all) {
		return ". It wrote last:\n" + end(all[len(all)-1], mostShown)
	}
	return ". It wrote last:\n" + strings.Join(all[first:], "\n")
}

// end is the last of a line that is too long.
func end(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return s
}
