package sim_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var (
	seed   = flag.Uint64("seed", 0, "play this world only, as often as -worlds says")
	worlds = flag.Int("worlds", 8, "how many worlds to play")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPromisesHoldInEveryWorld plays worlds with seeds of their own each time it is run.
func TestPromisesHoldInEveryWorld(t *testing.T) {
	var seeds []uint64
	for range *worlds {
		next := *seed
		if next == 0 {
			next = rand.Uint64() >> 32
		}
		seeds = append(seeds, next)
	}
	var releases atomic.Int64
	t.Run("worlds", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				faults, events, n := play(t, seed, none)
				releases.Add(int64(n))
				if len(faults) == 0 {
					return
				}
				story := filepath.Join(os.TempDir(), fmt.Sprintf("slipway-world-%d.txt", seed))
				if err := os.WriteFile(story, []byte(strings.Join(events, "\n")), 0o600); err != nil {
					t.Error(err)
				}
				t.Errorf("%s\nplay it again with -seed %d; all that took place is in %s", strings.Join(faults[:min(len(faults), 10)], "\n"), seed, story)
			})
		}
	})
	t.Logf("%d releases in %d worlds", releases.Load(), len(seeds))
	if releases.Load() < int64(20*len(seeds)) {
		t.Errorf("only %d releases in %d worlds: nothing happens in them", releases.Load(), len(seeds))
	}
}

// What Go itself decides at random, which of several channels that are ready a select takes, is not in the seed. So
// the worlds may part later on; a fault that a seed has shown comes again nearly always.
func TestASeedPlaysTheSameWayAgain(t *testing.T) {
	t.Parallel()
	_, once, _ := play(t, 42, none)
	_, again, _ := play(t, 42, none)
	if diff := cmp.Diff(firstMinute(once), firstMinute(again)); diff != "" {
		t.Errorf("the same seed gives two worlds:\n%.2000s", diff)
	}
}

func firstMinute(events []string) []string {
	for i, e := range events {
		after, _, _ := strings.Cut(e, " ")
		if d, err := time.ParseDuration(after); err == nil && d > time.Minute {
			return events[:i]
		}
	}
	return events
}

func TestTheJudgeNoticesADefectThatIsBuiltIn(t *testing.T) {
	t.Parallel()
	for _, built := range []fault{ignoresEpochs, losesCommits, takesAnything} {
		t.Run(string(built), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(30) {
				if faults, _, _ := play(t, seed+1, built); len(faults) > 0 {
					t.Logf("world %d: %s", seed+1, faults[0])
					return
				}
			}
			t.Error("nothing was noticed in 30 worlds")
		})
	}
}
