package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// Due implements deploy.Owners. While a part of a Cluster does not answer, the releases of the other parts go on:
// there is an error only if no partition answered. Ping tells about the rest.
func (s *Store) Due(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	return s.duePerPartition(ctx, "list what is due", keys.due, limit)
}

// DueAnnouncements implements deploy.Announcements, in the way of Due.
func (s *Store) DueAnnouncements(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	return s.duePerPartition(ctx, "list announcements that are due", keys.announce, limit)
}

func (s *Store) duePerPartition(ctx context.Context, op string, list func(keys) string, limit int) ([]deploy.ReleaseID, error) {
	if limit <= 0 {
		return nil, nil
	}
	cmds := s.askPartitions(ctx, dueScript.bySHA, list, limit)
	if slices.ContainsFunc(cmds, func(c once) bool { return redis.HasErrorPrefix(c.Err(), "NOSCRIPT") }) {
		cmds = s.askPartitions(ctx, dueScript.bySource, list, limit)
	}
	type item struct {
		id deploy.ReleaseID
		at int64
	}
	var items []item
	var failed error
	answers := 0
	for _, c := range cmds {
		got, err := c.Slice()
		if err != nil {
			failed = err
			continue
		}
		answers++
		for i := 0; i+1 < len(got); i += 2 {
			items = append(items, item{deploy.ReleaseID(reply(got).text(i)), reply(got).number(i + 1)})
		}
	}
	if answers == 0 {
		return nil, classify(op, failed)
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	ids := make([]deploy.ReleaseID, 0, min(limit, len(items)))
	for _, it := range items[:min(limit, len(items))] {
		ids = append(ids, it.id)
	}
	return ids, nil
}

// askPartitions sends one command to each partition in one round trip. Each command has its own outcome.
func (s *Store) askPartitions(ctx context.Context, by func(context.Context, []string, []any) once,
	list func(keys) string, limit int,
) []once {
	cmds := make([]once, partitions)
	pipe := s.rdb.Pipeline()
	for i := range cmds {
		cmds[i] = by(ctx, []string{list(partition(i))}, []any{limit})
		_ = pipe.Process(ctx, cmds[i]) // only queues it
	}
	_, _ = pipe.Exec(ctx) // the first of the errors that the commands carry themselves
	return cmds
}
