//go:build crash

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// slackHurry is for the practice Slack, which is told to have no limits: hundreds of releases are told of in minutes.
const slackHurry = 1000

// boundary ends this process as kill -9 does, or stops it until it is told to continue, where a line of the file named by
// SLIPWAY_CRASH says so: "KIND POINT kill" or "KIND POINT stop". Renaming it claims it, so that of several replicas
// it happens to one; the new name ends in the process id of that one, and the file has that line alone.
func boundary(k deploy.StepKind, p engine.Point) {
	order := os.Getenv("SLIPWAY_CRASH")
	text, err := os.ReadFile(order)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		what, here := strings.CutPrefix(strings.TrimSpace(line), string(k)+" "+string(p)+" ")
		if !here {
			continue
		}
		claim := fmt.Sprintf("%s.%d", order, os.Getpid())
		if err := os.Rename(order, claim); err != nil {
			return
		}
		if what == "stop" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			return
		}
		_ = os.WriteFile(claim, []byte(line), 0o600)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // not one instruction more of this goroutine
	}
}
