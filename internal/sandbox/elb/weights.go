package elb

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// By says who changed the actions of a rule.
type By string

// Who changes actions.
const (
	ByAPI    By = "api"    // ModifyRule or ModifyListener
	ByECS    By = "ecs"    // SetWeights
	ByPerson By = "person" // SetWeightsByHand
)

// Change is one change of the actions of a rule, after which its weights were Weights (nil: it forwards nowhere).
type Change struct {
	At      time.Time
	By      By
	Rule    string
	Weights map[string]int
}

// Changes are all changes of actions so far, seeding left out, oldest first.
func (s *Server) Changes() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Change(nil), s.changes...)
}

// ChangesThroughAPI counts the changes that ModifyRule and ModifyListener made.
func (s *Server) ChangesThroughAPI() int {
	n := 0
	for _, c := range s.Changes() {
		if c.By == ByAPI {
			n++
		}
	}
	return n
}

// Weights are the weights of a rule (or, by the ARN of a listener, of its default actions) as they are configured, by
// target group ARN; ok is false where there is no such rule or it forwards nowhere.
func (s *Server) Weights(rule string) (weights map[string]int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rule(rule)
	if r == nil {
		return nil, false
	}
	weights = weightsOf(r.actions)
	return weights, weights != nil
}

// InEffect are the weights that traffic follows now: those of Weights, Options.Settle after they were set. nil where
// there is no such rule or it forwards nowhere.
func (s *Server) InEffect(rule string) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rule(rule); r != nil {
		return weightsOf(r.effect)
	}
	return nil
}

func weightsOf(actions []types.Action) map[string]int {
	f := forward(actions)
	if f == nil {
		return nil
	}
	out := map[string]int{}
	for _, t := range f.TargetGroups {
		out[aws.ToString(t.TargetGroupArn)] = int(aws.ToInt32(t.Weight))
	}
	return out
}

// SetWeights changes the weights of a rule (or listener) as ECS does during a deployment of its own: those of the groups
// that are named, which have to be in the rule already. Everything else of the actions stays.
func (s *Server) SetWeights(rule string, weights map[string]int) error {
	return s.setWeights(ByECS, rule, weights)
}

// SetWeightsByHand is SetWeights by a person who works in the console while a release runs.
func (s *Server) SetWeightsByHand(rule string, weights map[string]int) error {
	return s.setWeights(ByPerson, rule, weights)
}

func (s *Server) setWeights(by By, rule string, weights map[string]int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rule(rule)
	if r == nil || forward(r.actions) == nil {
		return fmt.Errorf("set weights: %s is no rule that forwards", rule)
	}
	actions := cloneActions(r.actions)
	have := weightsOf(actions)
	f := forward(actions)
	for g, w := range weights {
		if _, ok := have[g]; !ok || w < 0 || w > maxWeight {
			return fmt.Errorf("set weights: %s cannot have weight %d in %s", g, w, rule)
		}
	}
	for i, t := range f.TargetGroups {
		if w, ok := weights[aws.ToString(t.TargetGroupArn)]; ok {
			f.TargetGroups[i].Weight = aws.Int32(int32(w)) //nolint:gosec // it is at most maxWeight
		}
	}
	s.change(r, by, actions)
	return nil
}

// change gives a rule its new actions, which traffic follows later. The caller holds the lock.
func (s *Server) change(r *rule, by By, actions []types.Action) {
	r.actions = actions
	r.version++
	s.changes = append(s.changes, Change{At: s.clock.Now(), By: by, Rule: r.arn, Weights: weightsOf(actions)})
	s.tell()
	if s.opts.Hold {
		return
	}
	version := r.version
	s.after(s.opts.Settle, func() { r.follow(version, actions) })
}

func (r *rule) follow(version int, actions []types.Action) {
	if version > r.followed {
		r.followed, r.effect = version, actions
	}
}

// Finish has traffic follow now whatever is configured.
func (s *Server) Finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.balancers {
		for _, l := range b.listeners {
			for _, r := range l.rules {
				r.follow(r.version, r.actions)
			}
		}
	}
	s.tell()
}
