package deploy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var policyNow = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// only is one objection, by rule and text.
func only(rule, text string) []deploy.Objection {
	return []deploy.Objection{{Rule: rule, Text: text}}
}

func TestWhatAnImagePolicySaysOfTheImage(t *testing.T) {
	t.Parallel()
	const gi = int64(1) << 30
	built := func(at time.Time) deploy.Evidence { return deploy.Evidence{Image: deploy.Image{Built: at}} }
	labels := func(kv ...string) deploy.Evidence {
		e := deploy.Evidence{Details: deploy.ImageDetails{Labels: map[string]string{}}}
		for i := 0; i < len(kv); i += 2 {
			e.Details.Labels[kv[i]] = kv[i+1]
		}
		return e
	}
	young := deploy.ImagePolicy{MaxAge: 90 * day}
	small := deploy.ImagePolicy{MaxSize: gi}
	limit := policyNow.Add(-90 * day)
	tests := []struct {
		name   string
		policy deploy.ImagePolicy
		e      deploy.Evidence
		want   []deploy.Objection
	}{
		{"no policy asks nothing", deploy.ImagePolicy{}, deploy.Evidence{Unsigned: "nobody signed it", Unscanned: "nobody scanned it"}, nil},
		{"as old as it may be", young, built(limit), nil},
		{"a second older", young, built(limit.Add(-time.Second)), only("age", "built on 27 Aug 2026, 90 days 1 s ago, at most 90 days are allowed")},
		{"minutes older", young, built(limit.Add(-12 * time.Minute)), only("age", "built on 27 Aug 2026, 90 days 12 min ago, at most 90 days are allowed")},
		{"much older", young, built(limit.Add(-5*day - 3*time.Hour)), only("age", "built on 22 Aug 2026, 95 days 3 h ago, at most 90 days are allowed")},
		{"a limit of hours", deploy.ImagePolicy{MaxAge: 24 * time.Hour}, built(policyNow.Add(-30 * time.Hour)), only("age", "built on 24 Nov 2026, 30 h ago, at most 24 h are allowed")},
		{"it does not say how old it is", young, built(time.Time{}), only("age", "the image does not say when it was built; it may be at most 90 days old")},
		{"a reproducible build from 1970", young, built(time.Unix(0, 0)), only("age", "the image does not say when it was built; it may be at most 90 days old")},
		{"a reproducible build whose label says when", young, labels("org.opencontainers.image.created", "2026-11-01T00:00:00Z"), nil},
		{"the label says that it is too old", young, labels("org.opencontainers.image.created", "2026-01-01T12:00:00Z"), only("age", "built on 1 Jan 2026, 328 days ago, at most 90 days are allowed")},

		{"as large as it may be", small, deploy.Evidence{Image: deploy.Image{Size: gi}}, nil},
		{"a byte larger", small, deploy.Evidence{Image: deploy.Image{Size: gi + 1}}, only("size", "1 GiB to download, at most 1 GiB are allowed (1,073,741,825 and 1,073,741,824 bytes)")},
		{"a quarter larger", small, deploy.Evidence{Image: deploy.Image{Size: gi + gi/4}}, only("size", "1.25 GiB to download, at most 1 GiB are allowed (1,342,177,280 and 1,073,741,824 bytes)")},
		{"of no size", small, deploy.Evidence{}, only("size", "it is not known how large the image is; it may be at most 1 GiB")},

		{"the label is there", deploy.ImagePolicy{Labels: []string{"a"}}, labels("a", "1"), nil},
		{"the label is missing", deploy.ImagePolicy{Labels: []string{"a"}}, labels("b", "1"), only("labels", "the label a is missing")},
		{"an empty label is missing", deploy.ImagePolicy{Labels: []string{"b", "a", "c"}}, labels("a", " ", "c", "1"), only("labels", "2 of 3 labels are missing: b, a")},

		{"it is signed", deploy.ImagePolicy{Signature: []string{"key"}}, deploy.Evidence{}, nil},
		{"it is not signed", deploy.ImagePolicy{Signature: []string{"key"}}, deploy.Evidence{Unsigned: "nobody has signed it"}, only("signature", "nobody has signed it")},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.policy.Objections(tc.e, policyNow)); diff != "" {
				t.Errorf("objections (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatAnImagePolicySaysOfTheScan(t *testing.T) {
	t.Parallel()
	fresh := deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0}, MaxAge: 30 * day}
	scan := func(at time.Time) deploy.Evidence {
		return deploy.Evidence{Scan: &deploy.Scan{Source: "Artifact Analysis", At: at}}
	}
	tests := []struct {
		name string
		e    deploy.Evidence
		want []deploy.Objection
	}{
		{"as old as it may be", scan(policyNow.Add(-30 * day)), nil},
		{"older", scan(policyNow.Add(-31 * day)), only("scan", "the scan (Artifact Analysis) is of 25 Oct 2026, 31 days ago, at most 30 days are allowed: scan the image again")},
		{"it does not say how old it is", scan(time.Time{}), only("scan", "the scan (Artifact Analysis) does not say when it was made; it may be at most 30 days old")},
		{"there is none", deploy.Evidence{}, only("scan", "there is no scan of the image: nobody has scanned it")},
		{"there is none yet", deploy.Evidence{Unscanned: "Artifact Analysis is still scanning"}, only("scan", "there is no scan of the image: Artifact Analysis is still scanning")},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, deploy.ImagePolicy{Scan: &fresh}.Objections(tc.e, policyNow)); diff != "" {
				t.Errorf("objections (-want +got):\n%s", diff)
			}
		})
	}
	if got := (deploy.ImagePolicy{Scan: &deploy.ScanPolicy{}}).Objections(scan(time.Time{}), policyNow); got != nil {
		t.Errorf("any age will do: %v", got)
	}
}

// cve is the finding of a number, in package p1 and so on, with a fix.
func cve(n int, s deploy.Severity) deploy.Vulnerability {
	return deploy.Vulnerability{ID: fmt.Sprintf("CVE-2026-%04d", n), Severity: s, Package: fmt.Sprintf("p%d", n), Version: "1.0", Fixed: "1.1"}
}

func unfixed(v deploy.Vulnerability) deploy.Vulnerability {
	v.Fixed = ""
	return v
}

func TestVulnerabilities(t *testing.T) {
	t.Parallel()
	type limits = map[deploy.Severity]int
	none := limits{deploy.Critical: 0, deploy.High: 0}
	except := func(id string, until time.Time) deploy.Exception {
		return deploy.Exception{ID: id, Until: until, Reason: "why"}
	}
	newYear := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	many := []deploy.Vulnerability{cve(6, deploy.High), cve(3, deploy.Critical), cve(1, deploy.High), unfixed(cve(2, deploy.Critical)), cve(5, deploy.High), cve(4, deploy.High), cve(7, deploy.High)}
	tests := []struct {
		name   string
		policy deploy.ScanPolicy
		found  []deploy.Vulnerability
		want   string
	}{
		{"none are found", deploy.ScanPolicy{Most: none}, nil, ""},
		{"severities that are not in the policy do not count", deploy.ScanPolicy{Most: none}, []deploy.Vulnerability{cve(1, deploy.Medium), cve(2, "odd")}, ""},
		{"as many as there may be", deploy.ScanPolicy{Most: limits{deploy.High: 2}}, []deploy.Vulnerability{cve(1, deploy.High), cve(2, deploy.High)}, ""},
		{"one more", deploy.ScanPolicy{Most: limits{deploy.High: 2, deploy.Critical: 0}}, []deploy.Vulnerability{cve(1, deploy.High), cve(3, deploy.High), cve(2, deploy.High)},
			"3 high vulnerabilities, at most 2: CVE-2026-0001 p1 1.0 → 1.1; CVE-2026-0002 p2 1.0 → 1.1; CVE-2026-0003 p3 1.0 → 1.1"},
		{"one", deploy.ScanPolicy{Most: none}, []deploy.Vulnerability{unfixed(cve(1, deploy.Critical))}, "1 critical vulnerability, at most 0: CVE-2026-0001 p1 1.0 (no fix known)"},
		{"the worst are named, those with a fix first", deploy.ScanPolicy{Most: none}, many,
			"2 critical and 5 high vulnerabilities, at most 0 and 0: CVE-2026-0003 p3 1.0 → 1.1; CVE-2026-0002 p2 1.0 (no fix known); " +
				"CVE-2026-0001 p1 1.0 → 1.1; CVE-2026-0004 p4 1.0 → 1.1; CVE-2026-0005 p5 1.0 → 1.1; and 2 more"},
		{"only those with a fix count", deploy.ScanPolicy{Most: limits{deploy.Critical: 0}, Fixable: true}, []deploy.Vulnerability{unfixed(cve(1, deploy.Critical)), cve(2, deploy.Critical)},
			"1 critical vulnerability with a fix, at most 0: CVE-2026-0002 p2 1.0 → 1.1"},
		{"none of them has a fix", deploy.ScanPolicy{Most: none, Fixable: true}, []deploy.Vulnerability{unfixed(cve(1, deploy.Critical))}, ""},
		{"the same in two places is one", deploy.ScanPolicy{Most: limits{deploy.High: 1}}, []deploy.Vulnerability{cve(1, deploy.High), cve(1, deploy.High)}, ""},
		{"the same in two packages is two", deploy.ScanPolicy{Most: limits{deploy.High: 1}}, []deploy.Vulnerability{cve(1, deploy.High), {ID: "CVE-2026-0001", Severity: deploy.High, Package: "other"}},
			"2 high vulnerabilities, at most 1: CVE-2026-0001 p1 1.0 → 1.1; CVE-2026-0001 other (no fix known)"},
		{"what a scanner calls otherwise is unrated", deploy.ScanPolicy{Most: limits{deploy.Unrated: 0}}, []deploy.Vulnerability{cve(1, "odd")}, "1 unrated vulnerability, at most 0: CVE-2026-0001 p1 1.0 → 1.1"},

		{"an exception lets all pass", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("cve-2026-0001", newYear)}}, []deploy.Vulnerability{cve(1, deploy.Critical)}, ""},
		{"an exception lets one pass", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", newYear)}}, []deploy.Vulnerability{cve(1, deploy.Critical), cve(2, deploy.Critical)},
			"1 critical vulnerability, at most 0 (1 let pass by exceptions until 31 Dec 2026): CVE-2026-0002 p2 1.0 → 1.1"},
		{"exceptions that end on several days", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", newYear), except("CVE-2026-0002", newYear.Add(-day))}},
			[]deploy.Vulnerability{cve(1, deploy.Critical), cve(2, deploy.High), cve(3, deploy.High)},
			"1 high vulnerability, at most 0 (2 let pass by exceptions, the first of which ends on 30 Dec 2026): CVE-2026-0003 p3 1.0 → 1.1"},
		{"a day counts to its end", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", policyNow.Truncate(day))}}, []deploy.Vulnerability{cve(1, deploy.High)}, ""},
		{"the day after it is over", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", policyNow.Truncate(day).Add(-day))}}, []deploy.Vulnerability{cve(1, deploy.High)},
			"1 high vulnerability, at most 0: CVE-2026-0001 p1 1.0 → 1.1; expired: the exception for CVE-2026-0001 on 24 Nov 2026"},
		{"at its very moment it is over", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", policyNow)}}, []deploy.Vulnerability{cve(1, deploy.High)},
			"1 high vulnerability, at most 0: CVE-2026-0001 p1 1.0 → 1.1; expired: the exception for CVE-2026-0001 on 25 Nov 2026"},
		{"a new exception takes the place of an expired one", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-0001", newYear.Add(-90*day)), except("CVE-2026-0001", newYear)}},
			[]deploy.Vulnerability{cve(1, deploy.High)}, ""},
		{"an exception for something else", deploy.ScanPolicy{Most: none, Exceptions: []deploy.Exception{except("CVE-2026-00011", newYear)}}, []deploy.Vulnerability{cve(1, deploy.High)},
			"1 high vulnerability, at most 0: CVE-2026-0001 p1 1.0 → 1.1"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var want []deploy.Objection
			if tc.want != "" {
				want = only("vulnerabilities", tc.want)
			}
			given := slices.Clone(tc.found)
			e := deploy.Evidence{Scan: &deploy.Scan{At: policyNow, Vulnerabilities: tc.found}}
			if diff := cmp.Diff(want, deploy.ImagePolicy{Scan: &tc.policy}.Objections(e, policyNow)); diff != "" {
				t.Errorf("objections (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(given, tc.found); diff != "" {
				t.Errorf("the scan itself was changed:\n%s", diff)
			}
		})
	}
}

func TestObjectionsComeInOneOrder(t *testing.T) {
	t.Parallel()
	p := deploy.ImagePolicy{
		MaxAge: day, MaxSize: 1, Labels: []string{"a"}, Signature: []string{"key"},
		Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.High: 0, deploy.Low: 0, deploy.Critical: 0}, MaxAge: day},
	}
	e := deploy.Evidence{Unsigned: "nobody has signed it", Scan: &deploy.Scan{Vulnerabilities: []deploy.Vulnerability{cve(1, deploy.Low), cve(2, deploy.High), cve(3, deploy.Critical)}}}
	var rules []string
	for _, o := range p.Objections(e, policyNow) {
		rules = append(rules, o.Rule)
	}
	if diff := cmp.Diff([]string{"age", "size", "labels", "scan", "vulnerabilities", "signature"}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	for range 20 {
		if diff := cmp.Diff(p.Objections(e, policyNow), p.Objections(e, policyNow)); diff != "" {
			t.Fatalf("another time:\n%s", diff)
		}
	}
}
