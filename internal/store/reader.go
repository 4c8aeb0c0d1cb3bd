package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// Get implements deploy.Reader.
func (s *Store) Get(ctx context.Context, id deploy.ReleaseID) (deploy.Release, error) {
	op := "get " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return deploy.Release{}, err
	}
	cmd := askFor(ctx, s.rdb, k.release(id))
	if cmd.Err() != nil {
		return deploy.Release{}, classify(op, cmd.Err())
	}
	st, ok := answered(cmd)
	if !ok {
		return deploy.Release{}, notFound(op, id)
	}
	return st.release(id)
}

func askFor(ctx context.Context, c redis.Cmdable, key string) *redis.SliceCmd {
	return c.HMGet(ctx, key, "rev", "created", "sv", "doc")
}

// answered is false if there is no such release.
func answered(cmd *redis.SliceCmd) (stored, bool) {
	r := reply(cmd.Val())
	if len(r) == 0 || r[0] == nil {
		return stored{}, false
	}
	return fromScript(r, 0), true
}

// getAll reads releases in one round trip (one per node of a Cluster), in the order of ids. Those that are not
// kept any more are left out. One that cannot be read does not hide the others: they are returned with the error.
func (s *Store) getAll(ctx context.Context, ids []deploy.ReleaseID) ([]deploy.Release, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	asked := make([]*redis.SliceCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			k, err := keysOf("read releases", id)
			if err != nil {
				return err
			}
			asked[i] = askFor(ctx, p, k.release(id))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []deploy.Release
	var unread error
	for i, cmd := range asked {
		st, ok := answered(cmd)
		if !ok {
			continue
		}
		r, err := st.release(ids[i])
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		found = append(found, r)
	}
	return found, unread
}

// Journal implements deploy.Reader. NotFound if the release is not there.
func (s *Store) Journal(ctx context.Context, id deploy.ReleaseID, after int64) ([]deploy.Entry, error) {
	op := "read the journal of " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return nil, err
	}
	var records *redis.XMessageSliceCmd
	var exists *redis.IntCmd
	_, err = s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		records = p.XRange(ctx, k.log(id), strconv.FormatInt(max(after, 0)+1, 10), "+")
		exists = p.Exists(ctx, k.release(id))
		return nil
	})
	if err != nil {
		return nil, classify(op, err)
	}
	if exists.Val() == 0 {
		return nil, notFound(op, id)
	}
	var entries []deploy.Entry
	for _, m := range records.Val() {
		more, err := decodeEntries(m.ID, m.Values)
		if err != nil {
			return nil, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
		entries = append(entries, more...)
	}
	return entries, nil
}

// Holder implements deploy.Reader.
func (s *Store) Holder(ctx context.Context, t deploy.Target) (deploy.ReleaseID, error) {
	return s.field(ctx, "find who holds "+t.String(), t, "hold")
}

// field is one field of a target's hash, empty if it is not there.
func (s *Store) field(ctx context.Context, op string, t deploy.Target, name string) (deploy.ReleaseID, error) {
	id, err := s.rdb.HGet(ctx, keysFor(t.Service).target(t), name).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return deploy.ReleaseID(id), classify(op, err)
}

// Live implements deploy.Reader. The live release is kept for as long as it is live, however long ago it ended.
func (s *Store) Live(ctx context.Context, t deploy.Target) (deploy.Release, error) {
	op := "find what is live on " + t.String()
	id, err := s.field(ctx, op, t, "live")
	if err != nil {
		return deploy.Release{}, err
	}
	if id == "" {
		return deploy.Release{}, &deploy.Error{Code: deploy.NotFound, Op: op,
			Msg: "no release has brought " + t.String() + " to 100 % yet"}
	}
	return s.Get(ctx, id)
}

// History implements deploy.Reader. If a release cannot be read, the others are returned with the error.
func (s *Store) History(ctx context.Context, t deploy.Target, limit int) ([]deploy.Release, error) {
	op := "read the history of " + t.String()
	if limit <= 0 {
		return nil, nil
	}
	names, err := s.rdb.ZRevRange(ctx, keysFor(t.Service).index(t), 0, int64(limit)-1).Result()
	if err != nil {
		return nil, classify(op, err)
	}
	ids := make([]deploy.ReleaseID, len(names))
	for i, n := range names {
		ids[i] = deploy.ReleaseID(n)
	}
	found, err := s.getAll(ctx, ids)
	return found, classify(op, err)
}

// Active implements deploy.Reader. If a release cannot be read, the others are returned with the error.
func (s *Store) Active(ctx context.Context) ([]deploy.Release, error) {
	const op = "list what is active"
	lists := make([]*redis.StringSliceCmd, partitions)
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range lists {
			lists[i] = p.ZRange(ctx, partition(i).active(), 0, -1)
		}
		return nil
	})
	if err != nil {
		return nil, classify(op, err)
	}
	var ids []deploy.ReleaseID
	for _, l := range lists {
		for _, n := range l.Val() {
			ids = append(ids, deploy.ReleaseID(n))
		}
	}
	found, err := s.getAll(ctx, ids)
	// Between the list and the documents a release may have ended.
	found = slices.DeleteFunc(found, func(r deploy.Release) bool { return r.State.Terminal() })
	slices.SortFunc(found, func(a, b deploy.Release) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	})
	return found, classify(op, err)
}
