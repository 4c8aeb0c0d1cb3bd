package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
	"slipway/internal/deploy/provider/tries"
)

// refused is something that another try would not change.
func refused(msg, hint string) error {
	return tries.Final(&deploy.Error{Code: deploy.Invalid, Msg: msg, Hint: hint})
}

// unexpected is an answer that may be another one at the next try.
func unexpected(msg, hint string) error {
	return &deploy.Error{Code: deploy.Invalid, Msg: msg, Hint: hint}
}

// later is something that may well be otherwise soon.
func later(msg, hint string) error {
	return &deploy.Error{Code: deploy.Unavailable, Msg: msg, Hint: hint}
}

// silence says why nobody answered in a protocol, about something: "Redis at cache:6379" does not accept connections. What
// the library has said is not in the error: it may quote what was sent or answered.
func silence(ctx context.Context, about, protocol string, err error) error {
	var (
		no   *egress.Refusal
		dns  *net.DNSError
		dial *net.OpError
	)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// The end of a connection's time may be noticed a moment before that of the context it was taken from.
		moment, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		<-moment.Done()
		cancel()
	}
	if certificate := untrusted(err); certificate != "" {
		return refused(about+" fails at TLS: "+certificate, "give it a certificate that is trusted, or correct the name in the address")
	}
	switch {
	case errors.As(err, &no):
		return refused(fmt.Sprintf("%s is not connected to: %s %s", about, no.Address, no.Why), "name an address that checks may connect to")
	case errors.Is(context.Cause(ctx), tries.ErrTime):
		return later(about+" did not answer before the time of the check was up", "see that the network lets connections through, or give the check more time")
	case ctx.Err() != nil:
		return &deploy.Error{Code: deploy.Unavailable, Msg: about + " was not waited for", Err: ctx.Err()}
	case errors.As(err, &dns) && dns.IsNotFound:
		return later(about+" leads nowhere: no name server knows the name", "correct the name, or create it in the DNS")
	case errors.As(err, &dns):
		return later(about+" cannot be looked up: no name server answers", "see that the network reaches its name servers")
	case errors.As(err, &dial) && dial.Op == "dial" && (dial.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)):
		return later(about+" does not answer to connections", "see that the network and its firewall let them through")
	case errors.As(err, &dial) && dial.Op == "dial":
		return later(about+" does not accept connections", "see that it runs, and that host and port are right")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return later(about+" broke the connection off", "look at its log")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return later(about+" took the connection and did not answer", "look at its log, and see whether this port speaks TLS")
	}
	return later(about+" has no answer that is "+protocol, "see that host and port are right")
}

// untrusted says what is wrong with a certificate, or with speaking TLS at all; empty if it is not about that.
func untrusted(err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		cert      *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return "the certificate is signed by nobody that is trusted here"
	case errors.As(err, &name):
		return "the certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired, or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &cert):
		return "the certificate is not valid"
	case errors.As(err, &record), err != nil && strings.Contains(err.Error(), "server refused TLS connection"):
		return "TLS is not spoken on this port"
	}
	return ""
}

// plain is a word of another program, such as its version, if it is nothing but one.
func plain(word string) string {
	word, _, _ = strings.Cut(strings.TrimSpace(word), " ")
	if word == "" || len(word) > 30 || strings.ContainsFunc(word, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.' && r != '-'
	}) {
		return ""
	}
	return word
}
