package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Level says how much a finding matters.
type Level string

const (
	Good    Level = "good"
	Warning Level = "warning" // works, but what was promised has a hole that Msg names
	Problem Level = "problem" // what was promised does not hold
)

// Finding is one thing that Check looked at.
type Finding struct {
	Level   Level
	Node    string // host:port in a Cluster; else empty
	Subject string // the setting, in the words of Redis
	Msg     string // what is so
	Hint    string // what to do; empty if Good
}

// Check looks at how Redis is set up, on every primary of a Cluster. It changes nothing. An error only if Redis
// does not answer; what it does not let us see becomes a Warning.
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	const op = "check Redis"
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		found, err := s.examine(ctx, s.rdb, "")
		return found, classify(op, err)
	}
	var mu sync.Mutex
	var all []Finding
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		found, err := s.examine(ctx, node, node.Options().Addr)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, found...)
		return err
	})
	return all, classify(op, err)
}

func (s *Store) examine(ctx context.Context, node redis.Cmdable, name string) ([]Finding, error) {
	text, err := node.Info(ctx).Result()
	if err != nil {
		return nil, err
	}
	info := parseInfo(text)
	found := []Finding{
		version(info["redis_version"]),
		role(info["role"]),
		appendOnly(info["aof_enabled"], info["aof_last_write_status"]),
		appendSync(node.ConfigGet(ctx, "appendfsync").Result()),
		eviction(info["maxmemory_policy"]),
		s.replication(info["connected_slaves"]),
	}
	for i := range found {
		found[i].Node = name
	}
	return found, nil
}

// parseInfo reads the lines name:value of INFO.
func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

func version(v string) Finding {
	major, _, _ := strings.Cut(v, ".")
	if n, err := strconv.Atoi(major); err == nil && n >= 7 {
		return Finding{Level: Good, Subject: "redis_version", Msg: "Redis " + v}
	}
	if v == "" {
		return Finding{Level: Warning, Subject: "redis_version", Msg: "cannot be seen here", Hint: "make sure that it is Redis 7 or newer"}
	}
	return Finding{Level: Problem, Subject: "redis_version", Msg: fmt.Sprintf("Redis %q", v), Hint: "use Redis 7 or newer"}
}

func role(r string) Finding {
	switch r {
	case "master":
		return Finding{Level: Good, Subject: "role", Msg: "this is a primary"}
	case "":
		return Finding{Level: Warning, Subject: "role", Msg: "cannot be seen here", Hint: "make sure that REDIS_URL leads to a primary"}
	}
	return Finding{Level: Problem, Subject: "role", Msg: fmt.Sprintf("this is not a primary but %q", r),
		Hint: "point REDIS_URL at the primary, or at the Sentinels, which know it"}
}

func appendOnly(enabled, written string) Finding {
	f := Finding{Level: Good, Subject: "appendonly", Msg: "every write is kept in a file"}
	switch {
	case enabled == "0":
		f.Level, f.Msg = Problem, "what was accepted since the last snapshot is lost when Redis restarts"
		f.Hint = "set appendonly yes"
	case enabled == "":
		f.Level, f.Msg = Warning, "Redis does not say whether writes are kept in a file"
		f.Hint = "make sure that this service keeps every write over a restart"
	case written != "" && written != "ok":
		f.Level, f.Msg = Problem, "the last write to the file went wrong"
		f.Hint = "look at the log and the disk of Redis"
	}
	return f
}

// appendSync is told the answer to CONFIG GET, which most managed services forbid.
func appendSync(config map[string]string, err error) Finding {
	f := Finding{Level: Warning, Subject: "appendfsync"}
	switch v := config["appendfsync"]; {
	case err != nil || v == "":
		f.Msg, f.Hint = "cannot be seen here: CONFIG GET is not allowed", "look at the settings of the service; it should be always"
	case v == "always":
		f.Level, f.Msg = Good, "each write is on disk before it is answered"
	case v == "everysec":
		f.Msg, f.Hint = "a power cut loses up to a second of what was accepted", "set appendfsync always; Slipway writes little"
	default:
		f.Level, f.Msg = Problem, fmt.Sprintf("%q: nobody knows when writes reach the disk", v)
		f.Hint = "set appendfsync always; Slipway writes little"
	}
	return f
}

func eviction(policy string) Finding {
	switch policy {
	case "noeviction":
		return Finding{Level: Good, Subject: "maxmemory-policy", Msg: "nothing is thrown away when memory is short"}
	case "":
		return Finding{Level: Warning, Subject: "maxmemory-policy", Msg: "cannot be seen here",
			Hint: "look at the settings of the service; it must be noeviction"}
	}
	return Finding{Level: Problem, Subject: "maxmemory-policy",
		Msg: policy + " throws releases and holds away when memory is short", Hint: "set maxmemory-policy noeviction"}
}

func (s *Store) replication(connected string) Finding {
	n, err := strconv.Atoi(connected)
	switch {
	case err != nil:
		return Finding{Level: Warning, Subject: "replicas", Msg: "cannot be seen here", Hint: "look at the settings of the service"}
	case n < s.replicas:
		return Finding{Level: Problem, Subject: "replicas", Msg: fmt.Sprintf("%d connected, %d have to confirm", n, s.replicas),
			Hint: "until they are connected no release can act; look at the replicas"}
	case n > 0 && s.replicas == 0:
		return Finding{Level: Warning, Subject: "replicas", Msg: fmt.Sprintf("%d connected, none has to confirm a write", n),
			Hint: "let one confirm, so that a failover does not forget what was begun"}
	case n == 0:
		return Finding{Level: Warning, Subject: "replicas", Msg: "none: if this machine is lost, so is what it knows",
			Hint: "add a replica, and let it confirm"}
	}
	return Finding{Level: Good, Subject: "replicas", Msg: fmt.Sprintf("%d connected, %d have to confirm", n, s.replicas)}
}
