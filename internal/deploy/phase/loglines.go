package phase

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// varying is what differs between two lines that say the same: numbers, addresses and identifiers, also those made of
// a few hexadecimal digits.
var varying = regexp.MustCompile(`\d+(?:\.\d+)+|0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}|[0-9a-f]{12,}|\b[0-9a-fA-F]*[0-9][0-9a-fA-F]*\b|\d+`)

// group puts lines together that say the same, most frequent first; of each the newest is shown.
func group(lines []deploy.LogLine, most int) []deploy.LogGroup {
	groups := map[string]*deploy.LogGroup{}
	for _, l := range lines {
		text := strings.Join(strings.Fields(l.Text), " ")
		key := varying.ReplaceAllString(text, "#")
		g, ok := groups[key]
		if !ok {
			g = &deploy.LogGroup{Text: text, Last: l.At}
			groups[key] = g
		}
		g.Count++
		if l.At.After(g.Last) {
			g.Text, g.Last = text, l.At
		}
	}
	var list []deploy.LogGroup
	for _, g := range groups {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b deploy.LogGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), cmp.Compare(a.Text, b.Text))
	})
	return list[:min(len(list), most)]
}
