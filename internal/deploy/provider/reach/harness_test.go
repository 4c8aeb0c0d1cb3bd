package reach_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/pgtest"
	"slipway/internal/deploy/provider/reach"
	"slipway/internal/store/redistest"
)

var (
	pg  *pgtest.Server
	rdb *redistest.Server
)

func TestMain(m *testing.M) {
	// A proxy would answer for names that lead nowhere, and what is the bot's own must not log in anywhere.
	for name, value := range map[string]string{"NO_PROXY": "*", "PGPASSWORD": pgtest.Password, "PGUSER": pgtest.User, "PGHOST": "127.0.0.1", "PGDATABASE": "none"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(with{m})
}

// with runs the tests with servers to reach.
type with struct{ m *testing.M }

func (w with) Run() int {
	var err error
	if pg, err = pgtest.Start(context.Background()); err != nil {
		panic(err)
	}
	defer func() { _ = pg.Close() }()
	if rdb, err = redistest.Start(context.Background(), "--requirepass", redisPassword); err != nil {
		panic(err)
	}
	defer func() { _ = rdb.Close() }()
	return w.m.Run()
}

const redisPassword = "s3cr3t/&@:x y"

// secrets are those of the project "prod".
type secrets map[string]string

func (s secrets) Value(_ context.Context, project, name string) (string, error) {
	if v, ok := s[name]; ok && project == "prod" {
		return v, nil
	}
	return "", &deploy.Error{Code: deploy.NotFound, Msg: "there is no secret " + name}
}

func made(t *testing.T, opts *reach.Options) *reach.Checker {
	t.Helper()
	if opts == nil {
		opts = &reach.Options{}
	}
	if opts.Secrets == nil {
		opts.Secrets = secrets{
			"redis-password": redisPassword + "\n", "pg-password": pgtest.Password, "redis-host": rdb.Addr, "pg-url": pg.URL("postgres"),
			"wrong-password": "Wr0ng&pass/wörd", "wrong-url": strings.Replace(pg.URL("postgres"), "p%40ss%2Fw%3Ard%3F%23%25", "Wr0ng%26pass%2Fw%C3%B6rd", 1),
			"word": "k-81f0c2d9e7", "empty": "\n",
		}
	}
	c, err := reach.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func dependency(kind deploy.DependencyKind, address string) deploy.CheckRequest {
	return deploy.CheckRequest{
		Check:   deploy.Check{Name: "it", Stage: deploy.Smoke, Dependency: &deploy.Dependency{Kind: kind, Address: address}, Within: 20 * time.Second, Tries: 1},
		Service: deploy.ServiceRef{Project: "prod"}, Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"},
	}
}

// listen serves connections on loopback, and gives host:port.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return accept(t, l, serve)
}

func accept(t *testing.T, l net.Listener, serve func(net.Conn)) string {
	t.Helper()
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
	})
	return l.Addr().String()
}

// nobody is an address where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// names answers for some names, and knows no others.
func names(t *testing.T, known map[string][]string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if out, err := resolve(buf[:n], known); err == nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	})
	t.Cleanup(func() {
		_ = pc.Close()
		served.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func resolve(question []byte, known map[string][]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("no question: %w", err)
	}
	q := m.Questions[0]
	addresses, ok := known[strings.TrimSuffix(q.Name.String(), ".")]
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addresses {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(a).To4())},
			})
		}
	}
	return m.Pack()
}
