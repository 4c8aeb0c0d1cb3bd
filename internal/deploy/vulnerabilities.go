package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// named is how many findings an objection names; the rest are in the scan.
const named = 5

var severities = []Severity{Critical, High, Medium, Low, Negligible, Unrated}

// tally is a scan held against a policy.
type tally struct {
	counts  map[Severity]int
	counted []Vulnerability // what counts, the worst first
	passed  int             // let pass by exceptions
	until   []time.Time     // of those exceptions, in order, each once
	expired []string        // exceptions that would have let something pass, with their dates
}

// found says which severities have more findings than they may, or nothing.
func (s ScanPolicy) found(scan Scan, now time.Time) string {
	t := s.tally(scan, now)
	var counts, limits []string
	over := map[Severity]bool{}
	last := 0
	for _, severity := range severities {
		most, asked := s.Most[severity]
		if n := t.counts[severity]; asked && n > most {
			counts, limits = append(counts, Thousands(int64(n))+" "+string(severity)), append(limits, Thousands(int64(most)))
			over[severity], last = true, n
		}
	}
	if len(counts) == 0 {
		return ""
	}
	text := listed(counts) + " vulnerabilities"
	if len(counts) == 1 && last == 1 {
		text = counts[0] + " vulnerability"
	}
	if s.Fixable {
		text += " with a fix"
	}
	text += ", at most " + listed(limits) + t.exceptions()
	worst := slices.DeleteFunc(t.counted, func(v Vulnerability) bool { return !over[v.Severity] })
	text += ": " + strings.Join(findings(worst), "; ")
	if len(t.expired) > 0 {
		text += "; expired: " + strings.Join(t.expired, ", ")
	}
	return text
}

// tally counts what a scan found; the same finding in several places of an image is one.
func (s ScanPolicy) tally(scan Scan, now time.Time) tally {
	t := tally{counts: map[Severity]int{}}
	type finding struct{ id, pkg, version string }
	seen := map[finding]bool{}
	for _, v := range scan.Vulnerabilities {
		v.Severity = rated(v.Severity)
		key := finding{strings.ToUpper(v.ID), v.Package, v.Version}
		if _, asked := s.Most[v.Severity]; !asked || seen[key] || s.Fixable && v.Fixed == "" {
			continue
		}
		seen[key] = true
		switch x, expired, found := s.exception(v, now); {
		case found && !expired:
			t.passed++
			t.until = append(t.until, x.Until)
			continue
		case found:
			t.expired = append(t.expired, fmt.Sprintf("the exception for %s on %s", v.ID, onDate(x.Until)))
		}
		t.counts[v.Severity]++
		t.counted = append(t.counted, v)
	}
	sortedBySeverity(t.counted)
	slices.SortFunc(t.until, time.Time.Compare)
	t.until = slices.CompactFunc(t.until, time.Time.Equal)
	slices.Sort(t.expired)
	t.expired = slices.Compact(t.expired)
	return t
}

func (t tally) exceptions() string {
	switch {
	case t.passed == 0:
		return ""
	case len(t.until) == 1:
		return fmt.Sprintf(" (%d let pass by exceptions until %s)", t.passed, onDate(t.until[0]))
	default:
		return fmt.Sprintf(" (%d let pass by exceptions, the first of which ends on %s)", t.passed, onDate(t.until[0]))
	}
}

// rated is a severity that is one of ours: what a scanner calls otherwise is unrated.
func rated(s Severity) Severity {
	if slices.Contains(severities, s) {
		return s
	}
	return Unrated
}

func findings(vs []Vulnerability) []string {
	var out []string
	for _, v := range vs[:min(named, len(vs))] {
		text := v.ID
		for _, s := range []string{v.Package, v.Version} {
			if s != "" {
				text += " " + s
			}
		}
		if v.Fixed == "" {
			text += " (no fix known)"
		} else {
			text += " → " + v.Fixed
		}
		out = append(out, text)
	}
	if more := len(vs) - named; more > 0 {
		out = append(out, fmt.Sprintf("and %s more", Thousands(int64(more))))
	}
	return out
}

// listed joins as people speak: 2 critical, 3 high and 5 medium.
func listed(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// expired says whether it is over: until 31 December counts on that day, in UTC.
func (x Exception) expired(now time.Time) bool {
	end := x.Until
	if end.Equal(end.UTC().Truncate(24 * time.Hour)) {
		end = end.Add(24 * time.Hour)
	}
	return !now.Before(end)
}

// exception finds the one that lets a finding pass, or else one that did until it expired.
func (s ScanPolicy) exception(v Vulnerability, now time.Time) (x Exception, expired, found bool) {
	for _, candidate := range s.Exceptions {
		if !strings.EqualFold(strings.TrimSpace(candidate.ID), strings.TrimSpace(v.ID)) {
			continue
		}
		if !candidate.expired(now) {
			return candidate, false, true
		}
		if !found || candidate.Until.After(x.Until) {
			x, expired, found = candidate, true, true
		}
	}
	return x, expired, found
}

func sortedBySeverity(vs []Vulnerability) {
	rank := map[Severity]int{}
	for i, s := range severities {
		rank[s] = i
	}
	slices.SortFunc(vs, func(a, b Vulnerability) int {
		fixed := func(v Vulnerability) int {
			if v.Fixed == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(fixed(a), fixed(b)),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Version, b.Version))
	})
}
