package commands

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// mostOwners is how many of those who owe something are named in a line.
const mostOwners = 5

// unready says that a release waits for its checklist, and whom.
func unready(r deploy.Release, step *deploy.Step) Text {
	t := Text{}.Plainf("is at %s and waits since ", chapter(r, step)).Clock(step.Begun).Plain(" for " + stillOpen(r))
	if owed := owners(r.Readiness.Open); len(owed) > 0 {
		t = t.Plain(", owed by ").principals(owed[:min(len(owed), mostOwners)])
		if more := len(owed) - mostOwners; more > 0 {
			t = t.Plainf(" and %d more", more)
		}
	}
	if step.Within > 0 {
		t = t.Plain("; if they are open still it fails ").Clock(step.Begun.Add(step.Within))
	}
	return t
}

// stillOpen counts what is open: 4 of 45 checklist items.
func stillOpen(r deploy.Release) string {
	open := len(r.Readiness.Open)
	if len(r.Spec.Items) > 0 {
		return fmt.Sprintf("%d of %d checklist items", open, r.Readiness.Total)
	}
	if open == 1 {
		return "1 objection to its image"
	}
	return fmt.Sprintf("%d objections to its image", open)
}

// owners are those who owe open items, each once.
func owners(open []deploy.OpenItem) []deploy.Principal {
	var list []deploy.Principal
	for _, o := range open {
		if o.Owner != "" && !slices.Contains(list, o.Owner) {
			list = append(list, o.Owner)
		}
	}
	return list
}

// items counts them: 1 item, 3 items.
func items(n int) string {
	if n == 1 {
		return "1 item"
	}
	return fmt.Sprintf("%d items", n)
}

// itemName is how an item is named outside of its group.
func itemName(group, text string) string {
	if group == "" {
		return text
	}
	return group + ": " + text
}

// listed names items in at most room characters; what has no room is counted.
func listed(names []string, room int) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 && b.Len()+len(n) > room {
			fmt.Fprintf(&b, "; and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(n)
	}
	return b.String()
}
