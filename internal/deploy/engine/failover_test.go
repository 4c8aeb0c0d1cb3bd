package engine_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// untilSaid waits until what a server says to a command has a word in it.
func untilSaid(t *testing.T, server *storetest.Server, word string, args ...any) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: server.Addr, MaxRetries: -1})
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		text, _ := c.Do(ctx, args...).Text()
		if strings.Contains(text, word) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%v never says %q: %s", args, word, text)
		}
	}
}

func hostPort(t *testing.T, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// The link to the replica is cut in the middle of a release, so what the primary is told from then on is lost when
// Sentinel puts the replica in its place.
func TestFailoverToAReplicaThatWasCutOff(t *testing.T) {
	t.Parallel()
	primary := storetest.StartRedis(t)
	link := storetest.NewWire(t, primary.Addr)
	host, port := hostPort(t, link.Addr)
	replica := storetest.StartRedis(t, "--replicaof", host+" "+port)
	untilSaid(t, replica, "master_link_status:up", "info", "replication")
	sentinel := storetest.StartRedis(t, "--sentinel")
	host, port = hostPort(t, primary.Addr)
	command(t, sentinel, "sentinel", "monitor", "main", host, port, 1)
	command(t, sentinel, "sentinel", "set", "main", "down-after-milliseconds", 300)
	command(t, sentinel, "sentinel", "set", "main", "failover-timeout", 3000)
	untilSaid(t, sentinel, "slaves=1", "info", "sentinel")
	s, err := store.Open(t.Context(), "redis+sentinel://"+sentinel.Addr+"/main", &store.Options{Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, x := newBenchOver(t, s, noApproval), &site{}
	var once sync.Once
	cut := make(chan struct{})
	b.on(deploy.KindPropose, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		once.Do(func() {
			link.Break(t, storetest.BlackHole)
			close(cut)
		})
		return deploy.Outcome{}, nil
	})
	for _, k := range []deploy.StepKind{deploy.KindRevision, deploy.KindShift} {
		b.on(k, func(_ context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
			return x.change(r, s)
		})
	}
	heard := listen(b.store)
	b.start("one", heard, brief)
	<-cut
	heard.hear(t, "0 of 1 replicas of Redis confirmed the write", 2)
	b.await("begun, as the primary alone has it", func(r deploy.Release) bool { return revision(r).Status == deploy.Started })
	primary.Kill()
	b.asksPeople("app-1 was at revision")
	if got := x.story(); got != "" {
		t.Errorf("changes %s, though no replica had the intent", got)
	}
	primary.Start(t)
	host, port = hostPort(t, replica.Addr)
	command(t, primary, "replicaof", host, port)
	untilSaid(t, primary, "master_link_status:up", "info", "replication")
	b.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	b.await("succeeded on the new primary", in(deploy.Succeeded))
	if got := x.story(); got != "deploy/revision traffic/100" {
		t.Errorf("changes %s", got)
	}
	b.gapless()
}

// startCluster is three primaries that share the slots.
func startCluster(t *testing.T) (nodes []*storetest.Server, url string) {
	t.Helper()
	var addrs []string
	for i, slots := range [][2]int{{0, 5460}, {5461, 10922}, {10923, 16383}} {
		n := storetest.StartRedis(t, append([]string{"--cluster-enabled", "yes", "--databases", "1", "--cluster-node-timeout", "500"}, kept...)...)
		command(t, n, "cluster", "addslotsrange", slots[0], slots[1])
		command(t, n, "cluster", "set-config-epoch", i+1)
		nodes, addrs = append(nodes, n), append(addrs, n.Addr)
		host, port := hostPort(t, n.Addr)
		command(t, nodes[0], "cluster", "meet", host, port)
	}
	for _, n := range nodes {
		untilSaid(t, n, "cluster_state:ok", "cluster", "info")
		untilSaid(t, n, "cluster_known_nodes:3", "cluster", "info")
	}
	return nodes, "redis://" + strings.Join(addrs, ",")
}

func TestANodeOfAClusterIsRestartedInTheMiddle(t *testing.T) {
	t.Parallel()
	nodes, url := startCluster(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOver(t, s, noApproval)
	var owner *storetest.Server
	for _, n := range nodes {
		if command(t, n, "keys", "*:rel:"+string(b.id)) != "[]" {
			owner = n
		}
	}
	var once sync.Once
	killed := make(chan struct{})
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		once.Do(func() {
			owner.Kill()
			close(killed)
		})
		return deploy.Outcome{}, nil
	})
	heard := listen(b.store)
	b.start("one", heard, brief)
	<-killed
	heard.hear(t, noAnswer, 1)
	heard.hear(t, "the Redis Cluster is down", 1)
	owner.Start(t)
	b.await("succeeded by itself", in(deploy.Succeeded))
	b.gapless()
}
