package memstore_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/store/memstore"
	"slipway/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open is a store whose clock stands still until it is moved.
func open(*testing.T) storetest.Fixture {
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := memstore.New(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	return storetest.Fixture{Store: s, Advance: func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}}
}

func TestMemoryKeepsThePromises(t *testing.T) {
	t.Parallel()
	storetest.Run(t, open)
}

func TestRandomHistoriesFollowTheModel(t *testing.T) {
	t.Parallel()
	storetest.Model(t, open)
}

func TestAClockThatJumpsKeepsThePromises(t *testing.T) {
	t.Parallel()
	storetest.Jumps(t, open)
}
