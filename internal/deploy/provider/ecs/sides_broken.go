package ecs

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// broken says why a side will not come up by waiting, in ECS's words; empty if it may. Task sets have no circuit breaker:
// whoever made them has to find out, from as many failures as ECS's own would wait for.
func (p *Platform) broken(ctx context.Context, doing string, s deploy.ServiceRef, x side) (string, error) {
	if x.gaveUp == "" && x.running >= x.desired {
		return "", nil
	}
	s.Name = x.service
	failed, err := p.stopped(ctx, doing, s, x.def, x.since)
	if err != nil {
		return "", err
	}
	if x.gaveUp == "" && len(failed) < max(tooMany, (x.desired+1)/2) {
		return "", nil
	}
	return strings.Join(slices.DeleteFunc([]string{x.gaveUp, reasonsOf(failed)}, func(s string) bool { return s == "" }), "; "), nil
}
