package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/load"
)

const (
	connections = 10              // of each sender: what the guide's load checks have
	loadFor     = 2 * time.Second // of each run
	rpsRuns     = 5               // of each sender, in turn
	p99Runs     = 5
)

// sent is what a run of load came to.
type sent struct {
	rps float64
	p99 time.Duration
}

// measureLoad sends load with wrk and with the loader in turn: both with as many connections, each of which sends when
// it was answered, and as much as they can. Without wrk the loader's numbers are said, and there is no figure.
func measureLoad(ctx context.Context, url string) error {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		say("checks.load_rps_vs_wrk and checks.load_p99_error_pct are not measured: there is no wrk on PATH; install the Debian package wrk (apt-get install wrk)")
		wrk = ""
	}
	theirs, ours, err := inTurn(ctx, wrk, url+healthPath, rpsRuns)
	if err != nil {
		return err
	}
	say("requests a second: %.0f", middle(ours, sent.rate))
	if wrk != "" {
		say("of wrk: %.0f", middle(theirs, sent.rate))
		figure("checks.load_rps_vs_wrk", middle(ours, sent.rate)/middle(theirs, sent.rate), "times")
	}
	theirs, ours, err = inTurn(ctx, wrk, url+unevenPath, p99Runs)
	if err != nil {
		return err
	}
	own, other := middle(ours, sent.slow), middle(theirs, sent.slow)
	say("p99: %.2f ms, where one of fifty answers takes %s and the rest %s", own, unevenFor, evenFor)
	if wrk != "" {
		say("of wrk: %.2f ms", other)
		figure("checks.load_p99_error_pct", 100*math.Abs(own-other)/other, "%")
	}
	return nil
}

func (s sent) rate() float64 { return s.rps }
func (s sent) slow() float64 { return ms(s.p99) }

// middle is the median of some runs; 0 of none.
func middle(of []sent, value func(sent) float64) float64 {
	if len(of) == 0 {
		return 0
	}
	all := make([]float64, len(of))
	for i, s := range of {
		all[i] = value(s)
	}
	slices.Sort(all)
	return all[(len(all)-1)/2]
}

// inTurn sends load with wrk, if it is there, and with the loader, so many times.
func inTurn(ctx context.Context, wrk, url string, runs int) (theirs, ours []sent, err error) {
	for range runs {
		if wrk != "" {
			s, err := runWrk(ctx, wrk, url)
			if err != nil {
				return nil, nil, err
			}
			theirs = append(theirs, s)
		}
		s, err := runLoader(ctx, url)
		if err != nil {
			return nil, nil, err
		}
		ours = append(ours, s)
	}
	return theirs, ours, nil
}

func runLoader(ctx context.Context, url string) (sent, error) {
	at := strings.LastIndex(url, "/")
	loader := load.New(nil)
	defer loader.Close()
	s, err := loader.Fire(ctx, deploy.LoadRequest{BaseURL: url[:at], For: loadFor, Check: deploy.LoadCheck{
		Name: "bench", Concurrency: connections, Most: 1e9, Targets: []deploy.Call{{Path: url[at:], Timeout: 5 * time.Second}},
	}})
	switch {
	case err != nil:
		return sent{}, err
	case s.Failed > 0 || s.Requests == 0:
		return sent{}, fmt.Errorf("%d of %d requests failed: %v", s.Failed, s.Requests, s.Reasons)
	}
	return sent{rps: float64(s.Requests) / s.Took.Seconds(), p99: s.Latencies.Quantile(0.99)}, nil
}

func runWrk(ctx context.Context, wrk, url string) (sent, error) {
	out, err := exec.CommandContext(ctx, wrk, "-t2", "-c"+strconv.Itoa(connections), "-d"+loadFor.String(), "--latency", url).Output()
	if err != nil {
		return sent{}, fmt.Errorf("run wrk: %w", err)
	}
	return readWrk(string(out))
}

// readWrk reads "99%    1.23ms" and "Requests/sec:  46943.95".
func readWrk(out string) (s sent, err error) {
	for line := range strings.Lines(out) {
		switch fields := strings.Fields(line); {
		case len(fields) == 2 && fields[0] == "99%":
			if s.p99, err = time.ParseDuration(fields[1]); err != nil {
				return sent{}, err
			}
		case len(fields) == 2 && fields[0] == "Requests/sec:":
			if s.rps, err = strconv.ParseFloat(fields[1], 64); err != nil {
				return sent{}, err
			}
		case strings.Contains(line, "Socket errors") || strings.Contains(line, "Non-2xx"):
			return sent{}, errors.New("wrk had " + strings.TrimSpace(line))
		}
	}
	if s.p99 <= 0 || s.rps <= 0 {
		return sent{}, fmt.Errorf("wrk has written something else:\n%s", out)
	}
	return s, nil
}
