package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// Limits of Slipway's own.
const (
	mostFindings  = 1_000_000
	longestReason = 300 // characters
)

var (
	labelKey  = regexp.MustCompile(`^[!-~]{1,200}$`)
	findingID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([-:.][A-Za-z0-9]+)+$`) // CVE-2026-1234, GHSA-jfh8-c2jp-5v3q, RHSA-2026:0001
)

func (s *source) checkImagePolicy(path string, p ImagePolicy) {
	at := func(key string) string { return under(path, key) }
	s.must(p.MaxAge > 0, at("max_age"), "max_age is 0s", "no image is so young")
	_, ok := byteSize(p.MaxSize)
	hint := "write it like 512Mi or 2Gi"
	if m := nearSize(p.MaxSize); m != "" {
		hint = "did you mean " + strconv.Quote(m) + "?"
	}
	s.must(ok, at("max_size"), "max_size "+strconv.Quote(p.MaxSize)+" is not a size", hint)
	s.must(len(p.Labels) > 0, at("labels"), "labels is empty", "name one, or take it out")
	for i, label := range p.Labels {
		s.must(labelKey.MatchString(label), item(at("labels"), i), strconv.Quote(label)+" cannot be a label", "write its key only: org.opencontainers.image.revision")
	}
	if p.Scan != nil {
		s.checkScan(at("scan"), *p.Scan)
	}
	s.must(p.Scan != nil || s.excused(at("scan")), at("exceptions"), "exceptions stand without scan", "they are from what a scan may find")
	s.checkExceptions(at("exceptions"), p.Exceptions)
	_, msg, hint := publicKeys(p.SignedBy)
	s.must(msg == "", at("signed_by"), msg, hint)
}

func (s *source) checkScan(path string, p ScanPolicy) {
	limits := p.limits()
	for severity, most := range limits {
		s.must(most >= 0 && most <= mostFindings, under(path, string(severity)), fmt.Sprintf("%s %d is out of range", severity, most), "findings at most: 0 to 1000000")
	}
	if len(limits) == 0 {
		s.problem(path, "scan names no severity", "say how many findings there may be: {critical: 0, high: 0}")
	}
	s.must(p.MaxAge > 0, under(path, "max_age"), "max_age is 0s", "no scan is so young")
}

func (s *source) checkExceptions(path string, exceptions []Exception) {
	first := map[string]int{}
	for i, e := range exceptions {
		at := func(key string) string { return under(item(path, i), key) }
		for _, key := range []string{"id", "until", "reason"} {
			if !s.has(at(key)) {
				s.problem(at(key), "the exception has no "+key, "")
			}
		}
		s.must(findingID.MatchString(e.ID), at("id"), "id "+strconv.Quote(e.ID)+" is not a finding", "write it like CVE-2026-1234")
		_, ok := e.Until.day()
		s.must(ok, at("until"), "until "+strconv.Quote(string(e.Until))+" is not a day", "write it like 2026-12-31")
		s.must(called.MatchString(e.Reason), at("reason"), "reason "+strconv.Quote(e.Reason)+" cannot be shown in one line", "say why it may pass")
		s.must(utf8.RuneCountInString(e.Reason) <= longestReason, at("reason"), fmt.Sprintf("reason has %d characters, at most %d are allowed", utf8.RuneCountInString(e.Reason), longestReason), "")
		if other, twice := first[e.ID]; twice && e.ID != "" {
			s.problem(at("id"), e.ID+" stands here twice", "it is also on line "+strconv.Itoa(s.places[under(item(path, other), "id")].value.line))
			continue
		}
		first[e.ID] = i
	}
}
