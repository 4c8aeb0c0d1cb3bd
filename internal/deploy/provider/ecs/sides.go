package ecs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// side is one of the places behind a rule whose weights decide: a task set, or a service of a pair, with the target group
// that it has to itself.
type side struct {
	id      string // the ARN of the task set, or of the service
	service string // whose tasks they are
	group   string // ARN of the target group
	arn     string // of the task definition
	name    deploy.RevisionName
	def     *definition
	since   time.Time // of what it runs
	percent int       // of what the service wants; a pair knows numbers only
	desired int
	running int
	pending int
	steady  bool
	lead    bool                           // ECS calls it the primary
	config  *types.DeploymentConfiguration // of a service
	gaveUp  string                         // ECS starts no more tasks of it, in its words
}

// balance is one look at both sides and at the rule between them.
type balance struct {
	l       *live
	rule    forwarding
	sides   []side
	percent map[string]int // by target group
}

// share is what a side gets of the traffic. Of two in one target group, which is so for a moment when one goes, the newer
// has it.
func (s *balance) share(x side) int {
	for _, other := range s.sides {
		if other.group == x.group && other.since.After(x.since) {
			return 0
		}
	}
	return s.percent[x.group]
}

// of finds the side that runs a revision. Of several it is the one with traffic, then the newest.
func (s *balance) of(name deploy.RevisionName) (side, bool) {
	var found []side
	for _, x := range s.sides {
		if x.name == name {
			found = append(found, x)
		}
	}
	if len(found) == 0 {
		return side{}, false
	}
	return slices.MinFunc(found, func(a, b side) int {
		return cmp.Or(cmp.Compare(s.share(b), s.share(a)), b.since.Compare(a.since))
	}), true
}

// whole is the side with all of the traffic.
func (s *balance) whole() (side, bool) {
	for _, x := range s.sides {
		if s.share(x) == 100 {
			return x, true
		}
	}
	return side{}, false
}

// most is the side with the most traffic, which is what a service is.
func (s *balance) most() (side, bool) {
	if len(s.sides) == 0 {
		return side{}, false
	}
	return slices.MaxFunc(s.sides, func(a, b side) int {
		return cmp.Or(cmp.Compare(s.share(a), s.share(b)), cmp.Compare(b2i(a.lead), b2i(b.lead)))
	}), true
}

// idle is the target group in which nothing has traffic: the other one of the rule.
func (s *balance) idle(doing string) (string, error) {
	var free []string
	for _, g := range s.rule.groups() {
		if s.percent[g] == 0 {
			free = append(free, g)
		}
	}
	if len(free) == 1 {
		return free[0], nil
	}
	return "", &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("listener rule %s has %d target groups without traffic, and has to have one for the new version", lastPart(s.rule.arn), len(free)),
		Hint: "the forward action of the rule has to hold two target groups, one of them with the weight 0",
	}
}

// room is the target group in which a revision can be started again: the idle one; if traffic is divided, the one in which
// nothing runs, since somebody has taken its tasks away.
func (s *balance) room(doing string) (string, error) {
	empty := slices.DeleteFunc(s.rule.groups(), func(g string) bool {
		return slices.ContainsFunc(s.sides, func(x side) bool { return x.group == g && x.desired > 0 })
	})
	if _, whole := s.whole(); !whole && len(empty) == 1 {
		return empty[0], nil
	}
	return s.idle(doing)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unrest says how far a side is, in the words in which people count tasks.
func (x side) unrest() string {
	words := fmt.Sprintf("%d of %d tasks run %s", x.running, x.desired, x.words())
	if x.pending > 0 {
		words += fmt.Sprintf(", %d pending", x.pending)
	}
	return words
}

func (x side) words() string {
	if x.def != nil {
		return x.def.short()
	}
	return string(x.name)
}

// ready says whether a side bears what it was grown to: its tasks run, and as many pass the health check of the load
// balancer.
func (p *Platform) ready(ctx context.Context, doing, region string, x side) (bool, error) {
	if !x.steady || x.running < x.desired || x.desired == 0 {
		return false, nil
	}
	n, err := p.healthy(ctx, doing, region, x.group)
	return n >= x.desired, err
}
