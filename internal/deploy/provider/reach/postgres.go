package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/deploy/provider/egress"
)

// ours are the settings of a PostgreSQL address that are looked at. Those that lead to files of this machine are not, nor
// those that are for the service's own client (pgbouncer=true, schema=public).
var ours = []string{"host", "port", "user", "password", "database", "dbname", "sslmode", "ssl", "connect_timeout", "target_session_attrs", "channel_binding", "sslnegotiation"}

const postgresForm = "postgres://user:password@host:port/database"

// pgMeanings is what a SQLSTATE means. No other try changes it, unless soon is set.
var pgMeanings = map[string]struct {
	msg, hint string
	soon      bool
}{
	"28P01": {msg: "refuses the password", hint: "compare user and password in SOURCE with those of the database"},
	"28000": {msg: "does not let this user in", hint: "compare the user in SOURCE with those of the database, and look at its pg_hba.conf"},
	"3D000": {msg: "has no database of that name", hint: "correct the name at the end of the address, or create the database"},
	"42501": {msg: "does not let this user into the database", hint: "grant the user CONNECT on it"},
	"57P03": {msg: "is starting up or shutting down", hint: "try again when it is up", soon: true},
	"53300": {msg: "takes no more connections", hint: "raise max_connections, or look who holds the connections", soon: true},
}

// postgres logs in and asks SELECT 1.
func (c *Checker) postgres(ctx context.Context, a *address) (string, error) {
	config, err := c.postgresConfig(a)
	if err != nil {
		return "", err
	}
	at := a.where(net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))))
	if strings.HasPrefix(config.Host, "/") {
		at = a.where(config.Host)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return "", pgRefusal(ctx, a, at, err)
	}
	// The caller's time may be up; saying goodbye takes none to speak of.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "SELECT 1").ReadAll(); err != nil {
		return "", pgRefusal(ctx, a, at, err)
	}
	return strings.TrimSpace("PostgreSQL " + plain(conn.ParameterStatus("server_version"))), nil
}

// postgresConfig reads an address. Nothing that logs in is taken from the bot's own environment or files.
func (c *Checker) postgresConfig(a *address) (*pgconn.Config, error) {
	scheme, all, _ := strings.Cut(a.text, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, a.wrong("is not a postgres:// URL", postgresForm)
	}
	before, query, _ := strings.Cut(all, "?")
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, a.wrong("is not a postgres:// URL", postgresForm)
	}
	kept := url.Values{}
	for _, name := range ours {
		if v := given.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	text := scheme + "://" + before + "?" + strings.ReplaceAll(kept.Encode(), "+", "%20")
	config, err := pgconn.ParseConfigWithOptions(text, pgconn.ParseConfigOptions{ConnStringAllowedKeys: ours})
	if err != nil {
		return nil, a.wrong("is not a postgres:// URL", postgresForm)
	}
	login, rest := "", before
	if i := strings.IndexAny(before, "@/"); i >= 0 && before[i] == '@' {
		login, rest = before[:i], before[i+1:]
	}
	host, database, _ := strings.Cut(rest, "/")
	user, password, _ := strings.Cut(login, ":")
	switch {
	case (host == "" || host[0] == ':') && kept.Get("host") == "":
		return nil, a.wrong("names no host", postgresForm)
	case user == "" && kept.Get("user") == "":
		return nil, a.wrong("names no user", postgresForm)
	}
	if password == "" && kept.Get("password") == "" {
		config.Password = ""
	}
	if database == "" && kept.Get("database") == "" && kept.Get("dbname") == "" {
		config.Database = ""
	}
	config.RuntimeParams = map[string]string{"application_name": "slipway"}
	c.guardPostgres(config, a)
	return config, nil
}

// guardPostgres puts the dialers, and the authorities, into a configuration.
func (c *Checker) guardPostgres(config *pgconn.Config, a *address) {
	guard := egress.Guard{Public: a.public, Local: egress.IsLocal(config.Host)}
	trusting := []*tls.Config{config.TLSConfig}
	for _, f := range config.Fallbacks {
		guard.Local = guard.Local || egress.IsLocal(f.Host)
		trusting = append(trusting, f.TLSConfig)
	}
	for _, t := range trusting {
		if t != nil && t.RootCAs == nil {
			t.RootCAs = c.roots
		}
	}
	dialer := guard.Dialer(connectWithin)
	config.LookupFunc = c.resolver.LookupHost
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		connect := dialer.DialContext
		if network == "unix" {
			connect = func(ctx context.Context, _, at string) (net.Conn, error) { return c.dialSocket(ctx, a.public, at) }
		}
		conn, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &bounded{Conn: conn, left: mostAnswers}, nil
	}
}

// dialSocket connects to a socket of the folder that is for them; it is on this machine, and stands for a database
// elsewhere.
func (c *Checker) dialSocket(ctx context.Context, public bool, at string) (net.Conn, error) {
	inside, err := filepath.Rel(c.sockets, filepath.Clean(at))
	if err != nil || public || !filepath.IsLocal(inside) {
		return nil, &egress.Refusal{Address: at, Why: "is a socket of the bot's own machine"}
	}
	return (&net.Dialer{Timeout: connectWithin}).DialContext(ctx, "unix", at)
}

func pgRefusal(ctx context.Context, a *address, at string, err error) error {
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) {
		about := "PostgreSQL at " + at + " "
		m, known := pgMeanings[said.Code]
		switch {
		case !known:
			return unexpected(about+"refuses with SQLSTATE "+plain(said.Code), "look the code up in PostgreSQL's appendix A")
		case m.soon:
			return later(about+m.msg, m.hint)
		}
		return refused(about+m.msg, strings.ReplaceAll(m.hint, "SOURCE", a.source()))
	}
	return silence(ctx, "PostgreSQL at "+at, "PostgreSQL's", err)
}
