package store_test

import (
	"testing"

	"go.uber.org/goleak"

	"slipway/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, storetest.WireLeaks()...) }
