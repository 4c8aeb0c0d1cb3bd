package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// targetArgument makes this program the service that checks and load are sent to. Its address is the next argument.
const targetArgument = "answer-checks"

// What the service answers.
const (
	healthPath = "/health" // at once
	waitPath   = "/wait/"  // after the time that follows
	unevenPath = "/uneven" // after evenFor, but every fiftieth after unevenFor
)

const (
	// Not at once: wrk adds to its latencies those of requests that it would have sent had it not waited, which of answers
	// that are mostly much faster than the slow ones would be nearly half of all.
	evenFor      = 5 * time.Millisecond
	unevenFor    = 25 * time.Millisecond
	targetWithin = 10 * time.Second // for the service to come up
)

// targetServer is the service, in a process of its own: wrk's is one, too.
type targetServer struct {
	*process
	url string
}

func startTarget(ctx context.Context, g *ground) (*targetServer, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child, err := spawn(filepath.Join(g.dir, "target.log"), nil, self, targetArgument, address)
	if err != nil {
		return nil, err
	}
	t := &targetServer{process: child, url: "http://" + address}
	if err := t.await(ctx); err != nil {
		return nil, errors.Join(err, t.stop())
	}
	return t, nil
}

// await waits until the service answers.
func (t *targetServer) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, targetWithin)
	defer cancel()
	ctx, release := t.alive(ctx)
	defer release()
	for {
		err := callOnce(ctx, t.url+healthPath)
		if err == nil {
			return nil
		}
		pause := time.NewTimer(20 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("wait for the service: %w", errors.Join(context.Cause(ctx), err))
		}
	}
}

// answerChecks is the child. It ends when it is told to.
func answerChecks(ctx context.Context, address string) error {
	server := &http.Server{Addr: address, ReadHeaderTimeout: targetWithin, Handler: answers(ctx.Done())}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answers are those of the service, until done.
func answers(done <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	healthy := func(rw http.ResponseWriter) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"status":"ok","version":"v1.2.4","timestamp":"2026-03-02T14:00:00Z"}`)
	}
	after := func(rw http.ResponseWriter, d time.Duration) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			healthy(rw)
		case <-done:
		}
	}
	mux.HandleFunc(healthPath, func(rw http.ResponseWriter, _ *http.Request) { healthy(rw) })
	mux.HandleFunc(waitPath, func(rw http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(strings.TrimPrefix(r.URL.Path, waitPath))
		if err != nil {
			http.Error(rw, "no time", http.StatusBadRequest)
			return
		}
		after(rw, d)
	})
	var n atomic.Int64
	mux.HandleFunc(unevenPath, func(rw http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%50 == 0 {
			after(rw, unevenFor)
			return
		}
		after(rw, evenFor)
	})
	return mux
}
