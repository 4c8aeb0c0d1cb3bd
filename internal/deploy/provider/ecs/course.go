package ecs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// course is how a service of the controller ECS stands: what it was asked for last, and how far its newest deployment
// has come.
type course struct {
	*live

	current *definition // what the service was asked for last
	rollout *rollout    // its newest deployment; nil if ECS remembers none
	// Of a native deployment: what the target was asked to have, and what the rule gives it.
	requested, observed int
	// strays are shares of the rule's other target groups when no deployment moves any.
	strays []deploy.Share
}

func (p *Platform) course(ctx context.Context, doing string, l *live) (*course, error) {
	s := &course{live: l}
	var err error
	if s.current, err = p.definition(ctx, doing, l.ref.Region, l.definition()); err != nil {
		return nil, err
	}
	if s.rollout, err = p.newest(ctx, doing, l); err != nil || s.rollout == nil || !s.rollout.native() {
		return s, err
	}
	s.requested = percentOf(s.rollout.TargetServiceRevision)
	s.observed = s.requested
	rule, group := productionOf(s.rollout.target)
	if rule == "" || group == "" {
		return s, nil
	}
	rules, err := p.forwarding(ctx, doing, l.ref.Region, rule)
	switch {
	case err != nil && l.urgent && ctx.Err() == nil:
		return s, nil // where traffic is does not change where it is to go
	case err != nil:
		return nil, err
	}
	percents := rules.percents()
	s.observed = percents[group]
	if !s.going() {
		s.stray(rules, percents)
	}
	return s, nil
}

// stray notes what other target groups have while no deployment moves anything: somebody has moved it by hand.
func (s *course) stray(rules forwarding, percents map[string]int) {
	home := s.rollout.target
	if !s.rollout.succeeded() {
		home = s.rollout.sourceRev
	}
	_, own := productionOf(home)
	if own == "" || percents[own] == 100 {
		return
	}
	for _, group := range rules.groups() {
		if group != own && percents[group] > 0 {
			s.strays = append(s.strays, deploy.Share{Revision: deploy.RevisionName("target group " + groupName(group)), Percent: percents[group]})
		}
	}
}

func percentOf(r *types.ServiceRevisionSummary) int {
	return int(math.Round(aws.ToFloat64(r.RequestedProductionTrafficWeight)))
}

// productionOf is the listener rule that leads users to a revision, and the target group of it that is the revision's.
func productionOf(r types.ServiceRevision) (rule, group string) {
	for _, b := range r.LoadBalancers {
		if a := b.AdvancedConfiguration; a != nil {
			rule = aws.ToString(a.ProductionListenerRule)
		}
	}
	if c := r.ResolvedConfiguration; c != nil {
		for _, b := range c.LoadBalancers {
			return cmp.Or(aws.ToString(b.ProductionListenerRule), rule), aws.ToString(b.TargetGroupArn)
		}
	}
	return rule, ""
}

// going says whether ECS is at a deployment, or about to begin with one that it does not show yet.
func (s *course) going() bool {
	return s.rollout != nil && !s.rollout.over() || s.hidden()
}

// hidden says whether a deployment was asked for that ECS does not list yet.
func (s *course) hidden() bool {
	d, ok := s.primary()
	return ok && d.RolloutState == types.DeploymentRolloutStateInProgress && (s.rollout == nil || s.rollout.over()) &&
		(s.rollout == nil || !s.rollout.succeeded() || s.rollout.definition.arn() != s.current.arn())
}

// astray says whether a deployment has ended half-way, and users are elsewhere than where the service is said to be.
func (s *course) astray() bool {
	if s.rollout == nil || !s.rollout.halfWay() {
		return false
	}
	_, running, total := s.running()
	return len(s.strays) > 0 || !s.rollout.native() && running[s.current.name()] < total
}

// asked says whether the service's newest deployment is for a task definition: then nothing has to be sent again.
func (s *course) asked(d *definition) bool {
	if s.rollout != nil && !s.hidden() {
		return s.rollout.definition.arn() == d.arn()
	}
	return s.current.arn() == d.arn()
}

// awaits is the hook that a deployment waits for at a weight that has come about; empty if it goes on by itself.
func (s *course) awaits() string {
	if s.hidden() || s.rollout == nil || s.rollout.fallen() || s.requested != s.observed {
		return ""
	}
	return s.rollout.hook()
}

// arrived says whether a native deployment has all traffic on its target, and has seen to it. What a newer ECS calls its
// stages does not matter: before the shift to all of it is over, the stage is that of the shift.
func (s *course) arrived() bool {
	if s.hidden() || s.rollout == nil || !s.rollout.native() || s.rollout.fallen() || s.requested != 100 || s.observed != 100 {
		return false
	}
	return !strings.HasSuffix(string(s.rollout.LifecycleStage), "PRODUCTION_TRAFFIC_SHIFT") ||
		s.rollout.LifecycleStage == types.ServiceDeploymentLifecycleStagePostProductionTrafficShift
}

// busy says whether something moves that nobody has to do anything for.
func (s *course) busy() bool { return s.going() && s.awaits() == "" && !s.arrived() }

// traffic is who has which share: by weights where there are weights, by tasks where they are replaced one by one.
func (s *course) traffic() []deploy.Share {
	switch {
	case s.rollout != nil && !s.rollout.over() && s.rollout.native():
		return s.weighted()
	case (s.going() || s.astray()) && s.strategy() == types.DeploymentStrategyRolling:
		return s.byTasks()
	}
	home := s.current
	if s.hidden() && s.rollout != nil {
		home = s.rollout.definition
		if !s.rollout.succeeded() && s.rollout.source != nil {
			home = s.rollout.source
		}
	}
	rest := 100
	for _, stray := range s.strays {
		rest -= stray.Percent
	}
	return append([]deploy.Share{{Revision: home.name(), Percent: rest}}, s.strays...)
}

func (s *course) weighted() []deploy.Share {
	target := deploy.Share{Revision: s.rollout.definition.name(), Percent: s.observed, Tag: tagged(s.rollout.definition.tags, tagTag)}
	if s.rollout.source == nil {
		return []deploy.Share{target}
	}
	return []deploy.Share{{Revision: s.rollout.source.name(), Percent: 100 - s.observed}, target}
}

// byTasks shares by how many tasks run of each, since a load balancer gives each as much. While none runs, it is as before.
func (s *course) byTasks() []deploy.Share {
	names, running, total := s.running()
	if total == 0 {
		home := s.current
		if s.rollout != nil && s.rollout.source != nil && !s.rollout.over() {
			home = s.rollout.source
		}
		return []deploy.Share{{Revision: home.name(), Percent: 100}}
	}
	var out []deploy.Share
	rest := 100
	for i, name := range names {
		percent := int(math.Round(float64(running[name]) * 100 / float64(total)))
		if i == len(names)-1 {
			percent = rest
		}
		rest -= percent
		if percent > 0 {
			out = append(out, deploy.Share{Revision: name, Percent: percent})
		}
	}
	return out
}

// running is how many tasks run of each task definition, by name.
func (s *course) running() (names []deploy.RevisionName, running map[deploy.RevisionName]int, total int) {
	running = map[deploy.RevisionName]int{}
	for _, d := range s.service.Deployments {
		name := s.nameOf(aws.ToString(d.TaskDefinition))
		if _, known := running[name]; !known {
			names = append(names, name)
		}
		running[name] += int(d.RunningCount)
		total += int(d.RunningCount)
	}
	return names, running, total
}

// nameOf is the name of a task definition that is part of the newest deployment; of others it is family:revision.
func (s *course) nameOf(arn string) deploy.RevisionName {
	known := []*definition{s.current}
	if s.rollout != nil {
		known = append(known, s.rollout.definition, s.rollout.source)
	}
	for _, d := range known {
		if d != nil && d.arn() == arn {
			return d.name()
		}
	}
	return deploy.RevisionName(lastPart(arn))
}

// unrest says why a service is not settled; empty if it is.
func (s *course) unrest() string {
	switch r := s.rollout; {
	case s.hidden():
		return "Amazon ECS begins with " + s.current.short()
	case r == nil, r.succeeded(), r.Status == types.ServiceDeploymentStatusRollbackSuccessful:
		return ""
	case r.halfWay():
		return withWords("the deployment of "+r.definition.short()+" has ended half-way", r.why())
	case r.fallen():
		return withWords("Amazon ECS goes back from "+r.definition.short(), r.why())
	case s.awaits() != "":
		return fmt.Sprintf("the deployment of %s waits at %d %% to be told to go on%s", r.definition.short(), s.observed, s.until())
	case s.arrived():
		return fmt.Sprintf("all traffic is on %s, and Amazon ECS keeps the tasks of before for a while", r.definition.short())
	case r.native() && r.theirs():
		return fmt.Sprintf("the deployment of %s waits in stage %s for somebody to answer a hook that is not Slipway's%s", r.definition.short(), words(string(r.LifecycleStage)), s.until())
	case r.native():
		return fmt.Sprintf("%s, %d %% of the traffic, stage %s%s", s.progress(), s.observed, words(string(r.LifecycleStage)), s.noRoom())
	}
	return s.progress() + s.noRoom()
}

// until says when ECS goes back by itself.
func (s *course) until() string {
	for _, h := range s.rollout.LifecycleHookDetails {
		if h.ExpiresAt != nil && h.Status == types.DeploymentLifecycleHookStatusAwaitingAction {
			return "; Amazon ECS goes back by itself at " + h.ExpiresAt.UTC().Format("15:04 UTC on 2 January")
		}
	}
	return ""
}

// progress counts the tasks: "2 of 4 tasks run coditect-app:42, 1 pending".
func (s *course) progress() string {
	t := s.rollout.TargetServiceRevision
	text := fmt.Sprintf("%d of %d tasks run %s", t.RunningTaskCount, max(t.RequestedTaskCount, s.service.DesiredCount), s.rollout.definition.short())
	if t.PendingTaskCount > 0 {
		text += fmt.Sprintf(", %d pending", t.PendingTaskCount)
	}
	return text
}

func words(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", " ")) }

func withWords(ours, theirs string) string {
	if theirs = oneLine(theirs); theirs == "" {
		return ours
	}
	return ours + ": " + theirs
}
