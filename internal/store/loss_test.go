package store_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// swallow is a connection that passes a script on, once armed, and loses the answer.
type swallow struct {
	net.Conn
	armed *atomic.Bool
	lost  bool
}

func (s *swallow) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("evalsha")) && s.armed.CompareAndSwap(true, false) {
		s.lost = true
	}
	return s.Conn.Write(p)
}

func (s *swallow) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p) // once the answer is there, the script has run
	if s.lost {
		_ = s.Close()
		return 0, io.EOF
	}
	return n, err
}

func dialer(armed *atomic.Bool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &swallow{Conn: c, armed: armed}, nil
	}
}

func TestAWriteWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	t.Parallel()
	var armed, armedInCluster atomic.Bool
	alone := storetest.StartRedis(t)
	shared := startCluster(t)
	for name, c := range map[string]struct {
		rdb   redis.UniversalClient
		armed *atomic.Bool
	}{
		"alone": {redis.NewClient(&redis.Options{Addr: alone.Addr, Dialer: dialer(&armed), MaxRetries: -1}), &armed},
		"cluster": {redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{shared.a.Addr, shared.b.Addr}, Dialer: dialer(&armedInCluster), MaxRetries: -1,
		}), &armedInCluster},
	} {
		t.Run(name, func(t *testing.T) {
			s := store.New(c.rdb, nil)
			t.Cleanup(func() { _ = s.Close() })
			r := create(t, s, app, "E1")
			pause := func() (bool, error) {
				return s.Signal(t.Context(), r.ID, deploy.Signal{Kind: deploy.SignalPause}, "")
			}
			if _, err := pause(); err != nil {
				t.Fatal(err)
			}
			c.armed.Store(true)
			if _, err := pause(); deploy.CodeOf(err) != deploy.Unavailable || c.armed.Load() {
				t.Fatalf("the answer was not lost: %v", err)
			}
			inbox, err := s.Inbox(t.Context(), r.ID)
			if err != nil || len(inbox) != 2 {
				t.Errorf("%d signals, want the first and the one whose answer was lost: %v", len(inbox), err)
			}
		})
	}
}

func TestACreateWhoseAnswerIsLostIsFoundByItsEvent(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	server := storetest.StartRedis(t)
	s := store.New(redis.NewClient(&redis.Options{Addr: server.Addr, Dialer: dialer(&armed), MaxRetries: -1}), nil)
	t.Cleanup(func() { _ = s.Close() })
	create(t, s, deploy.Target{Service: "billing", Environment: "staging"}, "") // so that the script is known
	armed.Store(true)
	if _, err := s.Create(t.Context(), storetest.Release(app), "E1"); deploy.CodeOf(err) != deploy.Unavailable || deploy.Hint(err) == "" {
		t.Fatalf("the answer was not lost: %v", err)
	}
	again, err := s.Create(t.Context(), storetest.Release(app), "E1")
	if err != nil || again.Fresh || again.Release.Number != 1 {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestScriptsComeBackAfterRedisForgotThem(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	follow(t, server)
	s := opened(t, server.URL(0), &store.Options{Replicas: 1})
	c := claim(t, s, create(t, s, app, "E1").ID)
	do(t, server, "script", "flush")
	durable := next(c)
	durable.Durable, durable.Yield = true, true
	if _, err := s.Commit(t.Context(), durable); err != nil {
		t.Error(err)
	}
	do(t, server, "script", "flush")
	if due, err := s.Due(t.Context(), 10); err != nil || len(due) != 1 {
		t.Errorf("due %v, %v", due, err)
	}
}

func TestADurableCommitThatNoReplicaConfirmsDoesNotCount(t *testing.T) {
	t.Parallel()
	shared := startCluster(t)
	for name, url := range map[string]string{"alone": storetest.StartRedis(t).URL(0), "cluster": shared.url()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, url, &store.Options{Replicas: 1})
			c := claim(t, s, create(t, s, app, "E1").ID)
			if _, err := s.Commit(t.Context(), next(c)); err != nil {
				t.Fatalf("one that need not be durable: %v", err)
			}
			c = claim(t, s, c.Release.ID)
			durable := next(c)
			durable.Durable = true
			_, err := s.Commit(t.Context(), durable)
			if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "0 of 1 replicas of Redis confirmed the write" {
				t.Fatalf("got %v", err)
			}
			if again := claim(t, s, c.Release.ID); again.Release.Rev != 3 {
				t.Errorf("the primary has revision %d", again.Release.Rev)
			}
			again := claim(t, s, c.Release.ID)
			if err := s.Confirm(t.Context(), c.Release.ID, again.Epoch, time.Hour); deploy.CodeOf(err) != deploy.Unavailable {
				t.Errorf("it is confirmed all the same: %v", err)
			}
			stale := durable
			stale.Epoch = c.Epoch
			if _, err := s.Commit(t.Context(), stale); deploy.CodeOf(err) != deploy.Fenced {
				t.Errorf("fenced comes before the replicas: %v", err)
			}
		})
	}
}

func TestACrashOfRedisLosesNothingAndHintsAreHeardAgain(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s := opened(t, server.URL(0), nil)
	wakes, err := s.Wakes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := create(t, s, app, "E1")
	c := claim(t, s, r.ID)
	server.Kill()
	if _, err := s.Commit(t.Context(), next(c)); deploy.CodeOf(err) != deploy.Unavailable || deploy.Hint(err) == "" {
		t.Errorf("while it is down: %v", err)
	}
	if _, err := s.Due(t.Context(), 1); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("while it is down: %v", err)
	}
	server.Start(t)
	eventually(t, "redis takes the commit", func(ctx context.Context) bool {
		_, err := s.Commit(ctx, next(c))
		return err == nil
	})
	eventually(t, "a hint is heard", func(ctx context.Context) bool {
		for len(wakes) > 0 {
			<-wakes
		}
		if _, err := s.Signal(ctx, r.ID, deploy.Signal{Kind: deploy.SignalPause}, ""); err != nil {
			return false
		}
		timer := time.NewTimer(50 * time.Millisecond)
		defer timer.Stop()
		select {
		case w := <-wakes:
			return w.Release == r.ID
		case <-timer.C:
			return false
		}
	})
}

func TestASignalThatCannotBeReadDoesNotStandInTheWayOfOthers(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	s := opened(t, server.URL(0), nil)
	r := create(t, s, app, "E1")
	for _, kind := range []deploy.SignalKind{deploy.SignalPause, deploy.SignalRollBack} {
		if _, err := s.Signal(t.Context(), r.ID, deploy.Signal{Kind: kind}, ""); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"not json", `{"kind":7}`} {
			inbox := do(t, server, "keys", "*:in").([]any)[0]
			do(t, server, "xadd", inbox, "*", "signal", text)
		}
	}
	inbox, err := s.Inbox(t.Context(), r.ID)
	if err != nil || len(inbox) != 6 {
		t.Fatalf("%d signals, want all six: %v", len(inbox), err)
	}
	for i, want := range []deploy.SignalKind{deploy.SignalPause, "", "", deploy.SignalRollBack, "", ""} {
		if inbox[i].Kind != want || inbox[i].ID == "" {
			t.Errorf("signal %d is %+v, want kind %q", i, inbox[i], want)
		}
	}
}
