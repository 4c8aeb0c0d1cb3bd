package commands

import (
	"strings"
	"unicode/utf8"
)

// nearest finds what was probably meant by s: the candidate it differs from in capitals only, or by at most two
// slips (one in a word of three letters or fewer), or the only one that it begins. ok is false if there is none.
func nearest(s string, candidates []string) (meant string, ok bool) {
	if s == "" {
		return "", false
	}
	folded := strings.ToLower(s)
	best := 3
	for _, c := range candidates {
		limit := 2
		if min(utf8.RuneCountInString(c), utf8.RuneCountInString(s)) <= 3 {
			limit = 1
		}
		if d := slips(folded, strings.ToLower(c)); d <= limit && d < best {
			meant, best = c, d
		}
	}
	if best < 3 {
		return meant, true
	}
	return begun(folded, candidates)
}

// begun finds the only candidate that begins with s, of three letters at least: prod for production.
func begun(s string, candidates []string) (meant string, ok bool) {
	if utf8.RuneCountInString(s) < 3 {
		return "", false
	}
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), s) {
			if ok {
				return "", false
			}
			meant, ok = c, true
		}
	}
	return meant, ok
}

// slips counts what a typist did to turn b into a: a letter too many, one too few, a wrong one, two swapped.
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return 3
	}
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			wrong := 1
			if x[i-1] == y[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

// names lists words for people: a, b, c; at most ten.
func names(list []string) string {
	if len(list) > 10 {
		return strings.Join(list[:10], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}
