package egress_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy/provider/egress"
)

// The environment's proxies are read once in a process, so this is a process of its own.
func TestTheProxysOwnAddressIsNotLookedAt(t *testing.T) {
	t.Parallel()
	if at := os.Getenv("EGRESS_TEST_PROXY"); at != "" {
		dial := egress.For("service.example", true).DialContext("service.example", 10*time.Second)
		c, err := dial(context.Background(), "tcp", at)
		if err != nil {
			t.Fatalf("the proxy: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if _, err := dial(context.Background(), "tcp", os.Getenv("EGRESS_TEST_OTHER")); err == nil {
			t.Error("what is not the proxy was reached, too")
		}
		return
	}
	proxy, other := httptest.NewServer(http.NotFoundHandler()), httptest.NewServer(http.NotFoundHandler())
	defer proxy.Close()
	defer other.Close()
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	if _, _, err := net.SplitHostPort(host(proxy)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheProxysOwnAddressIsNotLookedAt$", "-test.v")
	cmd.Env = []string{"HTTP_PROXY=" + proxy.URL, "HTTPS_PROXY=" + proxy.URL, "EGRESS_TEST_PROXY=" + host(proxy), "EGRESS_TEST_OTHER=" + host(other)}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
