package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

// reason is why a request has no answer, in our own words: those of an error may have an address or a part of an
// answer in them, and so a secret. The library hands on errors as text, with more around it; the mark finds ours in it.
type reason string

const (
	mark = "\x00"

	brokenOff reason = mark + "over"                                 // by ourselves: nobody waits any more
	noTime    reason = mark + "no answer in time"                    //
	refused   reason = mark + "connection refused"                   // from here on: no connection to an answer
	noConn    reason = mark + "no connection"                        //
	noName    reason = mark + "the name leads nowhere"               //
	noSockets reason = mark + "this machine has no more connections" //
	notCalled reason = mark + "an address that is not called"        //
	badTLS    reason = mark + "TLS"                                  //
	broken    reason = mark + "connection broken off"                //
	noHTTP    reason = mark + "no answer that is HTTP"               //
)

func (r reason) Error() string { return string(r) }

// reasonIn finds the reason in what the library says of an error.
func reasonIn(text string) reason {
	if i := strings.LastIndex(text, mark); i >= 0 {
		return reason(text[i:])
	}
	return noHTTP
}

// because says why there was no answer, and keeps what would not change if it was tried again.
func (s *sender) because(ctx context.Context, err error) error {
	var (
		told reason
		no   *egress.Refusal
		dns  *net.DNSError
		dial *net.OpError
	)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTime):
		return noTime
	case cause != nil, errors.Is(err, errOver):
		return brokenOff
	case errors.As(err, &told):
		return told
	case errors.As(err, &no):
		s.final.CompareAndSwap(nil, isRefused(no))
		return notCalled
	case errors.As(err, &dns):
		return noName
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return noSockets
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused
	case errors.As(err, &dial) && dial.Op == "dial":
		return noConn
	case errors.Is(err, os.ErrDeadlineExceeded):
		return noTime
	}
	if said := certificate(s.aim.base.Host, err); said != "" {
		s.final.CompareAndSwap(nil, &deploy.Error{Code: deploy.Invalid, Msg: "no request can be sent: it fails at TLS: " + said, Err: badTLS})
		return badTLS
	}
	switch {
	case errors.As(err, &dial) && (dial.Op == "remote error" || dial.Op == "local error"), strings.HasPrefix(err.Error(), "tls: "):
		return badTLS
	case gone(err):
		return broken
	}
	return noHTTP
}

// gone says whether the other side has hung up.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isRefused(r *egress.Refusal) *deploy.Error {
	return &deploy.Error{Code: deploy.Invalid, Msg: "no load is sent there: " + r.Address + " " + r.Why, Err: r}
}

// certificate says what is wrong with TLS at a host for good; empty if it is something else.
func certificate(host string, err error) string {
	var (
		untrusted x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		cert      *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &untrusted):
		return "the certificate of " + host + " is signed by nobody that the bot trusts"
	case errors.As(err, &name):
		return "the certificate is not one for " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + host + " has expired, or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &cert):
		return "the certificate of " + host + " is not valid"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return host + " does not speak it on this port"
	}
	return ""
}
