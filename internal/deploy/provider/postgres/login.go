package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
	"slipway/internal/deploy/provider/egress"
)

// application is the name of our sessions at the server.
const application = "slipway"

// ours are the settings of an address that are looked at. Those that lead to files of this machine are not, nor those
// that are for an application's own client (pgbouncer=true).
var ours = []string{"host", "port", "user", "password", "database", "dbname", "sslmode", "ssl", "connect_timeout", "target_session_attrs",
	"channel_binding", "sslnegotiation", "search_path"}

const form = "write postgres://user:${secret:NAME}@host:port/database, or ${secret:NAME} for all of it"

// config is how a database is connected to. Nothing that logs in is taken from the bot's own environment or files.
func (d *Databases) config(ctx context.Context, q *deploy.DatabaseQuery) (*pgx.ConnConfig, error) {
	var config *pgx.ConnConfig
	var err error
	if q.Database.Login == "" {
		config, err = d.throughDial(&q.Database)
	} else {
		config, err = d.byLogin(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	path := config.RuntimeParams["search_path"]
	// Scripts are read as the parser reads them, whatever the role or the database has as a default.
	config.RuntimeParams = map[string]string{"application_name": application, "client_encoding": "UTF8", "standard_conforming_strings": "on"}
	if path != "" {
		config.RuntimeParams["search_path"] = path
	}
	// Statements are sent once and not prepared first: that halves the round trips.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnectTimeout = connectWithin
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelWithin}
	}
	return config, nil
}

// throughDial leaves the way there, and who we are, to Dial.
func (d *Databases) throughDial(spec *deploy.DatabaseSpec) (*pgx.ConnConfig, error) {
	switch {
	case d.dial == nil:
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "the catalog has no login for " + place(spec) + ", and nothing here connects without one",
			Hint: "give it a login in the catalog"}
	case spec.User == "" || spec.Name == "":
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "the catalog names neither a login nor a user and a database for " + spec.Instance.String(),
			Hint: "write database.user and database.name, or database.login"}
	}
	config, err := pgx.ParseConfig("host=instance port=5432 user=nobody password=none dbname=none sslmode=disable target_session_attrs=any")
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Internal, Msg: "the settings of a connection cannot be made"}
	}
	config.User, config.Database, config.Password = spec.User, spec.Name, ""
	config.TLSConfig, config.Fallbacks = nil, nil
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"instance"}, nil }
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.dial(ctx, spec.Instance, spec.Region)
	}
	return config, nil
}

// byLogin reads the address that the catalog has.
func (d *Databases) byLogin(ctx context.Context, q *deploy.DatabaseQuery) (*pgx.ConnConfig, error) {
	text, err := d.login(ctx, q)
	if err != nil {
		return nil, err
	}
	wrong := func(why string) error {
		return &deploy.Error{Code: deploy.Invalid, Msg: "the login for " + place(&q.Database) + " " + why, Hint: form}
	}
	scheme, all, _ := strings.Cut(text, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, wrong("is not a postgres:// URL")
	}
	before, query, _ := strings.Cut(all, "?")
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, wrong("is not a postgres:// URL")
	}
	kept := url.Values{}
	for _, name := range ours {
		if v := given.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	address := scheme + "://" + before + "?" + strings.ReplaceAll(kept.Encode(), "+", "%20")
	config, err := pgx.ParseConfigWithOptions(address, pgx.ParseConfigOptions{ParseConfigOptions: pgconn.ParseConfigOptions{ConnStringAllowedKeys: ours}})
	if err != nil {
		return nil, wrong("is not a postgres:// URL")
	}
	at, rest := "", before
	if i := strings.LastIndexByte(before, '@'); i >= 0 {
		at, rest = before[:i], before[i+1:]
	}
	host, database, _ := strings.Cut(rest, "/")
	user, password, _ := strings.Cut(at, ":")
	switch {
	case (host == "" || host[0] == ':') && kept.Get("host") == "":
		return nil, wrong("names no host")
	case user == "" && kept.Get("user") == "":
		return nil, wrong("names no user")
	case database == "" && kept.Get("database") == "" && kept.Get("dbname") == "":
		return nil, wrong("names no database")
	}
	if password == "" && kept.Get("password") == "" {
		config.Password = ""
	}
	guard := egress.Guard{Local: egress.IsLocal(config.Host)}
	for _, f := range config.Fallbacks {
		guard.Local = guard.Local || egress.IsLocal(f.Host)
	}
	config.DialFunc = guard.Dialer(connectWithin).DialContext
	return config, nil
}

// login is the address with its secrets put in, each so that it can be nothing but a value there. An address that is a
// secret as a whole is taken as it is.
func (d *Databases) login(ctx context.Context, q *deploy.DatabaseQuery) (string, error) {
	text, err := placeholder.Parse(q.Database.Login)
	if err != nil { // its text may be an address with a password in it
		return "", &deploy.Error{Code: deploy.Invalid, Msg: "the login for " + place(&q.Database) + " has a placeholder that is none", Hint: form}
	}
	known := map[string]string{}
	before, _, _ := strings.Cut(q.Database.Login, "${")
	for _, name := range text.Names() {
		secret, is := placeholder.Secret(name)
		if !is {
			return "", &deploy.Error{Code: deploy.Invalid, Msg: "the login for " + place(&q.Database) + " has a placeholder that is no secret", Hint: form}
		}
		v, err := d.secret(ctx, q.Project, secret)
		if err != nil {
			return "", err
		}
		if strings.Contains(before, "://") {
			v = strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
		}
		known[name] = v
	}
	filled, err := text.Fill(placeholder.Verbatim, func(name string) (string, bool) { v, ok := known[name]; return v, ok })
	return strings.TrimSpace(filled), err
}

func (d *Databases) secret(ctx context.Context, project, name string) (string, error) {
	if d.secrets == nil {
		return "", &deploy.Error{Code: deploy.Invalid, Msg: "the login names the secret " + name + ", and there is nothing to read secrets from",
			Hint: "give the bot a source of secrets"}
	}
	v, err := d.secrets.Value(ctx, project, name)
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", name, err)
	}
	if v = strings.TrimRight(v, "\r\n"); v == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Msg: "the secret " + name + " is empty", Hint: "give it a new version"}
	}
	return v, nil
}

// place names a database to people: never by its address.
func place(spec *deploy.DatabaseSpec) string {
	return "the database " + spec.Name + " of " + spec.Instance.Name
}
