package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

var strategies = []string{string(deploy.Canary), string(deploy.BlueGreen), string(deploy.Rolling)}

func (s *source) checkStrategy(path string, g Strategy) {
	kind, steps := under(path, "kind"), under(path, "steps")
	s.must(slices.Contains(strategies, g.Kind), kind, "unknown strategy "+strconv.Quote(g.Kind), didYouMean(g.Kind, strategies))
	if !s.has(kind) {
		s.problem(kind, "the strategy has no kind", "an environment's strategy replaces the inherited one as a whole")
	}
	switch deploy.StrategyKind(g.Kind) {
	case deploy.Canary:
		if !s.has(steps) || len(g.Steps) == 0 {
			s.problem(steps, "the canary has no steps", "write one per share of traffic: percent, bake, approve")
		}
	case deploy.BlueGreen:
		s.must(len(g.Steps) == 1, steps, fmt.Sprintf("blue-green has one step, not %d", len(g.Steps)), "shares below 100 are canary steps")
	case deploy.Rolling:
		s.must(len(g.Steps) == 1, steps, fmt.Sprintf("rolling has one step, not %d", len(g.Steps)), "ECS replaces task by task, and no share of traffic is held; shares below 100 are canary steps")
	}
	first := under(item(steps, 0), "approve")
	s.must(len(g.Steps) == 0 || g.Steps[0].Approve != approveUnsure, first, "approve of the first step is inconclusive", "before it there is no traffic to judge; write true or false")
	before := 0
	for i, t := range g.Steps {
		s.checkStep(item(steps, i), t, before)
		before = max(before, t.Percent)
	}
	if n := len(g.Steps); n > 0 {
		end := under(item(steps, n-1), "percent")
		s.must(g.Steps[n-1].Percent == 100, end, fmt.Sprintf("the last step is %d %%", g.Steps[n-1].Percent), "a release ends at 100 %")
	}
}

func (s *source) checkStep(path string, t TrafficStep, before int) {
	percent := under(path, "percent")
	if !s.has(percent) {
		s.problem(percent, "the step has no percent", "")
	}
	s.must(t.Percent >= 1 && t.Percent <= 100, percent, fmt.Sprintf("percent %d is out of range", t.Percent), "1 to 100")
	s.must(t.Percent > before, percent, fmt.Sprintf("percent does not rise: %d after %d", t.Percent, before), "")
	bake := time.Duration(t.Bake)
	s.must(bake <= longestWait, under(path, "bake"), "bake "+bake.String()+" is too long", "at most 168h")
}
