package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

// because keeps the code and the words of an error of ours.
func (s *session) because(err error) error {
	return &deploy.Error{Code: deploy.CodeOf(err), Op: s.doing, Err: err}
}

func (s *session) error(code deploy.Code, msg, hint string) error {
	return &deploy.Error{Code: code, Op: s.doing, Msg: msg, Hint: hint}
}

// explainConnect says why there is no connection. What the driver says has user and address in it, and is not passed on.
func (s *session) explainConnect(ctx context.Context, err error) error {
	var (
		said    *pgconn.PgError
		known   *deploy.Error
		refused *egress.Refusal
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
	)
	at := place(s.spec)
	switch {
	case ctx.Err() != nil:
		return s.stopped(ctx)
	case errors.As(err, &said) && (strings.HasPrefix(said.Code, "28") || said.Code == "42501"):
		return s.error(deploy.Forbidden, at+" does not let us in ("+said.Code+")", "compare the login in the catalog, or its secret, with the users of the database")
	case errors.As(err, &said) && said.Code == "3D000":
		return s.error(deploy.NotFound, "there is no database of that name: "+at, "correct the name in the login, or create the database")
	case errors.As(err, &said) && said.Code == "53300":
		return s.error(deploy.Unavailable, at+" takes no more connections (53300)", "look who holds them, or raise max_connections")
	case errors.As(err, &said):
		return s.error(deploy.Unavailable, at+" lets nobody in now ("+said.Code+")", "look at the server's log")
	case errors.As(err, &known):
		return s.because(known)
	case errors.As(err, &refused):
		return s.error(deploy.Invalid, at+" is at an address that is not connected to", "name the address of a database in the login")
	case errors.As(err, &cert), errors.As(err, &unknown):
		return s.error(deploy.Unavailable, "the certificate of "+at+" is not one that is trusted here", "give it one that is, or write the sslmode that it needs")
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return s.error(deploy.Unavailable, at+" does not speak TLS", "write the sslmode that it needs into the login")
	}
	return s.error(deploy.Unavailable, at+" does not answer", "see that the server runs, and that the network lets connections through")
}

// explain says what became of statements of our own.
func (s *session) explain(ctx context.Context, err error) error { return s.explainAt(ctx, err, "") }

// explainAt says what became of a statement. where goes before the server's words: 014_x.sql line 3.
func (s *session) explainAt(ctx context.Context, err error, where string) error {
	var known *deploy.Error
	if err == nil {
		return nil
	}
	if errors.As(err, &known) {
		return err
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		if ctx.Err() != nil {
			return s.stopped(ctx)
		}
		if !s.IsClosed() { // the driver closes a connection that it cannot use any more
			return s.error(deploy.Internal, "an answer of "+place(s.spec)+" could not be read", "")
		}
		return s.error(deploy.Unavailable, "the connection to "+place(s.spec)+" was lost", "")
	}
	if said.Code == "57014" && ctx.Err() != nil {
		return s.stopped(ctx)
	}
	msg := words(said)
	if where != "" {
		msg = where + ": " + msg
	}
	code, hint := s.meaning(said)
	if said.Code == "57014" {
		msg = strings.TrimSuffix(msg, " (57014)")
		if _, limit := limits(s.spec); limit > 0 && strings.Contains(said.Message, "statement timeout") {
			msg += " of " + deploy.Planned(limit)
		}
		msg += " (57014)"
	}
	return s.error(code, msg, hint)
}

// meaning is the code of what the server says, and what to do next.
func (s *session) meaning(said *pgconn.PgError) (code deploy.Code, hint string) {
	switch said.Code {
	case "55P03":
		return deploy.Conflict, "somebody holds a lock on what is to be changed: look at pg_stat_activity"
	case "40001", "40P01":
		return deploy.Conflict, ""
	case "53100":
		return deploy.Invalid, "give the server more disk, then deploy again"
	case "57014":
		return deploy.Invalid, "make the script faster or split it, or raise database.migrations.statement_timeout"
	case "25006":
		return deploy.Invalid, "name the primary in the login: this server only reads"
	case "42501":
		return deploy.Forbidden, "grant the user of the migrations what it says"
	case "3D000":
		return deploy.NotFound, "create the database, or correct its name"
	}
	switch said.Code[:min(2, len(said.Code))] {
	case "08", "53", "57", "58":
		return deploy.Unavailable, ""
	case "28":
		return deploy.Forbidden, "compare the login with the users of the database"
	}
	return deploy.Invalid, ""
}

// stopped says that nobody waits any more. Whether the server has finished by then is found out by looking again.
func (s *session) stopped(ctx context.Context) error {
	return &deploy.Error{Code: deploy.Unavailable, Op: s.doing, Msg: place(s.spec) + " was not waited for", Err: ctx.Err()}
}

// quotes are pieces of scripts in the server's words: literals, which may be values or passwords.
var quotes = regexp.MustCompile(`(?s)"\$?[^"]*'.*"|\$\w*\$.*`)

// values are data in the server's words, which stand in quotes behind a colon: invalid input syntax for type integer: "x".
var values = regexp.MustCompile(`(?s)".*"`)

// mostWords is how much of what the server says is passed on.
const mostWords = 200

// words is what the server says, in one line, cut short, without values: column "a" does not exist (42703). Its detail
// and its hint, which have rows in them, are left out.
func words(said *pgconn.PgError) string {
	msg := said.Message
	if strings.HasPrefix(said.Code, "22") {
		msg = values.ReplaceAllString(msg, `"…"`)
	}
	msg = quotes.ReplaceAllString(msg, `"…"`)
	msg = strings.ToValidUTF8(strings.Join(strings.Fields(msg), " "), "")
	if utf8.RuneCountInString(msg) > mostWords {
		msg = string([]rune(msg)[:mostWords-1]) + "…"
	}
	return msg + " (" + said.Code + ")"
}
