package runjobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

const (
	oldImage = "gcr.io/my-gcp-project/migrate"
	newImage = "gcr.io/my-gcp-project/coditect@sha256:4444444444444444444444444444444444444444444444444444444444444444"
)

// migrating has a job "migrate", which says what it was given, fails, or waits until it may go on.
type migrating struct {
	*world
	goOn    chan struct{}
	mu      sync.Mutex
	missing bool // the new image
}

func startMigrating(t *testing.T) *migrating {
	t.Helper()
	m := &migrating{goOn: make(chan struct{})}
	m.world = start(t, &sandbox.Options{Pull: func(_ context.Context, image string) (string, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if image == newImage && m.missing {
			return "", sandbox.ErrImageNotFound
		}
		return "", nil
	}})
	_, err := m.cloud.SeedJob(sandbox.JobSpec{Name: "migrate", Image: oldImage, Args: []string{"up"}, Run: func(ctx context.Context, args []string, env map[string]string) (string, int) {
		switch args[len(args)-1] {
		case "fail":
			return "no such table\n", 1
		case "wait":
			m.wrote.began <- "wait"
			select {
			case <-m.goOn:
			case <-ctx.Done():
				return "broken off\n", 1
			}
		}
		return fmt.Sprintf("%v %s\n", args, env["VERSION"]), 0
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func migration(args ...string) deploy.JobRequest {
	q := request(args...)
	q.Job, q.Key = "migrate", "r42/migrate/job"
	return q
}

// sent are the calls that may change something.
func (m *migrating) sent() (all []string) {
	for _, c := range m.calls() {
		if !strings.HasPrefix(c, "GetJob ") && !strings.HasPrefix(c, "ListExecutions ") {
			all = append(all, strings.TrimSuffix(c, " migrate"))
		}
	}
	return all
}

func (m *migrating) wantSent(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, m.sent()); diff != "" {
		t.Errorf("calls that change something (-want +got):\n%s", diff)
	}
}

func (m *migrating) inject(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := m.cloud.Faults().Inject(f); err != nil {
		t.Fatal(err)
	}
}

func TestAJobIsGivenItsImageOnce(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	q := migration("up")
	q.Image = newImage
	for _, key := range []string{"one", "two"} {
		q.Key = key
		if got, err := m.Run(t.Context(), q); err != nil || got.Output != "[up] v1.2.4" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	m.wantSent(t, "UpdateJob", "RunJob", "RunJob")
	q.Key, q.Image = "three", "" // it runs with what it has
	if _, err := m.Run(t.Context(), q); err != nil {
		t.Error(err)
	}
	m.wantSent(t, "UpdateJob", "RunJob", "RunJob", "RunJob")
}

func TestAJobWhoseUpdateIsNotAnswered(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	m.inject(t, sandbox.Fault{Kind: sandbox.LoseAnswer, Method: "UpdateJob", Code: codes.Unavailable, Count: 1})
	q := migration("up")
	q.Image = newImage
	if _, err := m.Run(t.Context(), q); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("the lost one: %v", err)
	}
	if _, err := m.Run(t.Context(), q); err != nil {
		t.Errorf("again: %v", err)
	}
	m.wantSent(t, "UpdateJob", "RunJob")
}

func TestAnImageThatCannotBeHad(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	m.missing = true
	q := migration("up")
	q.Image = newImage
	_, err := m.Run(t.Context(), q)
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "could not give the job migrate its image: Image") || deploy.Hint(err) == "" {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
	m.wantSent(t, "UpdateJob")
	m.mu.Lock()
	m.missing = false
	m.mu.Unlock()
	if _, err := m.Run(t.Context(), q); err != nil {
		t.Errorf("once it is there: %v", err)
	}
	m.wantSent(t, "UpdateJob", "UpdateJob", "RunJob")
}

func TestAJobThatSomebodyElseChanges(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	m.inject(t, sandbox.Fault{Kind: sandbox.Refuse, Method: "UpdateJob", Code: codes.Aborted, Count: 1})
	q := migration("up")
	q.Image = newImage
	if _, err := m.Run(t.Context(), q); deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "somebody is changing the job" {
		t.Errorf("%v", err)
	}
	m.wantSent(t, "UpdateJob")
}

func TestAnExecutionIsFoundAgainByItsKey(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	first, err := m.Run(t.Context(), migration("up"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Run(t.Context(), migration("up"))
	if err != nil || again.Execution != first.Execution || again.Output != first.Output {
		t.Errorf("%+v, %v; want %+v", again, err, first)
	}
	other := migration("up")
	other.Key = "r43/migrate/job"
	if got, err := m.Run(t.Context(), other); err != nil || got.Execution == first.Execution {
		t.Errorf("another key: %+v, %v", got, err)
	}
	m.wantSent(t, "RunJob", "RunJob")
}

func TestAnExecutionWhoseStartWasNotAnswered(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	m.inject(t, sandbox.Fault{Kind: sandbox.LoseAnswer, Method: "RunJob", Code: codes.Unavailable, Count: 1})
	if _, err := m.Run(t.Context(), migration("up")); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("the lost one: %v", err)
	}
	if got, err := m.Run(t.Context(), migration("up")); err != nil || got.Output != "[up] v1.2.4" {
		t.Errorf("again: %+v, %v", got, err)
	}
	m.wantSent(t, "RunJob")
}

func TestAnExecutionWithAKeyOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-m.wrote.began
		cancel()
	}()
	left, err := m.Run(ctx, migration("wait"))
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) || left.Execution == "" {
		t.Errorf("%+v, %v", left, err)
	}
	close(m.goOn)
	got, err := m.Run(t.Context(), migration("wait"))
	if err != nil || got.Execution != left.Execution || got.Output != "[wait] v1.2.4" {
		t.Errorf("%+v, %v; want %s", got, err, left.Execution)
	}
	m.wantSent(t, "RunJob")
}

func TestAnExecutionWithAKeyThatFailedIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	var first deploy.JobReport
	for n := range 2 {
		got, err := m.Run(t.Context(), migration("fail"))
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "no such table") || n > 0 && got.Execution != first.Execution {
			t.Errorf("%+v, %v", got, err)
		}
		first = got
	}
	m.wantSent(t, "RunJob")
}

func TestAnExecutionWithAKeyHasItsTime(t *testing.T) {
	t.Parallel()
	m := startMigrating(t)
	q := migration("wait")
	q.Within = 2 * time.Second // a whole one would be too short where much else goes on
	_, err := m.Run(t.Context(), q)
	if deploy.CodeOf(err) == "" || errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	m.wantSent(t, "RunJob", "CancelExecution")
}
