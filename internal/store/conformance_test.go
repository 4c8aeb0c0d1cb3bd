package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// mini is a store over miniredis, whose clock stands still until it is moved.
func mini(t *testing.T) (storetest.Fixture, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m.SetTime(now)
	s := opened(t, "redis://"+m.Addr(), nil)
	return storetest.Fixture{Store: s, Advance: func(d time.Duration) {
		now = now.Add(d)
		m.SetTime(now)
		m.FastForward(d)
	}}, m
}

func opened(t *testing.T, url string, opts *store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// wait lets real time pass.
func wait(t *testing.T) func(time.Duration) {
	return func(d time.Duration) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.Context().Done():
		}
	}
}

func TestMiniredisKeepsThePromises(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Fixture { fx, _ := mini(t); return fx })
}

func TestRandomHistoriesFollowTheModel(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	storetest.Model(t, func(*testing.T) storetest.Fixture { m.FlushAll(); return fx })
}

func TestRedisKeepsThePromises(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	var db atomic.Int32
	t.Run("alone", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Fixture {
			return storetest.Fixture{Store: opened(t, server.URL(int(db.Add(1))), nil), Advance: wait(t)}
		})
	})
}

func TestRedisWithAReplicaKeepsThePromises(t *testing.T) {
	t.Parallel()
	primary := storetest.StartRedis(t)
	follow(t, primary)
	var db atomic.Int32
	t.Run("replicated", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Fixture {
			s := opened(t, primary.URL(int(db.Add(1))), &store.Options{Replicas: 1})
			return storetest.Fixture{Store: s, Advance: wait(t)}
		})
	})
}

// A Cluster has one database, so facts share clusters one after the other, and each flushes its own.
func TestAClusterKeepsThePromises(t *testing.T) {
	t.Parallel()
	free := make(chan *cluster, 2)
	for range cap(free) {
		free <- startCluster(t)
	}
	t.Run("cluster", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Fixture {
			c := <-free
			t.Cleanup(func() { free <- c })
			c.flush(t)
			return storetest.Fixture{Store: opened(t, c.url(), nil), Advance: wait(t)}
		})
	})
}

// cluster is two primaries that share the slots.
type cluster struct{ a, b *storetest.Server }

func (c *cluster) url() string { return fmt.Sprintf("redis://%s,%s", c.a.Addr, c.b.Addr) }

func startCluster(t *testing.T) *cluster {
	t.Helper()
	args := []string{"--cluster-enabled", "yes", "--databases", "1", "--cluster-node-timeout", "10000"}
	c := &cluster{storetest.StartRedis(t, args...), storetest.StartRedis(t, args...)}
	do(t, c.a, "cluster", "addslotsrange", 0, 8191)
	do(t, c.b, "cluster", "addslotsrange", 8192, 16383)
	do(t, c.b, "cluster", "set-config-epoch", 2)
	host, port := split(t, c.b.Addr)
	do(t, c.a, "cluster", "meet", host, port)
	for _, s := range []*storetest.Server{c.a, c.b} {
		eventually(t, "the cluster is whole", func(ctx context.Context) bool {
			info, err := client(t, s).ClusterInfo(ctx).Result()
			return err == nil && has(info, "cluster_state:ok") && has(info, "cluster_known_nodes:2")
		})
	}
	return c
}

func (c *cluster) flush(t *testing.T) {
	t.Helper()
	do(t, c.a, "flushall")
	do(t, c.b, "flushall")
}

// follow starts a replica of primary and waits until it is in step.
func follow(t *testing.T, primary *storetest.Server) *storetest.Server {
	t.Helper()
	host, port := split(t, primary.Addr)
	replica := storetest.StartRedis(t, "--replicaof", host+" "+port)
	eventually(t, "the replica is in step", func(ctx context.Context) bool {
		info, err := client(t, replica).Info(ctx, "replication").Result()
		return err == nil && has(info, "master_link_status:up")
	})
	return replica
}

func do(t *testing.T, s *storetest.Server, args ...any) any {
	t.Helper()
	v, err := client(t, s).Do(t.Context(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return v
}

func client(t *testing.T, s *storetest.Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1})
	t.Cleanup(func() { _ = c.Close() })
	return c
}
