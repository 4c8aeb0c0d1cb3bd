package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

func TestAddressesAreUnderstood(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]redis.UniversalOptions{
		"redis://127.0.0.1":              {Addrs: []string{"127.0.0.1:6379"}},
		"redis://[::1]:7000/3":           {Addrs: []string{"[::1]:7000"}, DB: 3},
		"redis://[::1]?db=3":             {Addrs: []string{"[::1]:6379"}, DB: 3},
		"redis://ann:p%2Fw%40d@host:1/2": {Addrs: []string{"host:1"}, Username: "ann", Password: "p/w@d", DB: 2},
		"redis://:pa/ss@host":            {Addrs: []string{"host:6379"}, Password: "pa/ss"},
		"redis://a,b:7001,c":             {Addrs: []string{"a:6379", "b:7001", "c:6379"}},
		"redis://a?cluster=true":         {Addrs: []string{"a:6379"}, IsClusterMode: true},
		"unix:///run/redis.sock?db=4":    {Addrs: []string{"/run/redis.sock"}, DB: 4},
		"redis+sentinel://:pw@a,b:7001/main?db=2&sentinel_password=spw": {
			Addrs: []string{"a:26379", "b:7001"}, MasterName: "main", DB: 2, Password: "pw", SentinelPassword: "spw"},
	} {
		got, err := store.ParseAddress(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(redis.UniversalOptions{})); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	for _, address := range []string{"rediss://host", "rediss+sentinel://host/main"} {
		if got, err := store.ParseAddress(address); err != nil || got.TLSConfig == nil {
			t.Errorf("%s is without TLS: %v", address, err)
		}
	}
}

func TestAddressesThatAreWrongSayWhyAndKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"":                                    "scheme",
		"localhost:6379":                      "scheme",
		"http://s3cret@host":                  "scheme",
		"redis://":                            "host",
		"redis://:s3cret@a,,b":                "host",
		"redis://:s3cret@a/x":                 "database",
		"redis://:s3cret@a/-1":                "database",
		"redis://:s3cret@a,b/1":               "Cluster",
		"redis://:s3cret@a/1?cluster=yes":     "cluster",
		"redis://:s3cret@a?color=s3cret":      "option",
		"redis://:%zzs3cret@a":                "password",
		"redis://s3cret%zz:x@a":               "user",
		"redis://:x@a?db=s3cret%zz":           "?",
		"redis+sentinel://:s3cret@a,b":        "master",
		"redis+sentinel://:s3cret@a/m?db=two": "db",
	} {
		_, err := store.Open(t.Context(), address, nil)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(err.Error(), why) && !strings.Contains(deploy.Message(err), why) {
			t.Errorf("%s: got %v, want a word of %q", address, err, why)
		}
		if err != nil && strings.Contains(err.Error()+deploy.Hint(err), "s3cret") {
			t.Errorf("%s: the error tells it: %v", address, err)
		}
	}
}

func TestOpenFindsThePrimaryBySentinel(t *testing.T) {
	t.Parallel()
	primary := storetest.StartRedis(t)
	sentinel := storetest.StartRedis(t, "--sentinel")
	host, port := split(t, primary.Addr)
	do(t, sentinel, "sentinel", "monitor", "main", host, port, 1)
	s := opened(t, "redis+sentinel://"+sentinel.Addr+"/main?db=3", nil)
	create(t, s, app, "E1")
	if n, err := opened(t, primary.URL(3), nil).Active(t.Context()); err != nil || len(n) != 1 {
		t.Errorf("the primary has %v, %v", n, err)
	}
	_, err := store.Open(t.Context(), "redis+sentinel://"+sentinel.Addr+"/other", nil)
	if deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("a master nobody knows: %v", err)
	}
}

func TestOpenSaysThatNobodyIsThere(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	server.Kill()
	_, err := store.Open(t.Context(), server.URL(0), nil)
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Redis did not answer" || deploy.Hint(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestOpenTakesASocketOfThisMachine(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sock") // names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "redis.sock")
	server := storetest.StartRedis(t, "--unixsocket", path)
	create(t, opened(t, "unix://"+path+"?db=5", nil), app, "E1")
	if n, err := opened(t, server.URL(5), nil).Active(t.Context()); err != nil || len(n) != 1 {
		t.Errorf("the server has %v, %v", n, err)
	}
}

func levels(t *testing.T, ctx context.Context, s *store.Store) map[string]store.Level {
	t.Helper()
	found, err := s.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]store.Level{}
	for _, f := range found {
		got[f.Subject+f.Node] = f.Level
		if f.Msg == "" || (f.Hint == "") != (f.Level == store.Good) {
			t.Errorf("finding %+v: good ones need no hint, others do", f)
		}
	}
	return got
}

func TestCheckSaysWhatIsUnsafe(t *testing.T) {
	t.Parallel()
	const good, warning, problem = store.Good, store.Warning, store.Problem
	primary := storetest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	follow(t, primary)
	for name, c := range map[string]struct {
		server   *storetest.Server
		replicas int
		want     []store.Level // redis_version, role, appendonly, appendfsync, maxmemory-policy, replicas
	}{
		"all is well": {primary, 1, []store.Level{good, good, good, good, good, good}},
		"an ordinary one": {storetest.StartRedis(t, "--maxmemory-policy", "allkeys-lru"), 0,
			[]store.Level{good, good, problem, warning, problem, warning}},
		"a managed one": {storetest.StartRedis(t, "--rename-command", "CONFIG", "", "--appendonly", "yes"), 1,
			[]store.Level{good, good, good, warning, good, problem}},
		"one that does not care": {storetest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "no"), 0,
			[]store.Level{good, good, good, problem, good, warning}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[string]store.Level{}
			for i, subject := range []string{"redis_version", "role", "appendonly", "appendfsync", "maxmemory-policy", "replicas"} {
				want[subject] = c.want[i]
			}
			s := opened(t, c.server.URL(0), &store.Options{Replicas: c.replicas})
			if diff := cmp.Diff(want, levels(t, t.Context(), s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCheckLooksAtEveryPrimaryOfACluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	do(t, c.b, "config", "set", "maxmemory-policy", "allkeys-lru")
	got := levels(t, t.Context(), opened(t, c.url(), nil))
	if len(got) != 12 || got["maxmemory-policy"+c.a.Addr] != store.Good || got["maxmemory-policy"+c.b.Addr] != store.Problem {
		t.Errorf("got %v", got)
	}
}

func TestCheckOfAReplicaAndOfNobody(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	s := store.New(client(t, server), nil)
	do(t, server, "replicaof", "127.0.0.1", "1")
	if got := levels(t, t.Context(), s); got["role"] != store.Problem {
		t.Errorf("got %v", got)
	}
	server.Kill()
	if _, err := s.Check(t.Context()); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("got %v", err)
	}
}
