package lines

import (
	"regexp"
	"strings"
)

// masked stands where a secret was.
const masked = "***"

// shapes are secrets that can be told by how they look, wherever they stand.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`),
	regexp.MustCompile(`\b(xox[a-z]|xapp)-[A-Za-z0-9-]{6,}`),                             // Slack
	regexp.MustCompile(`\bhooks\.slack\.com/(services|workflows|triggers)/[^\s"']+`),     // the address is the secret
	regexp.MustCompile(`\b(gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-\S{20})`), // GitHub, GitLab
	regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`),                                    // AWS
	regexp.MustCompile(`\bAIza[\w-]{35}`),                                                // Google: API key
	regexp.MustCompile(`\bya29\.[\w.-]+`),                                                // Google: access token
	regexp.MustCompile(`\b(sk|pk|rk)[-_](live|test|proj|ant)[-_][\w-]{8,}`),              // Stripe and others
	regexp.MustCompile(`\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*`),                              // JSON web token
}

var (
	bearer        = regexp.MustCompile(`(?i)\b(bearer\s+)([\w.~+/=-]{6,})`)
	authorization = regexp.MustCompile(`(?i)\b((?:proxy-)?authorization)(\\?["']?\s*(?::=|=>|[:=])\s*\[?)(\\?"[^"\n]*"|(?:(?:basic|bearer|digest|token|apikey|negotiate)\s+)?[^\s"']+)`)
	// cookie takes the rest of the line: it has many parts.
	cookie = regexp.MustCompile(`(?i)\b((?:set-)?cookie)(\\?["']?\s*[:=]\s*)(\\?"[^"\n]*"|[^\n"']+)`)
	// address is scheme://user:password@; the password is all up to the last @ before a space, for it may have slashes.
	address = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:@/"']*):([^\s"']*)@`)
	port    = regexp.MustCompile(`^\d*/`)
	// dsn is an address in the form of Go's MySQL driver.
	dsn = regexp.MustCompile(`([\w.-]+):([^\s"']+)@(tcp|unix)\(`)
	// pair is name=value, name: value, "name":"value" with or without escapes.
	pair = regexp.MustCompile(`(?i)([\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?[\w.-]*)` +
		`(\\?["']?\s*(?:=>|:=|[:=])\s*)(\\?"[^"\n]*"|\\?'[^'\n]*'|[^\s"'\\,;&)}\]]+)`)
	certain = regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|secret)`)
)

// mask hides what looks like a secret. It hides too much rather than too little where a value stands beside a name
// such as password; a plain word after "token:" is left, because that is how errors are worded.
func mask(s string) string {
	for _, shape := range shapes {
		s = shape.ReplaceAllLiteralString(s, masked)
	}
	for _, re := range []*regexp.Regexp{authorization, cookie} {
		s = replace(re, s, func(m []string) string { return m[1] + m[2] + masked })
	}
	s = replace(bearer, s, func(m []string) string {
		if !random(m[2]) {
			return m[0]
		}
		return m[1] + masked
	})
	s = replace(address, s, func(m []string) string {
		if port.MatchString(m[2]) { // host:8080/path?to=somebody@example.com
			return m[0]
		}
		return m[1] + ":" + masked + "@"
	})
	s = replace(dsn, s, func(m []string) string { return m[1] + ":" + masked + "@" + m[3] + "(" })
	return replace(pair, s, func(m []string) string {
		name, between, value := m[1], m[2], m[3]
		quoted := strings.ContainsAny(value[:1], `"'\`)
		if !certain.MatchString(name) && strings.Contains(between, ":") && !quoted && !random(value) {
			return m[0]
		}
		return name + between + masked
	})
}

// random says whether a word is more likely a key than a word: it is long, or has digits in it.
func random(s string) bool { return len(s) >= 20 || strings.ContainsAny(s, "0123456789") }

// replace calls f with each match and its groups, all of which take part in every match.
func replace(re *regexp.Regexp, s string, f func(m []string) string) string {
	var b strings.Builder
	last := 0
	for _, at := range re.FindAllStringSubmatchIndex(s, -1) {
		var m []string
		for g := 0; g < len(at); g += 2 {
			m = append(m, s[at[g]:at[g+1]])
		}
		b.WriteString(s[last:at[0]])
		b.WriteString(f(m))
		last = at[1]
	}
	return b.String() + s[last:]
}
