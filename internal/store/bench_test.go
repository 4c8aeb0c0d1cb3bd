package store_test

import (
	"slices"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// BenchmarkRelease measures what a release costs at a real Redis: the middle of each kind of call, in µs.
func BenchmarkRelease(b *testing.B) {
	for _, sync := range []string{"no", "always"} {
		b.Run("fsync "+sync, func(b *testing.B) {
			server := storetest.StartRedis(b, "--appendonly", "yes", "--appendfsync", sync)
			s, err := store.Open(b.Context(), server.URL(0), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			took := map[string][]time.Duration{}
			measure := func(what string, call func() error) {
				begun := time.Now()
				if err := call(); err != nil {
					b.Fatal(err)
				}
				took[what] = append(took[what], time.Since(begun))
			}
			for b.Loop() {
				release(b, s, measure)
			}
			for what, all := range took {
				slices.Sort(all)
				b.ReportMetric(float64(all[len(all)/2].Microseconds()), what+"-p50-µs")
			}
		})
	}
}

// release is a life from create to end.
func release(b *testing.B, s *store.Store, measure func(string, func() error)) {
	ctx := b.Context()
	r := full()
	r.State = deploy.Running
	var created deploy.Created
	var claim deploy.Claim
	measure("create", func() (err error) { created, err = s.Create(ctx, r, ""); return err })
	measure("claim", func() (err error) { claim, err = s.Claim(ctx, created.Release.ID, "a", time.Hour); return err })
	measure("beat", func() error { _, err := s.Beat(ctx, created.Release.ID, claim.Epoch, time.Hour); return err })
	measure("holder", func() error { _, err := s.Holder(ctx, r.Target); return err })
	measure("get", func() error { _, err := s.Get(ctx, created.Release.ID); return err })
	measure("due", func() error { _, err := s.Due(ctx, 16); return err })
	c := next(claim)
	c.Release.State = deploy.Failed
	measure("commit", func() error { _, err := s.Commit(ctx, c); return err })
}
