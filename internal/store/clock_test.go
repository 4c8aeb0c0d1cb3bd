package store_test

import (
	"testing"

	"slipway/internal/store/storetest"
)

func TestARedisClockThatJumpsKeepsThePromises(t *testing.T) {
	t.Parallel()
	storetest.Jumps(t, func(t *testing.T) storetest.Fixture { fx, _ := mini(t); return fx })
}
