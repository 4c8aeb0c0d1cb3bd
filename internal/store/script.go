package store

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

//go:embed scripts/*.lua
var sources embed.FS

var (
	createScript            = load("create")
	signalScript            = load("signal")
	claimScript             = load("claim")
	commitScript            = load("commit")
	yieldScript             = load("yield")
	beatScript              = load("beat")
	claimAnnouncementScript = load("claim_announcement")
	saveAnnouncementScript  = load("save_announcement")
	dueScript               = load("due")
	unlockScript            = load("unlock")
	noteScript              = load("note")
	attestScript            = load("attest")
	attestedScript          = load("attested")
)

// script is a Lua file with the prelude in front of it.
type script struct{ source, sha string }

// load reads files that are part of the binary, so it cannot go wrong at run time: that they are there is what
// the tests of every method show.
func load(name string) *script {
	prelude, _ := sources.ReadFile("scripts/prelude.lua")
	body, _ := sources.ReadFile("scripts/" + name + ".lua")
	source := string(prelude) + "\n" + string(body)
	sum := sha1.Sum([]byte(source))
	return &script{source: source, sha: hex.EncodeToString(sum[:])}
}

// once is a command that go-redis must not send twice. A Cluster client follows redirections (which did not
// execute the command) by the same counter as lost answers (which may have), so MaxRetries is not enough.
type once struct{ *redis.Cmd }

// NoRetry keeps go-redis from repeating the command when the answer is lost.
func (once) NoRetry() bool { return true }

func (sc *script) bySHA(ctx context.Context, keys []string, args []any) once {
	return call(ctx, "evalsha", sc.sha, keys, args)
}

func (sc *script) bySource(ctx context.Context, keys []string, args []any) once {
	return call(ctx, "eval", sc.source, keys, args)
}

func call(ctx context.Context, verb, what string, keys []string, args []any) once {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, verb, what, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	return once{redis.NewCmd(ctx, append(all, args...)...)}
}

// run executes a script in one round trip, or in two when this Redis has not seen it before.
func (s *Store) run(ctx context.Context, sc *script, keys []string, args ...any) (reply, error) {
	cmd := sc.bySHA(ctx, keys, args)
	err := s.rdb.Process(ctx, cmd)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = sc.bySource(ctx, keys, args)
		err = s.rdb.Process(ctx, cmd)
	}
	if err != nil {
		return nil, err
	}
	return cmd.Slice()
}

// runDurable is run, and then waits until enough replicas have what the script wrote. WAIT speaks of the writes
// of its own connection, so both travel in one pipeline to the node that has the keys.
func (s *Store) runDurable(ctx context.Context, sc *script, keys []string, args ...any) (reply, error) {
	if s.replicas <= 0 {
		return s.run(ctx, sc, keys, args...)
	}
	node := s.rdb
	cluster, isCluster := s.rdb.(*redis.ClusterClient)
	if isCluster {
		master, err := cluster.MasterForKey(ctx, keys[0])
		if err != nil {
			return nil, err
		}
		node = master
	}
	cmd, confirmed, err := s.barrier(ctx, node, sc.bySHA(ctx, keys, args))
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd, confirmed, err = s.barrier(ctx, node, sc.bySource(ctx, keys, args))
	}
	if isCluster && (redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK")) {
		cluster.ReloadState(ctx)
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "the Redis Cluster is moving this partition", Err: err,
			Hint: "nothing was written; it is tried again by itself"}
	}
	if err != nil {
		return nil, err
	}
	r, err := cmd.Slice()
	if err == nil && reply(r).status() == "ok" && confirmed < int64(s.replicas) {
		return nil, unconfirmed(confirmed, s.replicas)
	}
	return r, err
}

// barrierWait is how long replicas have to confirm a write. They do within a millisecond or have a problem.
const barrierWait = time.Second

func (s *Store) barrier(ctx context.Context, node redis.UniversalClient, cmd once) (once, int64, error) {
	pipe := node.Pipeline()
	if err := pipe.Process(ctx, cmd); err != nil {
		return cmd, 0, err
	}
	confirmed := redis.NewIntCmd(ctx, "wait", s.replicas, barrierWait.Milliseconds())
	if err := pipe.Process(ctx, confirmed); err != nil {
		return cmd, 0, err
	}
	_, err := pipe.Exec(ctx)
	return cmd, confirmed.Val(), err
}

// reply is what a script returned: a status and what belongs to it.
type reply []any

func (r reply) status() string { return r.text(0) }

func (r reply) text(i int) string {
	if i >= len(r) {
		return ""
	}
	switch v := r[i].(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// number is for what a script returns as a number and what it read from a key; both are written by scripts only.
func (r reply) number(i int) int64 {
	n, _ := strconv.ParseInt(r.text(i), 10, 64)
	return n
}

func (r reply) time(i int) time.Time { return fromMillis(r.number(i)) }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// strange is the answer to a status that no script returns.
func (r reply) strange(op string) error {
	return &deploy.Error{Code: deploy.Internal, Op: op, Err: fmt.Errorf("script returned %q", r.status())}
}
