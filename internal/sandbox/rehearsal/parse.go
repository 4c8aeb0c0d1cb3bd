package rehearsal

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Error is a line that cannot be understood.
type Error struct {
	File string
	Line int
	Msg  string
}

// Error gives file:line: what is wrong.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// Parse reads a rehearsal. The error is an *Error for a line that cannot be understood.
func Parse(name string, r io.Reader) (Script, error) {
	script := Script{Name: name}
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		line, err := parseLine(text)
		if err != nil {
			return Script{}, &Error{File: name, Line: n, Msg: err.Error()}
		}
		line.Number, line.Source = n, text
		script.Lines = append(script.Lines, line)
	}
	if err := in.Err(); err != nil {
		return Script{}, fmt.Errorf("read %s: %w", name, err)
	}
	if !script.expects() {
		return Script{}, &Error{File: name, Line: 1, Msg: "expects nothing, so it cannot fail; add a line such as: channel shows within 10s: 100 %"}
	}
	return script, nil
}

func (s Script) expects() bool {
	for _, l := range s.Lines {
		switch l.Do {
		case Sees, Shows, Thread, Hides, Calls:
			return true
		default:
		}
	}
	return false
}

var (
	saying = regexp.MustCompile(`^(\w+)>\s*(.+)$`)
	seeing = regexp.MustCompile(`^(\w+) (sees|shows|hides)(?: within (\S+))?:\s*(.+)$`)
	calls  = regexp.MustCompile(`^calls (?:show (\d+) times|show)(?: within (\S+))?:\s*(.+)$`)
)

func parseLine(text string) (Line, error) {
	if m := saying.FindStringSubmatch(text); m != nil {
		return parseSaying(m[1], m[2])
	}
	if m := calls.FindStringSubmatch(text); m != nil {
		return checked(parseCalls(m))
	}
	if m := seeing.FindStringSubmatch(text); m != nil {
		return checked(parseSeeing(m))
	}
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == "fault" && rest == "off":
		return Line{Do: Mend}, nil
	case word == "fault" && rest != "":
		return Line{Do: Fault, Text: rest}, nil
	case word == "in" && strings.HasPrefix(rest, "#") && rest != "#":
		return Line{Do: Channel, Text: strings.TrimPrefix(rest, "#")}, nil
	case word == "elapse":
		within, err := duration(rest)
		return Line{Do: Elapse, Within: within}, err
	}
	return Line{}, fmt.Errorf("not understood: %q; lines begin with a person and >, with \"PERSON sees:\", \"channel shows:\", \"thread shows:\", \"channel hides:\", \"calls show:\", \"fault\", \"in #channel\" or \"elapse\"", text)
}

func parseSaying(who, what string) (Line, error) {
	if form, ok := strings.CutPrefix(what, "fill in"); ok && (form == "" || form[0] == ' ') {
		values, err := parseForm(form)
		return Line{Do: Fill, Who: who, Values: values}, err
	}
	press, label, _ := strings.Cut(what, " ")
	if press != "click" {
		return Line{Do: Type, Who: who, Text: what}, nil
	}
	l := Line{Do: Click, Who: who, Text: strings.TrimSpace(label)}
	if again, late, _ := strings.Cut(l.Text, " "); again == "again" {
		l.Do, l.Text = Again, strings.TrimSpace(late)
	}
	if l.Text == "" {
		return Line{}, fmt.Errorf("which button? For example: %s> click Hold", who)
	}
	return l, nil
}

func parseSeeing(m []string) (Line, error) {
	who, verb, within, text := m[1], m[2], m[3], m[4]
	l := Line{Who: who, Text: text, Within: defaultWithin}
	switch {
	case verb == "hides" && who == "channel":
		l.Do, l.Within = Hides, 0
	case verb == "shows" && who == "channel":
		l.Do = Shows
	case verb == "shows" && who == "thread":
		l.Do = Thread
	case verb == "sees":
		l.Do = Sees
	default:
		return Line{}, fmt.Errorf("%s %s is not something to expect; write PERSON sees, channel shows, thread shows or channel hides", who, verb)
	}
	if within == "" {
		return l, nil
	}
	d, err := duration(within)
	l.Within = d
	return l, err
}

func parseCalls(m []string) (Line, error) {
	l := Line{Do: Calls, Text: m[3], Count: -1, Within: defaultWithin}
	if m[1] != "" {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return Line{}, fmt.Errorf("%s is not a number of calls", m[1])
		}
		l.Count = n
	}
	if m[2] == "" {
		return l, nil
	}
	d, err := duration(m[2])
	l.Within = d
	return l, err
}

// checked refuses a regular expression that could never match: "hides" would always hold with it.
func checked(l Line, err error) (Line, error) {
	if pattern, ok := expression(l.Text); ok && err == nil {
		_, err = regexp.Compile(pattern)
	}
	return l, err
}

// expression is what stands between the slashes of /…/.
func expression(text string) (pattern string, ok bool) {
	if len(text) < 3 || text[0] != '/' || text[len(text)-1] != '/' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > time.Hour {
		return 0, fmt.Errorf("%q is not a time between 0 and 1h, such as 10s", s)
	}
	return d, nil
}
