package store_test

import (
	"errors"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// What Redis says in its own words: those that a real one can be brought to say, it says.
func TestRefusalsOfARealRedisHaveACodeAndAHint(t *testing.T) {
	t.Parallel()
	shared := startCluster(t)
	for name, c := range map[string]struct {
		server *storetest.Server
		before []any
		code   deploy.Code
	}{
		"full":                  {storetest.StartRedis(t), []any{"config", "set", "maxmemory", "1"}, deploy.Unavailable},
		"a replica":             {storetest.StartRedis(t), []any{"replicaof", "127.0.0.1", "1"}, deploy.Unavailable},
		"without its replicas":  {storetest.StartRedis(t), []any{"config", "set", "min-replicas-to-write", "1"}, deploy.Unavailable},
		"asks for a password":   {storetest.StartRedis(t, "--requirepass", "secret"), nil, deploy.Forbidden},
		"a node of a cluster":   {shared.a, nil, deploy.Invalid},
		"a cluster with a hole": {storetest.StartRedis(t, "--cluster-enabled", "yes", "--databases", "1"), nil, deploy.Unavailable},
		"a user who may do less": {storetest.StartRedis(t), []any{"acl", "setuser", "default", "-eval", "-evalsha", "-xadd"},
			deploy.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.before != nil {
				do(t, c.server, c.before...)
			}
			s := store.New(client(t, c.server), nil)
			// Its partition belongs to the other node of the cluster.
			_, err := s.Create(t.Context(), storetest.Release(app), "E1")
			if deploy.CodeOf(err) != c.code || deploy.Hint(err) == "" || deploy.Message(err) == "internal error" ||
				!errors.Is(err, deploy.ErrNotWritten) {
				t.Errorf("got %v, code %s, want %s, hint %q", err, deploy.CodeOf(err), c.code, deploy.Hint(err))
			}
		})
	}
}

func TestOtherRefusalsHaveACodeAndAHint(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]deploy.Code{
		"LOADING Redis is loading the dataset in memory":                   deploy.Unavailable,
		"MISCONF Redis is configured to save RDB snapshots":                deploy.Unavailable,
		"MASTERDOWN Link with MASTER is down":                              deploy.Unavailable,
		"BUSY Redis is busy running a script":                              deploy.Unavailable,
		"TRYAGAIN Multiple keys request during rehashing of slot":          deploy.Unavailable,
		"ERR max number of clients reached":                                deploy.Unavailable,
		"WRONGPASS invalid username-password pair or user is disabled.":    deploy.Forbidden,
		"ERR DB index is out of range":                                     deploy.Invalid,
		"ERR user_script:3: Script attempted to access nonexistent global": deploy.Internal,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			m := miniredis.RunT(t)
			s := store.New(redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1, DisableIdentity: true}), nil)
			t.Cleanup(func() { _ = s.Close() })
			if err := s.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.SetError(text)
			_, err := s.Create(t.Context(), storetest.Release(app), "E1")
			if deploy.CodeOf(err) != code || (deploy.Hint(err) == "") != (code == deploy.Internal) {
				t.Errorf("got %v, code %s, hint %q", err, deploy.CodeOf(err), deploy.Hint(err))
			}
		})
	}
}
