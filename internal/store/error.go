package store

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// answers are the errors Redis itself gives, by the word they begin with. They are met at the first write of a
// script, so nothing was written.
var answers = []struct {
	word string
	code deploy.Code
	msg  string
	hint string
}{
	{"LOADING", deploy.Unavailable, "Redis is still loading its data", "wait; Redis has just been restarted"},
	{"CLUSTERDOWN", deploy.Unavailable, "the Redis Cluster is down", "look at the nodes with CLUSTER INFO; some slots have no primary"},
	{"MASTERDOWN", deploy.Unavailable, "the primary of Redis is down", "wait for the failover, or look at the primary"},
	{"READONLY", deploy.Unavailable, "this Redis is a read-only replica", "point REDIS_URL at the primary, or at the Sentinels, which know it"},
	{"MISCONF", deploy.Unavailable, "Redis cannot write to its disk", "look at the log and the disk of Redis; it refuses writes until saving works again"},
	{"NOREPLICAS", deploy.Unavailable, "Redis has too few replicas to accept writes", "look at the replicas; min-replicas-to-write asks for more than are connected"},
	{"max number of clients", deploy.Unavailable, "Redis has too many clients", "raise its maxclients, or look for who holds the connections"},
	{"OOM", deploy.Unavailable, "Redis is full", "raise its maxmemory, and keep maxmemory-policy at noeviction"},
	{"BUSY", deploy.Unavailable, "Redis is busy with a script", "look at what else runs on this Redis; Slipway's scripts take less than a millisecond"},
	{"TRYAGAIN", deploy.Unavailable, "the Redis Cluster is moving this partition", "wait; it is tried again by itself"},
	{"MOVED", deploy.Invalid, "this Redis is a node of a Cluster", "name two or more of its hosts in REDIS_URL, with commas between them"},
	{"NOAUTH", deploy.Forbidden, "Redis asks for a password", "put user and password into REDIS_URL"},
	{"Protocol error: unauthenticated", deploy.Forbidden, "Redis asks for a password", "put user and password into REDIS_URL"},
	{"WRONGPASS", deploy.Forbidden, "Redis refuses the password", "check user and password in REDIS_URL"},
	{"NOPERM", deploy.Forbidden, "the user in REDIS_URL may not do this", "allow it ~sw:* &sw:* +@all -@dangerous +info"},
	{"DB index", deploy.Invalid, "Redis has no database of this number", "use a smaller number at the end of REDIS_URL"},
}

// classify wraps what go-redis says with what we were doing and a code. Unavailable means that nobody knows
// whether a write took place, unless Redis itself answered or was never reached: see deploy.ErrNotWritten.
func classify(op string, err error) error {
	if err == nil {
		return nil
	}
	var ours *deploy.Error
	if errors.As(err, &ours) {
		return fmt.Errorf("%s: %w", op, err)
	}
	for _, a := range answers {
		if redis.HasErrorPrefix(err, a.word) {
			return &deploy.Error{Code: a.code, Op: op, Msg: a.msg, Hint: a.hint, Err: notWritten(err)}
		}
	}
	var answer redis.Error
	if errors.As(err, &answer) && !errors.Is(err, redis.Nil) { // Nil: the Sentinels know no such master
		return &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
	}
	if errors.Is(err, context.Canceled) {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the call was given up before Redis answered", Err: err,
			Hint: "whether it took place is unknown; look before repeating it"}
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		err = notWritten(err)
	}
	return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "Redis did not answer", Err: err,
		Hint: "check that Redis is up and that REDIS_URL can be reached from here; it is tried again by itself"}
}

func notWritten(err error) error { return fmt.Errorf("%w: %w", deploy.ErrNotWritten, err) }

func notFound(op string, id deploy.ReleaseID) error {
	return &deploy.Error{Code: deploy.NotFound, Op: op, Msg: fmt.Sprintf("there is no release %s", id),
		Hint: "releases are kept for 90 days after their end; /deploy history lists them"}
}

func fenced(op string) error {
	return &deploy.Error{Code: deploy.Fenced, Op: op, Msg: "a newer owner drives this release"}
}

func newer(op string, sv int64) error {
	return &deploy.Error{Code: deploy.Conflict, Op: op,
		Msg:  fmt.Sprintf("the release is stored in format %d, and this bot reads up to %d", sv, deploy.SchemaVersion),
		Hint: "bring this replica to the version of the others; until then they drive the release", Err: deploy.ErrNewer}
}

func unconfirmed(have int64, want int) error {
	return &deploy.Error{Code: deploy.Unavailable,
		Msg:  fmt.Sprintf("%d of %d replicas of Redis confirmed the write", have, want),
		Hint: "look at the replicas of Redis; nothing is done outside until they keep up"}
}
