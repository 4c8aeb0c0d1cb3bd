package commands

import (
	"fmt"
	"strings"
)

// mostOwed is how many items are named where they are only mentioned.
const mostOwed = 10

// counts says how many items stand how: 2 proved by machine when a release begins, 1 attested, 2 to attest.
func (l checklistStanding) counts() string {
	proved, attested, owed := l.sorted()
	var parts []string
	if proved > 0 {
		parts = append(parts, fmt.Sprintf("%d proved by machine when a release begins", proved))
	}
	if attested > 0 {
		parts = append(parts, fmt.Sprintf("%d attested", attested))
	}
	if len(owed) > 0 {
		parts = append(parts, fmt.Sprintf("%d to attest", len(owed)))
	}
	return strings.Join(parts, ", ")
}

// foreseen is the same for a release that has not begun, with what people still have to attest.
func (l checklistStanding) foreseen() Text {
	proved, attested, owed := l.sorted()
	parts := []string{items(len(l))}
	if proved > 0 {
		parts = append(parts, fmt.Sprintf("%d proved when it begins", proved))
	}
	if attested > 0 {
		parts = append(parts, fmt.Sprintf("%d attested", attested))
	}
	if len(owed) == 0 {
		return Text{}.Plain("Checklist: " + strings.Join(parts, ", ") + ".")
	}
	t := Text{}.Plainf("Checklist: %s, %d to attest: ", strings.Join(parts, ", "), len(owed))
	for i, s := range owed {
		if i == mostOwed {
			return t.Plainf("; and %d more.", len(owed)-i)
		}
		if i > 0 {
			t = t.Plain("; ")
		}
		t = t.Plain(itemName(s.item.Group, s.item.Text))
		if s.item.Owner != "" {
			t = t.Plain(" (").Group(s.item.Owner).Plain(")")
		}
	}
	return t.Plain(".")
}
