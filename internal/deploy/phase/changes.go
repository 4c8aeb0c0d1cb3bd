package phase

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// difference is a setting that one revision has and another has not, or not so.
type difference struct {
	name     string
	was, is  string
	had, has bool
}

// differences compares two revisions, in the order of names. That VERSION is another one is no news.
func differences(before, after map[string]string) []difference {
	names := map[string]bool{}
	for _, config := range []map[string]string{before, after} {
		for name := range config {
			names[name] = true
		}
	}
	var list []difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := difference{name: name}
		d.was, d.had = before[name]
		d.is, d.has = after[name]
		if d.was == d.is && d.had == d.has || name == "env VERSION" {
			continue
		}
		list = append(list, d)
	}
	return list
}

// proposed is what people are shown of the differences that a release would make. The image is shown by itself.
func proposed(before, after map[string]string) []deploy.Change {
	var list []deploy.Change
	for _, d := range differences(before, after) {
		if d.name == "image" {
			continue
		}
		c := deploy.Change{What: d.name, From: shown(d.name, d.was), To: shown(d.name, d.is)}
		if d.had && d.has && c.From == c.To { // they differ in what is not shown
			c.From, c.To = "", ""
		}
		if d.had {
			c.From = cmp.Or(c.From, deploy.AValue)
		}
		if d.had && d.has {
			c.To = cmp.Or(c.To, deploy.AnotherValue)
		}
		list = append(list, c)
	}
	return list
}

// printed is a fingerprint in place of a value.
var printed = regexp.MustCompile(`^[0-9a-f]{8}$`)

// shown is a value as far as it tells people something: no fingerprints.
func shown(name, value string) string {
	if isHidden(name) {
		return ""
	}
	value, _, _ = strings.Cut(value, ", settings ")
	if strings.HasPrefix(name, "volume ") && printed.MatchString(value) {
		return ""
	}
	return value
}
