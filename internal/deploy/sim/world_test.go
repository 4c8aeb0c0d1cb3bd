package sim_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/deploy/phase"
	"slipway/internal/store/memstore"
)

// world is everything there is in one simulation.
type world struct {
	t     *testing.T
	dice  *dice
	began time.Time
	over  chan struct{} // closed when the simulation ends, for the dead to return
	judge *judge
	store *memstore.Store
	cloud *cloud

	fault      fault        // deliberate
	redisJumps bool         // the clock of Redis is set now and then
	skew       atomic.Int64 // of the clock of Redis, ns
	quiet      atomic.Bool

	targets  []deploy.Target
	replicas []*process // those that should be there; some may be dead
	gone     []*process
	births   int
	created  []deploy.ReleaseID
	epochs   map[deploy.Epoch]deploy.ReleaseID
	heard    map[deploy.EventID]bool
}

// fault is a defect that is built into a world on purpose, to see that the judge would notice.
type fault string

const (
	none          fault = ""
	ignoresEpochs fault = "the store takes commits of whoever knows the revision"
	losesCommits  fault = "the store says yes and forgets"
	takesAnything fault = "the platform does not mind who asks, and what they had read"
)

// Sizes of a world.
const (
	services = 6
	replicas = 3
	busy     = 15 * time.Minute // how long people and nature do something
	settling = 30 * time.Minute // longer than any time-out, expiry and jump of a clock together
)

// play runs one world and returns what was broken and everything that took place.
func play(t *testing.T, seed uint64, built fault) (faults, events []string, releases int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed)
		w.fault = built
		for range replicas {
			w.replicas = append(w.replicas, w.start())
		}
		end := time.Now().Add(busy)
		people := w.people(end)
		w.nature(end)
		people.Wait()
		w.calmDown()
		w.finish()
		w.judge.Lock()
		defer w.judge.Unlock()
		faults, events, releases = w.judge.faults, w.judge.events, len(w.created)
	})
	return faults, events, releases
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, dice: newDice(seed), began: time.Now(), over: make(chan struct{}), epochs: map[deploy.Epoch]deploy.ReleaseID{},
		heard: map[deploy.EventID]bool{}}
	w.judge = newJudge(w)
	w.redisJumps = w.dice.roll("does the clock of Redis jump").one(3)
	w.store = memstore.New(w.redisNow)
	w.cloud = newCloud(w)
	for i := range services {
		target := deploy.Target{Service: fmt.Sprintf("app%d", i), Environment: "production"}
		w.targets = append(w.targets, target)
		w.cloud.seed(platformName(target))
	}
	return w
}

func platformName(t deploy.Target) string { return t.Service + "-" + t.Environment }

func (w *world) redisNow() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

func (w *world) redisTime() time.Time { return w.redisNow().UTC() }

func (w *world) calm() bool { return w.quiet.Load() }

// start brings a replica up: the real engine with the real phases.
func (w *world) start() *process {
	w.births++
	ctx, stop := context.WithCancel(context.Background())
	p := &process{w: w, name: fmt.Sprintf("replica-%d", w.births), stop: stop, done: make(chan struct{})}
	reached := at{p, w.cloud}
	runners := phase.Runners(phase.Ports{
		Platforms: map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: reached}, Images: reached, Prober: reached,
	})
	e := engine.New(&owners{process: p}, runners, &engine.Options{Owner: p.name, Clock: p})
	go func() {
		defer close(p.done)
		if err := e.Run(ctx); err != nil {
			w.judge.Lock()
			defer w.judge.Unlock()
			w.judge.fault("%s: %v", p.name, err)
		}
	}()
	return p
}

// nature breaks things until end.
func (w *world) nature(end time.Time) {
	for {
		roll := w.dice.roll("nature")
		time.Sleep(roll.between(time.Second, 40*time.Second))
		if !time.Now().Before(end) {
			return
		}
		i := roll.below(len(w.replicas))
		p := w.replicas[i]
		what := pick(roll, "kill", "kill", "stop", "freeze", "freeze", "freeze", "set", "contend", "redis")
		w.judge.Lock()
		w.judge.event("nature: %s %s", what, p.name)
		w.judge.Unlock()
		switch what {
		case "kill":
			p.die()
			w.replace(i, roll)
		case "stop":
			p.stop()
			w.replace(i, roll)
		case "freeze":
			p.freeze(roll.between(time.Second, time.Minute))
		case "set":
			p.jump(roll.between(-2*time.Hour, 2*time.Hour))
		case "contend":
			w.judge.Lock()
			w.cloud.services[platformName(pick(roll, w.targets...))].etag++
			w.judge.Unlock()
		case "redis":
			if w.redisJumps {
				w.skew.Add(int64(roll.between(-2*time.Minute, 2*time.Minute)))
			}
		}
	}
}

// replace starts a successor, sooner or later.
func (w *world) replace(i int, roll *roll) {
	w.gone = append(w.gone, w.replicas[i])
	time.Sleep(roll.between(0, 20*time.Second))
	w.replicas[i] = w.start()
}

// calmDown ends all trouble and lets everything come to rest; then each release that waits for people is rolled back.
func (w *world) calmDown() {
	w.quiet.Store(true)
	time.Sleep(settling)
	w.eachActive(w.judge.rests)
	for range 3 {
		w.eachActive(func(r deploy.Release) {
			_, err := w.store.Signal(w.t.Context(), r.ID, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, "")
			if err != nil {
				w.judge.fault("roll back %s: %v", r.ID, err)
			}
		})
		time.Sleep(settling / 3)
	}
}

func (w *world) eachActive(do func(deploy.Release)) {
	active, err := w.store.Active(w.t.Context())
	w.judge.Lock()
	defer w.judge.Unlock()
	if err != nil {
		w.judge.fault("list active: %v", err)
	}
	for _, r := range active {
		do(r)
	}
}

// finish stops every process and looks at every release once more.
func (w *world) finish() {
	for _, p := range w.replicas {
		p.stop()
		<-p.done
	}
	close(w.over)
	for _, p := range w.gone {
		p.stop()
		<-p.done
	}
	synctest.Wait()
	w.judge.Lock()
	defer w.judge.Unlock()
	for _, id := range w.created {
		r, err := w.store.Get(w.t.Context(), id)
		if err != nil {
			w.judge.fault("get %s: %v", id, err)
			continue
		}
		w.judge.final(r)
	}
	for _, target := range w.targets {
		if holder, _ := w.store.Holder(w.t.Context(), target); holder != "" {
			w.judge.fault("%s is still held by %s", target, holder)
		}
	}
	if due, _ := w.store.Due(w.t.Context(), 100); len(due) > 0 {
		w.judge.fault("still due: %v", due)
	}
}
