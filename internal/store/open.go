package store

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"slipway/internal/deploy"
)

// Open is Dial followed by Ping: it makes sure that Redis can be written.
func Open(ctx context.Context, address string, opts *Options) (*Store, error) {
	s, err := Dial(address, opts)
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Dial makes a store of an address and connects when it is first used, so that a bot starts while Redis is away.
// Invalid if the address cannot be read. The addresses it understands:
//
//	redis://user:password@host:6379/0                 one Redis; rediss:// with TLS
//	redis://host1,host2,host3                         a Cluster; any two or more of its nodes
//	redis://host?cluster=true                         a Cluster behind one name
//	redis+sentinel://host1,host2/master?db=0          what the Sentinels say is the primary; rediss+sentinel:// too
//	unix:///run/redis.sock?db=0                       one Redis on this machine
//
// Sentinels may have credentials of their own: sentinel_username, sentinel_password. No error shows the address,
// because it may hold a password.
func Dial(address string, opts *Options) (*Store, error) {
	if opts == nil {
		opts = &Options{}
	}
	o, err := parseAddress(address)
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "read REDIS_URL", Msg: err.Error(),
			Hint: "for example redis://127.0.0.1:6379/0, redis://host1,host2,host3 or redis+sentinel://host1,host2/master"}
	}
	tune(o, opts)
	return New(redis.NewUniversalClient(o), opts), nil
}

// tune sets what does not depend on where Redis is. Nothing is tried twice: a write whose answer was lost may have
// taken place, and only the caller knows how to find out. A person waits three seconds for Slack, hence two here.
func tune(o *redis.UniversalOptions, opts *Options) {
	o.DialTimeout = 2 * time.Second
	o.DialerRetries = 1
	o.ReadTimeout = 2 * time.Second
	o.WriteTimeout = 2 * time.Second
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1
	o.PoolSize = 16
	if opts.PoolSize > 0 {
		o.PoolSize = opts.PoolSize
	}
	// Only some managed services know these commands; the others log an error for each connection.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func parseAddress(address string) (*redis.UniversalOptions, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, fmt.Errorf("the address of Redis has no scheme")
	}
	rest, query, _ := strings.Cut(rest, "?")
	o := &redis.UniversalOptions{}
	port := "6379"
	switch scheme {
	case "unix":
		o.Addrs = []string{rest}
		return o, readQuery(o, query, "db")
	case "rediss", "rediss+sentinel":
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	case "redis", "redis+sentinel":
	default:
		return nil, fmt.Errorf("%q is not a scheme of Redis", scheme)
	}
	allowed := []string{"db", "cluster"}
	sentinel := strings.HasSuffix(scheme, "+sentinel")
	if sentinel {
		port, allowed = "26379", []string{"db", "sentinel_username", "sentinel_password"}
	}
	// The password may hold a slash, the name of the master and the hosts hold no @.
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if err := readUser(o, rest[:at]); err != nil {
			return nil, err
		}
		rest = rest[at+1:]
	}
	hosts, path, _ := strings.Cut(rest, "/")
	if err := readHosts(o, hosts, port); err != nil {
		return nil, err
	}
	if err := readPath(o, path, sentinel); err != nil {
		return nil, err
	}
	if err := readQuery(o, query, allowed...); err != nil {
		return nil, err
	}
	if o.DB != 0 && (o.IsClusterMode || len(o.Addrs) > 1 && !sentinel) {
		return nil, fmt.Errorf("a Redis Cluster has no databases other than 0")
	}
	return o, nil
}

func readUser(o *redis.UniversalOptions, text string) (err error) {
	user, password, _ := strings.Cut(text, ":")
	if o.Username, err = url.PathUnescape(user); err != nil {
		return fmt.Errorf("the user in the address of Redis is not percent-encoded")
	}
	if o.Password, err = url.PathUnescape(password); err != nil {
		return fmt.Errorf("the password in the address of Redis is not percent-encoded")
	}
	return nil
}

func readHosts(o *redis.UniversalOptions, text, port string) error {
	for host := range strings.SplitSeq(text, ",") {
		if host == "" {
			return fmt.Errorf("a host is missing in the address of Redis")
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		o.Addrs = append(o.Addrs, host)
	}
	return nil
}

func readPath(o *redis.UniversalOptions, path string, sentinel bool) error {
	switch {
	case sentinel && path == "":
		return fmt.Errorf("the name of the master is missing after the Sentinels")
	case sentinel:
		o.MasterName = path
	case path != "":
		return readDB(o, path)
	}
	return nil
}

func readDB(o *redis.UniversalOptions, text string) (err error) {
	if o.DB, err = strconv.Atoi(text); err != nil || o.DB < 0 {
		return fmt.Errorf("the database in the address of Redis is not a number")
	}
	return nil
}

func readQuery(o *redis.UniversalOptions, query string, allowed ...string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("what follows the ? in the address of Redis cannot be read")
	}
	for _, name := range allowed {
		value := values.Get(name)
		values.Del(name)
		if value == "" {
			continue
		}
		switch name {
		case "db":
			err = readDB(o, value)
		case "cluster":
			o.IsClusterMode, err = strconv.ParseBool(value)
		case "sentinel_username":
			o.SentinelUsername = value
		case "sentinel_password":
			o.SentinelPassword = value
		}
		if err != nil {
			return fmt.Errorf("the value of %s in the address of Redis cannot be read", name)
		}
	}
	if len(values) > 0 { // not named: it may be the end of a password with an unescaped question mark
		return fmt.Errorf("the address of Redis has an option other than %s", strings.Join(allowed, ", "))
	}
	return nil
}
