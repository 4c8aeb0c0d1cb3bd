package storetest

import (
	"testing"

	"slipway/internal/store/redistest"
)

// Databases is how many databases a Server has; each test can have one of its own.
const Databases = redistest.Databases

// Server is a redis-server of a test.
type Server struct{ *redistest.Server }

// StartRedis starts redis-server with args after its usual ones, and ends it with the test. By default it keeps
// nothing on disk; "--appendonly", "yes" lets it remember over Kill and Start. It fails the test if redis-server
// is not installed: the store is only as good as the Redis it was tested with.
func StartRedis(t testing.TB, args ...string) *Server {
	t.Helper()
	s, err := redistest.Start(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a folder left in the temporary one is no failure of the test
	return &Server{s}
}

// Start starts a killed server again: same address, same folder.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}
