package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// slips is how many letters a word may be off and still be taken for another.
const slips = 2

// meant suggests the known word nearest to what was written; empty if none is near.
func meant(written string, known []string) string {
	best, at := "", slips+1
	for _, k := range known {
		d := distance(strings.ToLower(written), strings.ToLower(k))
		if d < at && d < max(len(k)-1, 1) {
			best, at = k, d
		}
	}
	return best
}

// didYouMean is meant as a hint: the nearest word, or all of them.
func didYouMean(written string, known []string) string {
	if m := meant(written, known); m != "" {
		return "did you mean " + strconv.Quote(m) + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "there is " + strings.Join(known, ", ")
}

// distance counts the letters to insert, drop, replace or swap with their neighbour to turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > slips || len(y)-len(x) > slips {
		return slips + 1
	}
	var older []int
	old := make([]int, len(y)+1)
	for j := range old {
		old[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			other := 1
			if x[i] == y[j] {
				other = 0
			}
			row[j+1] = min(old[j+1]+1, row[j]+1, old[j]+other)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, old = old, slices.Clone(row)
	}
	return old[len(y)]
}
