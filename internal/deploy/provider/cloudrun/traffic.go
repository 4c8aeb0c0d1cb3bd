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

// tags is the lines of a table that carry a tag, without their shares and without the tags named in except.
func tags(lines []*runpb.TrafficTarget, except ...string) []*runpb.TrafficTarget {
	var out []*runpb.TrafficTarget
	for _, l := range lines {
		if l.GetTag() != "" && !slices.Contains(except, l.GetTag()) {
			out = append(out, &runpb.TrafficTarget{Type: l.GetType(), Revision: l.GetRevision(), Tag: l.GetTag()})
		}
	}
	return out
}

// withoutLeftovers drops the tags of former releases that were never retired. A tag on a revision that failed
// keeps Cloud Run from putting any table into force, so one failed release would stand in the way of all that
// follow; and one that keeps an old revision warm costs money for good.
func withoutLeftovers(q deploy.StageRequest, lines []*runpb.TrafficTarget) []*runpb.TrafficTarget {
	return slices.DeleteFunc(lines, func(l *runpb.TrafficTarget) bool {
		return oldCandidate(q, l) || oldWarmth(q, l)
	})
}

// oldCandidate: a tag and a revision of the same number, named as Slipway names them. The baseline keeps its own.
func oldCandidate(q deploy.StageRequest, l *runpb.TrafficTarget) bool {
	number, attempt, ok := candidateNumbers(q.Service, shortName(l.GetRevision()))
	return ok && l.GetTag() == deploy.CandidateTag(number) && deploy.CandidateName(q.Service.Name, number, attempt) != q.Baseline
}

// oldWarmth: a tag named as Slipway names them, of another release than the one that asks, on a revision that can
// have been there before that release: one made by hand, or by a release of a smaller number.
func oldWarmth(q deploy.StageRequest, l *runpb.TrafficTarget) bool {
	n, found := strings.CutPrefix(l.GetTag(), strings.TrimSuffix(deploy.WarmTag(0), "0"))
	number, err := strconv.Atoi(n)
	if !found || err != nil || deploy.WarmTag(number) != l.GetTag() || l.GetType() != byName {
		return false
	}
	own, _, ok := candidateNumbers(q.Service, string(q.Candidate))
	if ok && own == number {
		return false
	}
	made, _, ours := candidateNumbers(q.Service, shortName(l.GetRevision()))
	return !ours || made < number
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

// without takes tags off a table. A line that has a share stays, without its tag.
func without(lines []*runpb.TrafficTarget, off []string) (out []*runpb.TrafficTarget, found bool) {
	for _, l := range lines {
		if l.GetTag() != "" && slices.Contains(off, l.GetTag()) {
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
