package sandbox_test

import (
	"context"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func environ(s *sandbox.Sandbox) map[string]string {
	env := map[string]string{}
	for _, e := range s.Environ() {
		key, value, _ := strings.Cut(e, "=")
		env[key] = value
	}
	return env
}

func start(t *testing.T, opts sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	opts.Catalog = deployments.Catalog()
	s, err := sandbox.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestEnvironmentLeadsToEveryPart(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	env := environ(s)
	for _, key := range []string{"SLACK_API_URL", "REDIS_URL", "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN",
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING", "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING",
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"} {
		u, err := url.Parse(env[key])
		if err != nil {
			t.Fatalf("%s=%s: %v", key, env[key], err)
		}
		conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
		if err != nil {
			t.Errorf("%s=%s: %v", key, env[key], err)
			continue
		}
		_ = conn.Close()
		if !net.ParseIP(u.Hostname()).IsLoopback() {
			t.Errorf("%s=%s leaves this machine", key, env[key])
		}
	}
	if env["SLACK_APP_TOKEN"] == "" || env["SLACK_BOT_TOKEN"] == "" || env["SLIPWAY_CHANNEL"] != "#devops-oncall" {
		t.Errorf("environment %v", s.Environ())
	}
}

func TestPracticeCatalogIsTheGivenOneMadeFaster(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Speed: 60})
	c, err := catalog.Load(environ(s)["SLIPWAY_CATALOG"])
	if err != nil {
		t.Fatal(err)
	}
	spec, err := c.Resolve(deploy.Target{Service: "coditect-app", Environment: "production"}, "v1.2.4")
	if err != nil {
		t.Fatal(err)
	}
	if bake := spec.Strategy.Steps[0].Bake; bake != 5*time.Second {
		t.Errorf("five minutes pass in %s, 60 times faster", bake)
	}
	if expires := spec.Policy.ApprovalExpires; expires != time.Minute {
		t.Errorf("an hour passes in %s, 60 times faster", expires)
	}
	if want := s.Registry.Addr() + "/my-gcp-project/coditect"; spec.Image != want {
		t.Errorf("the image is %s, want %s", spec.Image, want)
	}
	if spec.URL == "" || !strings.HasPrefix(spec.URL, "http://127.0.0.1:") {
		t.Errorf("users reach it at %q", spec.URL)
	}
}

// Whoever practises with services of their own need not have those of the example.
func TestACatalogOfOneServiceIsEnough(t *testing.T) {
	t.Parallel()
	for _, only := range []string{"coditect-duo.yaml", "coditect-ecs.yaml", "coditect-web.yaml"} {
		content, err := fs.ReadFile(deployments.Catalog(), only)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sandbox.Start(sandbox.Options{Catalog: fstest.MapFS{only: &fstest.MapFile{Data: content}}})
		if err != nil {
			t.Fatalf("%s: %v", only, err)
		}
		if got := spec(t, s, strings.TrimSuffix(only, ".yaml")).URL; !strings.HasPrefix(got, "http://127.0.0.1:") {
			t.Errorf("%s: users are at %q, not in the practice range", only, got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPracticeUsersSendTraffic(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Traffic: 200})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		for _, stat := range s.CloudRun.Stats("coditect-app-production") {
			if stat.Requests > 0 {
				return
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("nobody uses the application")
		}
	}
}

func TestOwnRedisCanBeTakenDown(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	for _, c := range []struct{ fault, want string }{{"redis down", "-LOADING"}, {"redis up", "+PONG"}} {
		if err := s.Client().Fault(t.Context(), c.fault); err != nil {
			t.Fatal(err)
		}
		if got := ping(t, environ(s)["REDIS_URL"]); !strings.HasPrefix(got, c.want) {
			t.Errorf("after %s it says %q, want %s", c.fault, got, c.want)
		}
	}
}

func ping(t *testing.T, address string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(address, "redis://"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}

func TestRedisOfAnotherIsUsedAndLeftAlone(t *testing.T) {
	t.Parallel()
	const theirs = "redis://127.0.0.1:1/3"
	s := start(t, sandbox.Options{RedisURL: theirs})
	if got := environ(s)["REDIS_URL"]; got != theirs {
		t.Errorf("REDIS_URL is %s", got)
	}
	if err := s.Client().Fault(t.Context(), "redis down"); err == nil {
		t.Error("it claims to have taken down a Redis that is not its own")
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), Traffic: 50})
	if err != nil {
		t.Fatal(err)
	}
	folder := environ(s)["SLIPWAY_CATALOG"]
	if _, err := os.Stat(folder); err != nil {
		t.Fatal(err)
	}
	for range 2 { // closing twice is harmless
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the practice catalog is still there: %v", err)
	}
}

func TestStartThatGoesWrongLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), Listen: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "start the sandbox") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("on an address that is taken: %v", err)
	}
	broken := os.DirFS(t.TempDir())
	if _, err := sandbox.Start(sandbox.Options{Catalog: broken}); err == nil {
		t.Error("a catalog without a file was taken")
	}
}
