package reach_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/reach"
)

// Whatever a password is, and however badly the address around it was written, it is in no message.
func TestNoSecretIsInAnyMessage(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, r.URL.String())
	}))
	t.Cleanup(web.Close)
	at := strings.TrimPrefix(web.URL, "http://")
	type form struct {
		kind    deploy.DependencyKind
		address string
	}
	forms := []form{
		{deploy.Redis, "redis://:${secret:S}@" + rdb.Addr}, {deploy.Redis, "redis://${secret:S}:6379"}, {deploy.Redis, "redis://:x@" + rdb.Addr + "/${secret:S}"},
		{deploy.Postgres, "postgres://slipway:${secret:S}@" + pg.Addr + "/postgres?sslmode=disable"}, {deploy.Postgres, "postgres://slipway:x@" + pg.Addr + "/${secret:S}?sslmode=disable"},
		{deploy.HTTP, "http://u:${secret:S}@" + at}, {deploy.HTTP, "http://" + at + "/${secret:S}?k=${secret:S}"},
		{deploy.TCP, "${secret:S}:80"}, {deploy.Bucket, "gs://${secret:S}"},
	}
	whole := map[deploy.DependencyKind][2]string{
		deploy.Redis: {"redis://:", rdb.Addr}, deploy.Postgres: {"postgres://slipway:", pg.Addr + "/postgres"}, deploy.HTTP: {"http://u:", at},
	}
	for _, kind := range []deploy.DependencyKind{deploy.Redis, deploy.Postgres, deploy.HTTP, deploy.TCP, deploy.DNS, deploy.Bucket} {
		forms = append(forms, form{kind, "${secret:S}"}, form{kind, "${secret:URL}"})
	}
	rapid.Check(t, func(t *rapid.T) {
		// With what ends a part of a URL, and a beginning that is nowhere else.
		secret := rapid.StringMatching(`7q3Zk[a-z0-9/@:?#%&+ é"'\\.]{1,20}x9Jv2`).Draw(t, "secret")
		f := rapid.SampledFrom(forms).Draw(t, "form")
		c, err := reach.New(&reach.Options{Secrets: secrets{"S": secret, "URL": whole[f.kind][0] + secret + "@" + whole[f.kind][1]}, Storage: web.URL, Resolver: noNames})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Run(context.Background(), dependency(f.kind, f.address))
		_ = c.Close()
		if err == nil {
			t.Fatalf("reached with a wrong password")
		}
		text := err.Error() + deploy.Hint(err)
		for _, part := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), "7q3Zk", "x9Jv2"} {
			if strings.Contains(text, part) {
				t.Fatalf("%q has %q", text, part)
			}
		}
	})
}

// noNames knows no names at once.
var noNames = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, fmt.Errorf("no name servers")
}}

func TestAUserWhoMayNotAskForTheVersion(t *testing.T) {
	t.Parallel()
	admin := redis.NewClient(&redis.Options{Addr: rdb.Addr, Password: redisPassword})
	defer admin.Close()
	for user, may := range map[string]string{"pinger": "+ping", "nobody": "-ping"} {
		if err := admin.Do(t.Context(), "ACL", "SETUSER", user, "reset", "on", ">x", may).Err(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := made(t, nil).Run(t.Context(), dependency(deploy.Redis, "redis://pinger:x@"+rdb.Addr))
	if err != nil || got.Note != "Redis answers; its user may not ask for the version" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = made(t, nil).Run(t.Context(), dependency(deploy.Redis, "redis://nobody:x@"+rdb.Addr))
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "+ping") {
		t.Errorf("%v", err)
	}
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	t.Cleanup(web.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	secure := accept(t, l, func(c net.Conn) {
		to, err := net.Dial("tcp", rdb.Addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		go func() {
			_, _ = io.Copy(to, c)
			_ = to.Close()
		}()
		_, _ = io.Copy(c, to)
	})
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	for kind, address := range map[deploy.DependencyKind]string{
		deploy.Redis: "rediss://:${secret:redis-password}@" + secure, deploy.HTTP: web.URL,
	} {
		if got, err := made(t, &reach.Options{Roots: roots}).Run(t.Context(), dependency(kind, address)); err != nil || got.Note == "" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		_, err := made(t, nil).Run(t.Context(), dependency(kind, address))
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "fails at TLS: the certificate is signed by nobody that is trusted here") {
			t.Errorf("%s, not trusted: %v", kind, err)
		}
		_, err = made(t, &reach.Options{Roots: roots}).Run(t.Context(), dependency(kind, strings.Replace(address, "127.0.0.1", "localhost", 1)))
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "the certificate is for another name") {
			t.Errorf("%s, by another name: %v", kind, err)
		}
	}
	got, err := made(t, nil).Run(t.Context(), dependency(deploy.Redis, "rediss://:${secret:redis-password}@"+secure+"?skip_verify=true"))
	if err != nil || !strings.HasPrefix(got.Note, "Redis 7.") {
		t.Errorf("not looked at, as the address asks: %+v, %v", got, err)
	}
}
