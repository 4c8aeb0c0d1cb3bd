package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// How long things are kept.
const (
	keepEnded = 90 * 24 * time.Hour // a release after its end; the live one of a target stays for as long as it is live
	keepEvent = 7 * 24 * time.Hour  // the mark that an event was seen
	keepVoid  = 90 * 24 * time.Hour // an attestation that no longer counts
)

// Store is deploy.Store in Redis. It is safe for concurrent use and keeps nothing in memory.
type Store struct {
	rdb      redis.UniversalClient
	replicas int
}

var _ deploy.Store = (*Store)(nil)

// Options of a Store. Nil means defaults.
type Options struct {
	// Replicas is how many replicas of Redis must have a durable commit before it counts. With 0, the default,
	// a commit counts when the primary has it.
	Replicas int
	// PoolSize is the most connections per Redis node; 16 if 0. Only for Open.
	PoolSize int
}

// New makes a store of a client, which the caller may go on using. The client should not repeat commands by
// itself (MaxRetries: -1); what Open makes does not.
func New(rdb redis.UniversalClient, opts *Options) *Store {
	if opts == nil {
		opts = &Options{}
	}
	return &Store{rdb: rdb, replicas: opts.Replicas}
}

// Close ends the connections to Redis. It does not end Wakes: their context does.
func (s *Store) Close() error { return s.rdb.Close() }

// go-redis writes to standard error on its own, through one variable for the whole process, which may be set only
// before the first client exists. All it has to say reaches the callers as errors.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

// Printf says nothing.
func (silence) Printf(context.Context, string, ...any) {}

// Ping writes a key that expires at once, because a Redis that is full, read-only or cannot reach its disk
// still answers to PING. In a Cluster every partition is tried, so that no node is forgotten.
func (s *Store) Ping(ctx context.Context) error {
	n := 1
	if _, ok := s.rdb.(*redis.ClusterClient); ok {
		n = partitions
	}
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range n {
			p.Set(ctx, string(partition(i))+"ping", 1, time.Millisecond)
		}
		return nil
	})
	return classify("ping the store", err)
}
