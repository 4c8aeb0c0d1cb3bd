package google_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/api/option"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for good, plain := range map[string]bool{
		"": false, "http://127.0.0.1:9000": true, "http://127.0.0.1:9000/": true, "http://[::1]:9000": true, "https://run.example.com": false,
		"https://run.example.com:8443/": false, "run.example.com:443": false, "run.example.com": false,
	} {
		c, err := google.NewConnection(api, good, dial)
		if err != nil {
			t.Errorf("%q: %v", good, err)
			continue
		}
		if c.Plain() != plain {
			t.Errorf("%q: plain is %v", good, c.Plain())
		}
		if err := c.Close(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"http://127.0.0.1", "ftp://host:1", "https://host/v2", "host/v2", "http://", "://", "https:///x"} {
		_, err := google.NewConnection(api, bad, dial)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "is no address of Cloud Practice") ||
			!strings.Contains(deploy.Hint(err), "write CLOUDSDK_API_ENDPOINT_OVERRIDES_PRACTICE as") || !strings.Contains(err.Error(), "read the endpoint of cloud practice") {
			t.Errorf("%q: %v, hint %q", bad, err, deploy.Hint(err))
		}
	}
}

func TestABotStartsWhileTheCloudIsAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := connect(t, "http://"+address)
	if _, err := google.Read(t.Context(), c, ask); explained(t, err) != deploy.Unavailable {
		t.Errorf("nobody listens: %v", err)
	}
	serve(t, address, &server{})
	// The client itself waits up to a fraction of a second before it connects again.
	for range 20 {
		if _, err = google.Read(t.Context(), c, ask); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("once it is back: %v", err)
	}
}

// closer is a client that cannot be closed well.
type closer struct{ err error }

func (c *closer) Close() error { return c.err }

func TestTheClientIsMadeAtTheFirstUseAndKept(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	broken := errors.New("no such file")
	c, err := google.NewConnection(api, "", func(ctx context.Context, opts ...option.ClientOption) (*closer, error) {
		if ctx.Done() != nil || len(opts) == 0 {
			t.Errorf("made with %d options, and credentials end with the first call: %v", len(opts), ctx.Done() != nil)
		}
		if made.Add(1) == 1 {
			return nil, broken
		}
		return &closer{}, nil
	})
	if err != nil || made.Load() != 0 {
		t.Fatalf("%d made before the first use, %v", made.Load(), err)
	}
	if _, err := c.Get(t.Context()); deploy.CodeOf(err) != deploy.Forbidden || !errors.Is(err, broken) {
		t.Errorf("without credentials: %v", err)
	}
	first, err := c.Get(t.Context())
	if err != nil {
		t.Fatalf("what went wrong was kept: %v", err)
	}
	if again, err := c.Get(t.Context()); err != nil || again != first || made.Load() != 2 {
		t.Errorf("%d made, %v", made.Load(), err)
	}
}

func TestWhoWaitsForTheClientMayGiveUp(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	c, err := google.NewConnection(api, "", func(context.Context, ...option.ClientOption) (*closer, error) {
		close(begun)
		<-release
		return &closer{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := c.Get(t.Context())
		got <- err
	}()
	<-begun
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the second: %v", err)
	}
	close(release)
	if err := <-got; err != nil {
		t.Errorf("the first: %v", err)
	}
}

func TestClosing(t *testing.T) {
	t.Parallel()
	broken := errors.New("a broken pipe")
	for name, tc := range map[string]struct {
		use  bool
		err  error
		want string
	}{
		"what was never used":   {false, broken, ""},
		"what was used":         {true, nil, ""},
		"what cannot be closed": {true, broken, "close the connection to cloud practice: a broken pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := google.NewConnection(api, "", func(context.Context, ...option.ClientOption) (*closer, error) { return &closer{tc.err}, nil })
			if err != nil {
				t.Fatal(err)
			}
			if tc.use {
				if _, err := c.Get(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			if err := c.Close(); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if err := c.Close(); err != nil {
				t.Errorf("closed twice: %v", err)
			}
			if _, err := c.Get(t.Context()); deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "the connection to Cloud Practice is closed" {
				t.Errorf("once it is closed: %v", err)
			}
		})
	}
}

func TestWithoutCredentialsTheRemedyIsNamed(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/nothing-here.json")
	_, err := connect(t, "https://127.0.0.1:1").Get(t.Context())
	if deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Hint(err), "gcloud auth application-default login") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}
