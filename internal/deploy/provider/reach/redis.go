package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// silent keeps go-redis from writing to standard error on its own; what goes wrong comes back as errors.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silent{}) }

// redisMeanings is what the first word of a Redis error means. No other try changes it, unless soon is set.
var redisMeanings = []struct {
	begins, msg, hint string
	soon              bool
}{
	{begins: "WRONGPASS", msg: "refuses the password", hint: "compare user and password in SOURCE with those of Redis"},
	{begins: "NOAUTH", msg: "asks for a password", hint: "put user and password into SOURCE"},
	{begins: "ERR AUTH", msg: "has no password, and was given one", hint: "leave the password out of SOURCE, or give Redis one"},
	{begins: "ERR Client sent AUTH", msg: "has no password, and was given one", hint: "leave the password out of SOURCE, or give Redis one"},
	{begins: "NOPERM", msg: "does not let this user do PING", hint: "allow its user +ping"},
	{begins: "ERR DB index", msg: "has no database of that number", hint: "correct the number at the end of the address"},
	{begins: "ERR invalid DB index", msg: "has no database of that number", hint: "correct the number at the end of the address"},
	{begins: "DENIED", msg: "takes connections of its own machine only: it runs in protected mode", hint: "give it a password, or bind it to the network it is needed in"},
	{begins: "LOADING", msg: "is still loading its data", hint: "try again when it has", soon: true},
	{begins: "ERR max number of clients", msg: "takes no more clients", hint: "raise maxclients, or look who holds the connections", soon: true},
	{begins: "MASTERDOWN", msg: "is a replica that has lost its master", hint: "look at the master", soon: true},
}

// redis logs in and asks PING. Its version is told if it may be asked.
func (c *Checker) redis(ctx context.Context, a *address) (string, error) {
	u, err := url.Parse(a.text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return "", a.wrong("is not a redis:// URL", "redis://user:password@host:port/number, or rediss:// for TLS")
	}
	// What else stands in the query is for the service's own client.
	kept := url.Values{}
	for _, name := range []string{"db", "skip_verify"} {
		if v := u.Query().Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	u.RawQuery, u.Fragment = kept.Encode(), ""
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return "", a.wrong("is not a redis:// URL", "redis://user:password@host:port/number, or rediss:// for TLS")
	}
	at := a.where(o.Addr)
	rdb := redis.NewClient(c.redisOptions(o, u.Hostname(), a.public))
	defer rdb.Close()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return "", redisRefusal(ctx, a, at, err)
	}
	info, err := rdb.Info(ctx, "server").Result()
	if err != nil {
		return "Redis answers; its user may not ask for the version", nil //nolint:nilerr // it was reached, which is what was asked
	}
	return strings.TrimSpace(redisVersion(info)), nil
}

func (c *Checker) redisOptions(o *redis.Options, host string, public bool) *redis.Options {
	dialer := c.dialer(host, public)
	connect := dial(dialer.DialContext)
	if asked := o.TLSConfig; asked != nil {
		config := c.tls(host)
		config.InsecureSkipVerify = asked.InsecureSkipVerify //nolint:gosec // whoever wrote the address wants it so
		connect = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext
	}
	o.Dialer = connect.asRedis
	// As many failures to connect as the pool has seats would make it try on by itself.
	o.MaxRetries, o.DialerRetries, o.PoolSize, o.MinIdleConns = -1, 1, 10, 0
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = connectWithin, connectWithin, connectWithin, connectWithin
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

func redisRefusal(ctx context.Context, a *address, at string, err error) error {
	if said := (redis.Error)(nil); errors.As(err, &said) {
		for _, m := range redisMeanings {
			if !strings.HasPrefix(said.Error(), m.begins) {
				continue
			}
			msg, hint := "Redis at "+at+" "+m.msg, strings.ReplaceAll(m.hint, "SOURCE", a.source())
			if m.soon {
				return later(msg, hint)
			}
			return refused(msg, hint)
		}
		return unexpected("Redis at "+at+" answers PING with an error", "ask it by hand: redis-cli ping")
	}
	return silence(ctx, "Redis at "+at, "Redis's", err)
}

// redisVersion finds name and version in what INFO has answered.
func redisVersion(info string) string {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	if v := plain(fields["valkey_version"]); v != "" {
		return "Valkey " + v
	}
	return "Redis " + plain(fields["redis_version"])
}
