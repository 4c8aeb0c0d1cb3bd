package httpcheck_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

// BenchmarkOverhead compares a check of one call with the same call made with net/http alone: on a connection of its
// own, as a check makes it, and on one that is kept. checks.http_overhead_us is check minus plain.
func BenchmarkOverhead(b *testing.B) {
	s := httptest.NewServer(write(`{"status":"ok","version":"v1.2.4","timestamp":"2026-03-02T14:00:00Z"}`))
	defer s.Close()
	call := func(b *testing.B, c *http.Client) {
		b.Helper()
		res, err := c.Get(s.URL + "/health")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err != nil {
			b.Fatal(err)
		}
		_ = res.Body.Close()
	}
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			tr := &http.Transport{}
			call(b, &http.Client{Transport: tr, Timeout: 5 * time.Second})
			tr.CloseIdleConnections()
		}
	})
	b.Run("kept", func(b *testing.B) {
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		for b.Loop() {
			call(b, &http.Client{Transport: tr, Timeout: 5 * time.Second})
		}
	})
	b.Run("check", func(b *testing.B) {
		c := httpcheck.New(nil)
		q := deploy.CheckRequest{BaseURL: s.URL, Check: check(get("/health", deploy.Expect{JSON: []string{`.status == "ok"`}}))}
		for b.Loop() {
			if _, err := c.Run(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	})
}
