package ecs

import "math"

// listening says which rule of a load balancer is meant.
type listening int

const (
	production listening = iota
	test
)

// firstShares is what the revisions of a native service are asked for when a deployment begins.
func (s *Server) firstShares(svc *service, d *deployment) {
	if d.good == nil {
		d.target.production, d.target.test = ptr(hundred), ptr(hundred)
		return
	}
	d.target.production, d.target.test = ptr(0.0), ptr(0.0)
	if d.good.production == nil {
		d.good.production, d.good.test = ptr(hundred), ptr(hundred)
	}
}

// shift gives a revision its share of production traffic in per cent, and the rest to blue, or, when it is blue that is
// given all, nothing to anyone else. It says whether that could be asked for.
func (s *Server) shift(svc *service, d *deployment, r *revision, percent float64) bool {
	for _, other := range svc.revisions {
		if other != r && other.production != nil {
			other.production = ptr(0.0)
		}
	}
	if r != d.good {
		d.good.production = ptr(hundred - percent)
	}
	r.production = ptr(percent)
	return s.setWeights(d, r, production, percent)
}

func (s *Server) shiftTest(d *deployment, r *revision) {
	for _, other := range d.svc.revisions {
		if other.test != nil {
			other.test = ptr(0.0)
		}
	}
	r.test = ptr(hundred)
	// Without a test listener there is nothing to shift, which is allowed.
	s.setWeights(d, r, test, hundred)
}

// setWeights sets those of the target groups of a service. Whole per cents are given as they are; parts of one need
// weights out of 1,000, of which the API allows 999 (inferred: what ECS writes into the rule is not documented).
func (s *Server) setWeights(d *deployment, r *revision, which listening, percent float64) bool {
	most := 100
	if percent != math.Trunc(percent) {
		most = 1000
	}
	mine := int(math.Round(percent * float64(most) / hundred))
	ok := true
	for _, lb := range d.svc.settings.lbs {
		rule := ruleOf(lb.AdvancedConfiguration, which)
		if rule == "" {
			continue
		}
		weights := map[string]int{coloured(lb, r.colour): mine, coloured(lb, 1-r.colour): most - mine}
		ok = s.opts.Balancer.SetWeights(rule, weights) == nil && ok
	}
	return ok
}

// follows says whether traffic follows the weights that are configured.
func (s *Server) follows(svc *service, which listening) bool {
	for _, lb := range svc.settings.lbs {
		rule := ruleOf(lb.AdvancedConfiguration, which)
		if rule == "" {
			continue
		}
		want, _ := s.opts.Balancer.Weights(rule)
		have := s.opts.Balancer.InEffect(rule)
		for group, weight := range want {
			if have[group] != weight {
				return false
			}
		}
	}
	return true
}
