package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/store/storetest"
)

// A Redis that answers, but not with what was asked for. The words are those that people and the log get.
func TestRefusalsOfRedis(t *testing.T) {
	t.Parallel()
	set := func(name string, bad, good any) (trouble, relief func(*testing.T, *storetest.Server)) {
		to := func(v any) func(*testing.T, *storetest.Server) {
			return func(t *testing.T, s *storetest.Server) { command(t, s, "config", "set", name, v) }
		}
		return to(bad), to(good)
	}
	full, room := set("maxmemory", 1, 0)
	alone, content := set("min-replicas-to-write", 1, 0)
	for name, c := range map[string]struct {
		words           string
		args            []string
		trouble, relief func(*testing.T, *storetest.Server)
	}{
		"OOM":        {"Redis is full", nil, full, room},
		"NOREPLICAS": {"Redis has too few replicas to accept writes", nil, alone, content},
		"READONLY": {"this Redis is a read-only replica", nil,
			func(t *testing.T, s *storetest.Server) { command(t, s, "replicaof", "127.0.0.1", "1") },
			func(t *testing.T, s *storetest.Server) { command(t, s, "replicaof", "no", "one") }},
		"MISCONF": {"Redis cannot write to its disk", []string{"--dbfilename", "taken.rdb"}, diskTrouble,
			func(t *testing.T, s *storetest.Server) {
				command(t, s, "config", "set", "stop-writes-on-bgsave-error", "no")
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := storetest.StartRedis(t, c.args...)
			b := newBenchOver(t, impatient(t, server.Addr, nil), noApproval)
			var once sync.Once
			var refusing, inTheDark atomic.Bool
			refused := make(chan struct{})
			b.on(deploy.KindPropose, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
				once.Do(func() {
					c.trouble(t, server)
					refusing.Store(true)
					close(refused)
				})
				return deploy.Outcome{}, nil
			})
			b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
				inTheDark.Store(refusing.Load())
				return deploy.Outcome{}, nil
			})
			heard := listen(b.store)
			b.start("one", heard, brief)
			<-refused
			heard.hear(t, c.words, 2)
			_, err := b.store.Signal(t.Context(), b.id, deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"}, "E2")
			if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, deploy.ErrNotWritten) || deploy.Message(err) != c.words || deploy.Hint(err) == "" {
				t.Errorf("a person is told %v: %q, %q", err, deploy.Message(err), deploy.Hint(err))
			}
			refusing.Store(false)
			c.relief(t, server)
			if r := b.await("succeeded by itself", in(deploy.Succeeded)); inTheDark.Load() {
				t.Errorf("a step of %s was begun while Redis refused its intent", r.ID)
			}
			b.gapless()
		})
	}
}

// diskTrouble leaves Redis no place for its snapshot.
func diskTrouble(t *testing.T, s *storetest.Server) {
	if err := os.Mkdir(filepath.Join(s.Dir, "taken.rdb"), 0o700); err != nil {
		t.Error(err)
	}
	command(t, s, "config", "set", "save", "3600 1")
	command(t, s, "bgsave")
	untilSaid(t, s, "rdb_last_bgsave_status:err", "info", "persistence")
}

func TestScriptsThatRedisHasForgottenCostNothing(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	b := newBenchOver(t, impatient(t, server.Addr, nil), noApproval)
	for _, k := range []deploy.StepKind{deploy.KindImage, deploy.KindRevision, deploy.KindShift} {
		b.on(k, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
			command(t, server, "script", "flush")
			return deploy.Outcome{}, nil
		})
	}
	b.start("one", b.store)
	b.await("succeeded", in(deploy.Succeeded))
	for step, n := range b.times() {
		if n != 1 {
			t.Errorf("%s was carried out %d times", step, n)
		}
	}
	b.gapless()
}

func TestARedisThatIsStillLoadingIsWaitedFor(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t, append([]string{"--key-load-delay", "20"}, kept...)...)
	command(t, server, "eval", "for i = 1, 10000 do redis.call('SET', 'ballast' .. i, i) end return 'ok'", 0)
	b := newBenchOver(t, impatient(t, server.Addr, nil), noApproval)
	var once sync.Once
	killed := make(chan struct{})
	b.on(deploy.KindImage, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		once.Do(func() {
			server.Kill()
			close(killed)
		})
		return deploy.Outcome{}, nil
	})
	heard := listen(b.store)
	b.start("one", heard, brief)
	<-killed
	server.Start(t) // returns when it has loaded
	heard.hear(t, "Redis is still loading its data", 1)
	b.await("succeeded by itself", in(deploy.Succeeded))
	b.gapless()
}
