package cloudrun

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

const (
	byName   = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
	toLatest = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
)

// table is a traffic table: the shares that are not zero, largest first and each pinned by name, then the tags.
func table(shares map[deploy.RevisionName]int, tags []*runpb.TrafficTarget) []*runpb.TrafficTarget {
	names := slices.SortedFunc(maps.Keys(shares), func(a, b deploy.RevisionName) int {
		return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b))
	})
	var out []*runpb.TrafficTarget
	for _, name := range names {
		if shares[name] > 0 {
			out = append(out, &runpb.TrafficTarget{Type: byName, Revision: string(name), Percent: int32(shares[name])})
		}
	}
	return append(out, tags...)
}

// tags is the lines of a table that carry a tag, without their shares and without the tag named except.
func tags(lines []*runpb.TrafficTarget, except string) []*runpb.TrafficTarget {
	var out []*runpb.TrafficTarget
	for _, l := range lines {
		if l.GetTag() != "" && l.GetTag() != except {
			out = append(out, &runpb.TrafficTarget{Type: l.GetType(), Revision: l.GetRevision(), Tag: l.GetTag()})
		}
	}
	return out
}

// withoutLeftovers drops the tags of former releases that were never retired. A tag on a revision that failed
// keeps Cloud Run from putting any table into force, so one failed release would stand in the way of all that
// follow. Only a tag and a revision of the same number, named as Slipway names them, are taken for leftovers.
func withoutLeftovers(s deploy.ServiceRef, lines []*runpb.TrafficTarget, baseline deploy.RevisionName) []*runpb.TrafficTarget {
	return slices.DeleteFunc(lines, func(l *runpb.TrafficTarget) bool {
		number, attempt, ok := candidateNumbers(s, shortName(l.GetRevision()))
		return ok && l.GetTag() == deploy.CandidateTag(number) && deploy.CandidateName(s.Name, number, attempt) != baseline
	})
}

// candidateNumbers reads a name that deploy.CandidateName gave.
func candidateNumbers(s deploy.ServiceRef, revision string) (number, attempt int, ok bool) {
	n, a, found := strings.Cut(strings.TrimPrefix(revision, s.Name+"-r"), "-")
	number, badNumber := strconv.Atoi(n)
	attempt, badAttempt := strconv.Atoi(a)
	if !found || badNumber != nil || badAttempt != nil {
		return 0, 0, false
	}
	return number, attempt, string(deploy.CandidateName(s.Name, number, attempt)) == revision
}

// asksFor says whether a table asks for exactly these shares, each pinned by name.
func asksFor(lines []*runpb.TrafficTarget, shares map[deploy.RevisionName]int) bool {
	asked := map[deploy.RevisionName]int{}
	for _, l := range lines {
		if l.GetPercent() == 0 {
			continue
		}
		if l.GetType() == toLatest || l.GetRevision() == "" {
			return false
		}
		asked[deploy.RevisionName(shortName(l.GetRevision()))] += int(l.GetPercent())
	}
	return sameShares(asked, shares)
}

// serves says whether a report shows exactly these shares.
func serves(report []deploy.Share, shares map[deploy.RevisionName]int) bool {
	served := map[deploy.RevisionName]int{}
	for _, r := range report {
		if r.Percent > 0 {
			served[r.Revision] += r.Percent
		}
	}
	return sameShares(served, shares)
}

func sameShares(got, want map[deploy.RevisionName]int) bool {
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(_ deploy.RevisionName, percent int) bool { return percent == 0 })
	return maps.Equal(got, want)
}

// without takes a tag off a table. A line that has a share stays, without the tag.
func without(lines []*runpb.TrafficTarget, tag string) (out []*runpb.TrafficTarget, found bool) {
	for _, l := range lines {
		if l.GetTag() == tag {
			found = true
			if l.GetPercent() == 0 {
				continue
			}
			l = &runpb.TrafficTarget{Type: l.GetType(), Revision: l.GetRevision(), Percent: l.GetPercent()}
		}
		out = append(out, l)
	}
	return out, found
}
