package alerts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
)

// isAbout says whether a policy is enabled and names a service.
func isAbout(p *monitoringpb.AlertPolicy, service string) bool {
	if service == "" || p.GetEnabled() != nil && !p.GetEnabled().GetValue() {
		return false
	}
	for _, c := range p.GetConditions() {
		for _, text := range texts(c) {
			if names(text, service) {
				return true
			}
		}
	}
	for _, label := range p.GetUserLabels() {
		if names(label, service) {
			return true
		}
	}
	return false
}

// texts is what a condition asks for, in whichever of the languages it asks.
func texts(c *monitoringpb.AlertPolicy_Condition) []string {
	return []string{
		c.GetConditionThreshold().GetFilter(), c.GetConditionThreshold().GetDenominatorFilter(),
		c.GetConditionAbsent().GetFilter(), c.GetConditionMatchedLog().GetFilter(),
		c.GetConditionMonitoringQueryLanguage().GetQuery(), c.GetConditionPrometheusQueryLanguage().GetQuery(),
		c.GetConditionSql().GetQuery(),
	}
}

// names says whether a word is in a text with no letter, digit, dash or underscore next to it: coditect-app is not in
// coditect-app-production.
func names(text, word string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		begin, end := from+at, from+at+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !joins(before) && !joins(after) {
			return true
		}
		from = begin + 1
	}
}

func joins(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
