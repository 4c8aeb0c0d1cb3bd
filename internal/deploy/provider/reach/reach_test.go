package reach_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/pgtest"
	"slipway/internal/deploy/provider/reach"
)

func TestWhatIsReached(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.2.4" {
			t.Errorf("asked for %s", r.URL)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	t.Cleanup(web.Close)
	port := func(addr string) string { return addr[strings.LastIndex(addr, ":"):] }
	resolver := names(t, map[string][]string{"one.example": {"203.0.113.7"}, "production.example": {"203.0.113.7", "203.0.113.8"}, "localhost": {"127.0.0.1"}})
	for name, tc := range map[string]struct {
		kind    deploy.DependencyKind
		address string
		want    string // how the note begins
	}{
		"Redis, with a password from a secret":   {deploy.Redis, "redis://:${secret:redis-password}@" + rdb.Addr, "Redis 7."},
		"with what its own client needs":         {deploy.Redis, "redis://:${secret:redis-password}@" + rdb.Addr + "/3?tls_insecure=no&family=4", "Redis 7."},
		"Redis by the name of this machine":      {deploy.Redis, "redis://:${secret:redis-password}@localhost" + port(rdb.Addr), "Redis 7."},
		"PostgreSQL, all of it a secret":         {deploy.Postgres, "${secret:pg-url}", "PostgreSQL 1"},
		"a password of its own":                  {deploy.Postgres, "postgresql://" + pgtest.User + ":${secret:pg-password}@" + pg.Addr + "/postgres?sslmode=disable", "PostgreSQL 1"},
		"by default TLS if there is":             {deploy.Postgres, "postgres://" + pgtest.User + ":${secret:pg-password}@" + pg.Addr + "/postgres?pgbouncer=true&schema=public", "PostgreSQL 1"},
		"another host if the first is down":      {deploy.Postgres, "postgres://" + pgtest.User + ":${secret:pg-password}@" + nobody(t) + "," + pg.Addr + "/postgres", "PostgreSQL 1"},
		"a port":                                 {deploy.TCP, rdb.Addr, rdb.Addr + " takes connections"},
		"a name":                                 {deploy.DNS, "one.example", "one.example is 203.0.113.7"},
		"a name of the environment":              {deploy.DNS, "${ENVIRONMENT}.example", "production.example is 203.0.113.7 and 1 more"},
		"a service, of which a redirect will do": {deploy.HTTP, web.URL + "/${VERSION}", "answered 302 in "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := made(t, &reach.Options{Resolver: resolver}).Run(t.Context(), dependency(tc.kind, tc.address))
			if err != nil || !strings.HasPrefix(got.Note, tc.want) || got.Tries != 1 || got.Took <= 0 || got.From != "" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsNotReached(t *testing.T) {
	t.Parallel()
	closed, mute := nobody(t), listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	babble := listen(t, func(c net.Conn) { _, _ = c.Write([]byte("220 mail.example ESMTP\r\n")) })
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(web.Close)
	resolver := names(t, map[string][]string{})
	pgAt := func(user, password, rest string) string {
		return "postgres://" + user + ":" + password + "@" + pg.Addr + "/" + rest
	}
	for name, tc := range map[string]struct {
		kind    deploy.DependencyKind
		address string
		code    deploy.Code
		msg     string // all of it
		hint    string
	}{
		"a Redis that does not run":             {deploy.Redis, "redis://" + closed, deploy.Unavailable, "Redis at " + closed + " does not accept connections", "see that it runs"},
		"a wrong password of Redis":             {deploy.Redis, "redis://:${secret:wrong-password}@" + rdb.Addr, deploy.Invalid, "Redis at " + rdb.Addr + " refuses the password", "in the secret wrong-password with those of Redis"},
		"none":                                  {deploy.Redis, "redis://" + rdb.Addr, deploy.Invalid, "Redis at " + rdb.Addr + " asks for a password", "put user and password into the catalog"},
		"a database of Redis that is not there": {deploy.Redis, "redis://:${secret:redis-password}@" + rdb.Addr + "/7777", deploy.Invalid, "Redis at " + rdb.Addr + " has no database of that number", "number at the end"},
		"what is not Redis":                     {deploy.Redis, "redis://" + babble, deploy.Unavailable, "Redis at " + babble + " has no answer that is Redis's", "host and port"},
		"a Redis without TLS":                   {deploy.Redis, "rediss://" + babble, deploy.Invalid, "Redis at " + babble + " fails at TLS: TLS is not spoken on this port", ""},
		"a database that does not run":          {deploy.Postgres, "postgres://app:x@" + closed + "/app", deploy.Unavailable, "PostgreSQL at " + closed + " does not accept connections", "see that it runs"},
		"a wrong password":                      {deploy.Postgres, "${secret:wrong-url}", deploy.Invalid, "PostgreSQL at " + pg.Addr + " refuses the password", "in the secret wrong-url with those of the database"},
		"the bot's own password is not used":    {deploy.Postgres, "postgres://" + pgtest.User + "@" + pg.Addr + "/postgres", deploy.Invalid, "PostgreSQL at " + pg.Addr + " refuses the password", "in the catalog"},
		"nor its user":                          {deploy.Postgres, "postgres://" + pg.Addr + "/postgres", deploy.Invalid, "the address postgres://" + pg.Addr + "/postgres names no user", "write postgres://user"},
		"nor its host":                          {deploy.Postgres, "postgres://app:x@/postgres", deploy.Invalid, "the address postgres://***@/postgres names no host", "write postgres://user"},
		"no such user":                          {deploy.Postgres, pgAt("nobody", "${secret:pg-password}", "postgres"), deploy.Invalid, "PostgreSQL at " + pg.Addr + " refuses the password", "compare user"},
		"no such database":                      {deploy.Postgres, pgAt(pgtest.User, "${secret:pg-password}", "missing"), deploy.Invalid, "PostgreSQL at " + pg.Addr + " has no database of that name", "create the database"},
		"a database without TLS":                {deploy.Postgres, pgAt(pgtest.User, "${secret:pg-password}", "postgres?sslmode=require"), deploy.Invalid, "PostgreSQL at " + pg.Addr + " fails at TLS: TLS is not spoken on this port", ""},
		"what is not PostgreSQL":                {deploy.Postgres, "postgres://app:x@" + babble + "/app?sslmode=disable", deploy.Unavailable, "PostgreSQL at " + babble + " broke the connection off", ""},
		"a port that is closed":                 {deploy.TCP, closed, deploy.Unavailable, "the address " + closed + " does not accept connections", "see that it runs"},
		"a name that nobody knows":              {deploy.DNS, "missing.example", deploy.Unavailable, "the name missing.example leads nowhere: no name server knows the name", "create it in the DNS"},
		"a host that nobody knows":              {deploy.TCP, "missing.example:80", deploy.Unavailable, "the address missing.example:80 leads nowhere: no name server knows the name", "correct the name"},
		"a service that is not well":            {deploy.HTTP, web.URL + "/x?token=1", deploy.Invalid, "the service at " + strings.TrimPrefix(web.URL, "http://") + "/x answered 503, expected a status below 400", ""},
		"a service that does not run":           {deploy.HTTP, "http://" + closed, deploy.Unavailable, "the service at " + closed + " does not accept connections", ""},
		"a service without TLS":                 {deploy.HTTP, strings.Replace(web.URL, "http:", "https:", 1), deploy.Invalid, "the service at " + strings.TrimPrefix(web.URL, "http://") + " fails at TLS: TLS is not spoken on this port", ""},
		"what is not HTTP":                      {deploy.HTTP, "http://" + babble, deploy.Unavailable, "the service at " + babble + " has no answer that is HTTP", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := made(t, &reach.Options{Resolver: resolver}).Run(t.Context(), dependency(tc.kind, tc.address))
			if deploy.CodeOf(err) != tc.code || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%s %q, hint %q; want %s %q\n%v", deploy.CodeOf(err), deploy.Message(err), deploy.Hint(err), tc.code, tc.msg, err)
			}
		})
	}
	for kind, address := range map[deploy.DependencyKind]string{
		deploy.Redis: "redis://" + mute, deploy.Postgres: "postgres://app:x@" + mute + "/app", deploy.HTTP: "http://" + mute,
	} {
		t.Run("the end of the time with "+string(kind), func(t *testing.T) {
			t.Parallel()
			q := dependency(kind, address)
			q.Check.Within = 100 * time.Millisecond
			_, err := made(t, nil).Run(t.Context(), q)
			if deploy.CodeOf(err) != deploy.Unavailable || !strings.HasSuffix(deploy.Message(err), mute+" did not answer before the time of the check was up") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAddressesThatCannotBeOne(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind      deploy.DependencyKind
		address   string
		msg, hint string
	}{
		"a Redis of HTTP":            {deploy.Redis, "http://cache:6379", "the address http://cache:6379 is not a redis:// URL", "write redis://"},
		"a Redis without a host":     {deploy.Redis, "redis:///1", "the address redis:///1 is not a redis:// URL", ""},
		"a socket":                   {deploy.Redis, "unix:///run/redis.sock", "the address unix:///run/redis.sock is not a redis:// URL", ""},
		"a secret that is no URL":    {deploy.Redis, "${secret:word}", "the address ${secret:word} is not a redis:// URL", "in the secret word or in the catalog"},
		"a database in key=value":    {deploy.Postgres, "host=db user=app password=secretly", "the address host=db user=app password=*** is not a postgres:// URL", "write postgres://"},
		"a port that is none":        {deploy.Postgres, "postgres://app:secretly@db:port/app", "the address postgres://***@db:port/app is not a postgres:// URL", ""},
		"a port without a host":      {deploy.TCP, ":80", "the address :80 is not host:port", "db.internal:5432"},
		"a host without a port":      {deploy.TCP, "db", "the address db is not host:port", ""},
		"a port by name":             {deploy.TCP, "db:postgresql", "the address db:postgresql is not host:port", ""},
		"a name with a port":         {deploy.DNS, "db:80", "the address db:80 is no name", "without a port"},
		"an address for a name":      {deploy.DNS, "203.0.113.7", "the address 203.0.113.7 is no name", ""},
		"another scheme":             {deploy.HTTP, "ftp://host/x", "the address ftp://host/x is not an http or https URL", "https://host/path"},
		"a bucket by its other name": {deploy.Bucket, "s3://uploads", "the address s3://uploads is not a gs:// URL", "gs://bucket"},
		"a bucket that goes up":      {deploy.Bucket, "gs://../x", "the address gs://../x is not a gs:// URL", ""},
		"an empty secret":            {deploy.Redis, "${secret:empty}", "the secret empty is empty", "new version"},
		"a placeholder that is none": {deploy.Redis, "redis://${x y}", "${x y} is no placeholder", "$${"},
		"a value that is not there":  {deploy.Redis, "redis://${TOKEN}", "there is no value for ${TOKEN}", ""},
		"another kind":               {"ldap", "ldap://x", `"ldap" is no kind of dependency`, "postgres, redis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := dependency(tc.kind, tc.address)
			q.Check.Tries = 3
			clock := &stepping{}
			_, err := made(t, &reach.Options{Clock: clock}).Run(t.Context(), q)
			if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%q, hint %q, %v", deploy.Message(err), deploy.Hint(err), err)
			}
			if n := clock.waited(); n != 0 {
				t.Errorf("tried again %d times", n)
			}
		})
	}
	q := dependency(deploy.TCP, rdb.Addr)
	q.Check.Job = "probe"
	if _, err := made(t, nil).Run(t.Context(), q); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("in a job: %v", err)
	}
	if _, err := made(t, nil).Run(t.Context(), deploy.CheckRequest{Check: deploy.Check{Calls: []deploy.Call{{}}}}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("a story: %v", err)
	}
	if _, err := made(t, nil).Run(t.Context(), dependency(deploy.Redis, "${secret:missing}")); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("a secret that is not there: %v", err)
	}
	none, err := reach.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Run(t.Context(), dependency(deploy.Redis, "${secret:word}")); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "nothing to read secrets from") {
		t.Errorf("without secrets: %v", err)
	}
}

func TestAddressesThatAreNotConnectedTo(t *testing.T) {
	t.Parallel()
	resolver := names(t, map[string][]string{"inner.example": {"127.0.0.1"}, "metadata.example": {"169.254.169.254"}, "private.example": {"10.1.2.3"}})
	const own, metadata, private = "is the bot's own machine", "is the address of a metadata server or only valid on one network segment", "is a private address, and those are forbidden"
	forms := map[deploy.DependencyKind]string{
		deploy.Redis: "redis://%s", deploy.Postgres: "postgres://app:x@%s/app", deploy.TCP: "%s", deploy.HTTP: "http://%s",
	}
	for kind, form := range forms {
		for name, tc := range map[string]struct {
			at     string
			public bool
			want   string
		}{
			"this machine where only public ones are allowed": {"127.0.0.1:6379", true, "127.0.0.1 " + own},
			"the metadata server":                             {"169.254.169.254:80", false, "169.254.169.254 " + metadata},
			"another name of it":                              {"metadata.example:80", false, "169.254.169.254 " + metadata},
			"another name of this machine":                    {"inner.example:6379", false, "127.0.0.1 " + own},
			"a private one":                                   {"private.example:6379", true, "10.1.2.3 " + private},
		} {
			if kind == deploy.HTTP && strings.Contains(tc.at, "example") {
				continue // its names are those of the computer
			}
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				t.Parallel()
				q := dependency(kind, fmt.Sprintf(form, tc.at))
				q.Public, q.Check.Tries = tc.public, 3
				clock := &stepping{}
				_, err := made(t, &reach.Options{Resolver: resolver, Clock: clock}).Run(t.Context(), q)
				if deploy.CodeOf(err) != deploy.Invalid || !strings.HasSuffix(deploy.Message(err), " is not connected to: "+tc.want) || clock.waited() != 0 {
					t.Errorf("%v", err)
				}
			})
		}
	}
	if _, err := made(t, &reach.Options{ForbidPrivate: true}).Run(t.Context(), dependency(deploy.TCP, rdb.Addr)); !strings.Contains(deploy.Message(err), own) {
		t.Errorf("forbidden by who runs the bot: %v", err)
	}
	if _, err := made(t, nil).Run(t.Context(), dependency(deploy.HTTP, "http://metadata.google.internal/")); !strings.Contains(deploy.Message(err), metadata) {
		t.Errorf("by its name: %v", err)
	}
}

func TestADatabaseByItsSocket(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(pg.Addr)
	if err != nil {
		t.Fatal(err)
	}
	q := dependency(deploy.Postgres, "postgres://"+pgtest.User+":${secret:pg-password}@/postgres?host="+url.QueryEscape(pg.Dir)+"&port="+port)
	got, err := made(t, &reach.Options{Sockets: pg.Dir}).Run(t.Context(), q)
	if err != nil || !strings.HasPrefix(got.Note, "PostgreSQL 1") {
		t.Errorf("%+v, %v", got, err)
	}
	for name, opts := range map[string]*reach.Options{"elsewhere": nil, "where only public addresses are allowed": {Sockets: pg.Dir, ForbidPrivate: true}} {
		if _, err := made(t, opts).Run(t.Context(), q); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "is a socket of the bot's own machine") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrying(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	var well atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < well.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(web.Close)
	q := dependency(deploy.HTTP, web.URL)
	q.Check.Tries = 3
	clock := &stepping{}
	c := made(t, &reach.Options{Clock: clock, Pause: time.Second})
	well.Store(3)
	if got, err := c.Run(t.Context(), q); err != nil || got.Tries != 3 || clock.waited() != 2 {
		t.Errorf("%+v, %v, waited %d times", got, err, clock.waited())
	}
	well.Store(1000)
	if _, err := c.Run(t.Context(), q); !strings.HasSuffix(deploy.Message(err), "answered 502, expected a status below 400 (3 times)") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Run(ctx, q); deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) || deploy.Message(err) != "the check was broken off" {
		t.Errorf("given up: %v", err)
	}
}
