package deploy

import (
	"strconv"
	"strings"
)

// describeShares says who has how much traffic: "a 90 %, b 10 %".
func describeShares(shares []Share) string {
	var parts []string
	for _, s := range shares {
		if s.Percent > 0 {
			parts = append(parts, string(s.Revision)+" "+strconv.Itoa(s.Percent)+" %")
		}
	}
	if len(parts) == 0 {
		return "no revision has traffic"
	}
	return strings.Join(parts, ", ")
}

// Foreign names a revision, other than the ones given, that has traffic: somebody moved it by hand.
func (s Service) Foreign(ours ...RevisionName) (Share, bool) {
next:
	for _, t := range s.Traffic {
		if t.Percent == 0 {
			continue
		}
		for _, o := range ours {
			if t.Revision == o {
				continue next
			}
		}
		return t, true
	}
	return Share{}, false
}
