//go:build !crash

package main

import (
	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// What the bot of `make crash` has otherwise; see crash_on.go.
var (
	boundary   func(deploy.StepKind, engine.Point)
	slackHurry float64
)
