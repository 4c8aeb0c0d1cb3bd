package httpcheck

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

const (
	// mostExcerpt is how many characters of an answer are shown.
	mostExcerpt = 300
	// mostProblems is how many characters of what is wrong are shown: more than anybody expects of one call.
	mostProblems = 1500
	// mostSearched is how much of an answer is searched for what looks like a secret, to show the excerpt of it.
	mostSearched = 64 << 10
)

// line says which call it is about: call 2 of 5 (log in): POST https://host/login.
func (t *telling) line(st *step, r *request) string {
	path := r.url.EscapedPath()
	if path == "" {
		path = "/"
	}
	if r.url.RawQuery != "" {
		path += "?" + r.url.RawQuery
	}
	return fmt.Sprintf("%s: %s %s://%s%s", st.label, r.method, r.url.Scheme, r.url.Host, t.shown(path, 200))
}

// spoilt is a call with what is wrong with its answer.
func (t *telling) spoilt(st *step, r *request, problems []string) string {
	first, rest := problems[0], problems[1:]
	between := ": "
	if strings.HasPrefix(first, "answered ") || strings.HasPrefix(first, "took ") {
		between = " "
	}
	for _, p := range rest {
		first += "; " + p
	}
	if runes := []rune(first); len(runes) > mostProblems {
		first = string(runes[:mostProblems-1]) + "…"
	}
	return t.line(st, r) + between + first
}

// answered is an excerpt of an answer, in one line and without secrets.
func (t *telling) answered(a *answer) string {
	text := t.mask.hide(string(a.body))
	if a.cut {
		text = t.mask.trim(text)
	}
	if len(text) > mostSearched {
		text = text[:mostSearched]
	}
	text = strings.TrimSpace(text)
	switch {
	case len(a.body) == 0:
		return ". The answer has no body"
	case text == "":
		return ". The answer is blank"
	case !readable(text):
		return fmt.Sprintf(". The answer is no text (%s)", size(a))
	}
	return ". Answer: " + t.shown(text, mostExcerpt)
}

func size(a *answer) string {
	if a.cut {
		return "more than 1 MiB"
	}
	return fmt.Sprintf("%d bytes", len(a.body))
}

// readable says whether a text is mostly one.
func readable(s string) bool {
	bad := 0
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) {
			bad++
		}
	}
	return bad*20 <= len(s)
}

// shown is something from outside as people may see it: without secrets, in one line, without invisible characters,
// and cut.
func (t *telling) shown(s string, most int) string {
	s = hideUnknown(t.mask.hide(s))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, s)
	// Once more: a secret with a line break in it has come back with a space.
	s = t.mask.hide(strings.Join(strings.Fields(s), " "))
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}

// silence says why there was no answer. cause is why the context has ended, if it has.
func (t *telling) silence(st *step, r *request, cause, err error) *failure {
	f := &failure{code: deploy.Unavailable, err: err}
	host := r.url.Host
	var (
		dns     *net.DNSError
		dial    *net.OpError
		refused *egress.Refusal
		other   *elsewhere
	)
	said := ""
	switch {
	case errors.As(err, &refused):
		f.code, f.final = deploy.Invalid, true
		said = fmt.Sprintf("is not called: %s %s", refused.Address, refused.Why)
	case errors.As(err, &other):
		f.code, f.hint = deploy.Invalid, "correct the path, or expect the redirect's status if it is what should be there"
		said = fmt.Sprintf("leads to %s://%s%s, which is not followed: it is not where the check was sent to", other.to.Scheme, other.to.Host, t.shown(other.to.EscapedPath(), 200))
	case errors.Is(err, errEndless):
		f.code = deploy.Invalid
		said = fmt.Sprintf("is redirected again and again: given up after %d redirects", mostRedirects)
	case errors.Is(cause, errCallTime):
		said = "was not answered within " + deploy.Planned(st.call.Timeout)
	case errors.Is(cause, errCheckTime):
		said = "was not answered before the time of the check was up"
	case cause != nil:
		f.err = cause
		said = "was broken off"
	case errors.As(err, &dns):
		said = "reaches nobody: the name " + dns.Name + " leads nowhere"
	case errors.As(err, &dial) && dial.Op == "dial":
		said = "reaches nobody: " + host + " does not accept connections"
	default:
		f.code, said = unspoken(host, err)
		// What net/http says of an answer quotes it.
		f.err = errors.New(t.shown(err.Error(), 200))
	}
	f.msg = t.line(st, r) + " " + said
	return f
}

// unspoken is for what went wrong on a connection.
func unspoken(host string, err error) (deploy.Code, string) {
	var (
		untrusted x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		cert      *tls.CertificateVerificationError
		alert     *net.OpError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &untrusted):
		return deploy.Invalid, "fails at TLS: the certificate of " + host + " is signed by nobody that the bot trusts"
	case errors.As(err, &name):
		return deploy.Invalid, "fails at TLS: the certificate is not one for " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return deploy.Invalid, "fails at TLS: the certificate of " + host + " has expired, or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &cert):
		return deploy.Invalid, "fails at TLS: the certificate of " + host + " is not valid"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return deploy.Invalid, "fails at TLS: " + host + " does not speak it on this port"
	case errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error"), strings.HasPrefix(err.Error(), "tls: "):
		return deploy.Unavailable, "fails at TLS: " + host + " and the bot cannot agree"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return deploy.Unavailable, "was not answered: " + host + " broke the connection off"
	case strings.Contains(err.Error(), "response headers exceeded"):
		return deploy.Invalid, "is answered with more than 64 KiB of headers"
	}
	return deploy.Unavailable, "has no answer that is HTTP"
}
