package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/httpcheck"
)

const (
	overheads = 2_000 // checks, and plain calls, that are timed in turn
	manyAt    = 50    // checks that are run at once: as many as a stage has
	slowest   = 300 * time.Millisecond
	manyTimes = 5
)

// measureChecks says what an HTTP check costs, how many of them take the time of one, and how the load that is sent
// compares with wrk's, of a server in a process of its own.
func measureChecks(ctx context.Context, g *ground) (err error) {
	target, err := startTarget(ctx, g)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := target.stop(); err == nil {
			err = stopErr
		}
	}()
	ctx, release := target.alive(ctx)
	defer release()
	if err := measureOverhead(ctx, target.url); err != nil {
		return err
	}
	if err := measureManyAtOnce(ctx, target.url); err != nil {
		return err
	}
	return measureLoad(ctx, target.url)
}

// measureOverhead compares a check of one call and one expectation with the same call made with net/http alone, each on
// a connection of its own: BenchmarkOverhead of the package, in turn, so that what else the machine does is in both.
func measureOverhead(ctx context.Context, url string) error {
	checker := httpcheck.New(nil)
	q := deploy.CheckRequest{BaseURL: url, Check: deploy.Check{
		Name: "health", Stage: deploy.Smoke, Within: 20 * time.Second, Tries: 1,
		Calls: []deploy.Call{{Method: http.MethodGet, Path: healthPath, Timeout: 5 * time.Second, Expect: deploy.Expect{JSON: []string{`.status == "ok"`}}}},
	}}
	plain, checked := make(sample, overheads), make(sample, overheads)
	for i := range overheads {
		begun := time.Now()
		if err := callOnce(ctx, url+healthPath); err != nil {
			return err
		}
		plain[i] = time.Since(begun)
		begun = time.Now()
		if _, err := checker.Run(ctx, q); err != nil {
			return err
		}
		checked[i] = time.Since(begun)
	}
	say("a check took %s, a plain call %s", checked.p50(), plain.p50())
	figure("checks.http_overhead_us", float64(checked.p50()-plain.p50())/float64(time.Microsecond), "us")
	return nil
}

func callOnce(ctx context.Context, url string) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.ReadAll(res.Body)
	return err
}

// measureManyAtOnce runs the smoke checks of a release whose service answers the slowest of them after a known time.
func measureManyAtOnce(ctx context.Context, url string) error {
	r := deploy.Release{Facts: deploy.Facts{Candidate: deploy.Revision{URL: url}}}
	for i := range manyAt {
		takes := slowest * time.Duration(i+1) / manyAt
		r.Spec.Checks = append(r.Spec.Checks, deploy.Check{
			Name: fmt.Sprintf("check %d", i+1), Stage: deploy.Smoke, Within: 20 * time.Second, Tries: 1,
			Calls: []deploy.Call{{Method: http.MethodGet, Path: waitPath + takes.String(), Timeout: 10 * time.Second}},
		})
	}
	smoke := phase.Runners(phase.Ports{Checker: httpcheck.New(nil)})[deploy.KindSmoke]
	took := make(sample, manyTimes)
	for i := range took {
		begun := time.Now()
		if _, err := smoke.Run(ctx, r, deploy.Step{Kind: deploy.KindSmoke}); err != nil {
			return err
		}
		took[i] = time.Since(begun)
	}
	figure("checks.fifty_at_once_ratio", ratio(took.p50(), slowest), "times")
	return nil
}
