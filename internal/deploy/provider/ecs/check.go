package ecs

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// Check says what stands between Slipway and a release of a service; nothing if it could begin now. It changes nothing.
// Beside what Verify would say of the live task definition, it says what could not be looked at, and what is in progress.
func (p *Platform) Check(ctx context.Context, s deploy.ServiceRef) []error {
	doing := "check " + s.String()
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return []error{err}
	}
	f := &findings{doing: doing}
	v := &verification{p: p, region: s.Region, ref: s, live: l.service}
	if arn := l.definition(); arn != "" {
		current, err := p.definition(ctx, doing, s.Region, arn)
		if err != nil {
			f.wrong = append(f.wrong, err)
		} else {
			v.def = again(current)
		}
	}
	if l.service.DesiredCount == 0 && s.Beside == "" {
		f.bad("raise the desired count of the service to what it needs, if it is to run", "service %s wants 0 tasks, so that nothing of a new version would run", s.Name)
	}
	v.everything(ctx, f)
	problems := append(f.wrong, f.unseen...)
	if _, err := p.way(doing, l, ""); err != nil {
		return problems // said above, in more words
	}
	svc, err := p.Describe(ctx, s)
	if err != nil {
		return append(problems, err)
	}
	if svc.Unrest != "" {
		problems = append(problems, &deploy.Error{
			Code: deploy.NotYet, Op: doing, Msg: fmt.Sprintf("%s is not at rest: %s", s.Name, svc.Unrest),
			Hint: "wait for the change in progress, or repair the service, before the first release",
		})
	}
	if _, err := svc.Baseline(); err != nil {
		problems = append(problems, err)
	}
	return problems
}
