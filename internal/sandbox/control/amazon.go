package control

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/sandbox/awsapi"
)

// errNoAWS is of a sandbox without AWS.
var errNoAWS = errors.New("this sandbox has no AWS")

func (s *Server) awsFault(f fault) error {
	if s.AWS == nil {
		return errNoAWS
	}
	kind := awsapi.FaultKind(f.word(0))
	if !slices.Contains(awsapi.FaultKinds, kind) {
		return fmt.Errorf("no fault of AWS is called %q; there are: %v", kind, awsapi.FaultKinds)
	}
	if err := errors.Join(f.only(optionsOf(kind)...), f.flags(2)); err != nil {
		return err
	}
	if op := f.word(1); op != "" && !s.AWS.Serves(op) {
		return fmt.Errorf("%q is no call of the practice AWS such as UpdateService or ecs.DescribeServices", op)
	}
	times, err := f.number("times")
	if err != nil {
		return err
	}
	delay, err := f.duration("delay")
	if err != nil {
		return err
	}
	if kind == awsapi.Late && delay == 0 {
		return errors.New("how late? For example: aws late UpdateService delay=2s")
	}
	s.AWS.Inject(awsapi.Fault{Kind: kind, Operation: f.word(1), Count: times, Delay: delay, Error: awsapi.Error{Code: f.opts["error"], Message: "on demand"}})
	return nil
}

// optionsOf are what a kind of fault looks at.
func optionsOf(kind awsapi.FaultKind) []string {
	options := []string{"times"}
	if kind == awsapi.Refuse {
		options = append(options, "error")
	}
	if kind == awsapi.Late {
		options = append(options, "delay")
	}
	return options
}

// ecsFault is what goes wrong with a service of ECS, and what people do there.
func (s *Server) ecsFault(f fault) error {
	if s.ECS == nil {
		return errNoAWS
	}
	words := 1
	if slices.Contains([]string{"crash", "scale", "unknown-stage"}, f.word(0)) {
		words = 2
	}
	if err := errors.Join(f.only("service"), f.flags(words)); err != nil {
		return err
	}
	service, ok := f.opts["service"]
	if !ok {
		return errors.New("of which service? For example: ecs no-capacity service=coditect-app")
	}
	switch what, more := f.word(0), f.word(1); what {
	case "no-capacity", "capacity":
		return s.starve(service, what == "no-capacity")
	case "crash":
		n, err := strconv.Atoi(more)
		if err != nil || n < 1 {
			return errors.New("how many tasks? For example: ecs crash 2 service=coditect-app")
		}
		return s.ECS.Crash(service, n, 1)
	case "scale":
		n, err := strconv.ParseInt(more, 10, 32)
		if err != nil || n < 0 {
			return errors.New("to how many tasks? For example: ecs scale 6 service=coditect-app")
		}
		return s.ECS.ScaleByHand(service, int32(n))
	case "unknown-stage":
		if more == "" {
			return errors.New("which stage? For example: ecs unknown-stage SOME_NEW_STAGE service=coditect-web")
		}
		return s.ECS.UnknownStage(service, more)
	case "time-out":
		return s.ECS.TimeOut(service)
	case "force-new-deployment":
		return s.ECS.ForceNewDeployment(service)
	default:
		return fmt.Errorf("%q means nothing to ecs; there are:\n%s", what, FaultUsage)
	}
}

// starve takes the room for new tasks of a service away, and remembers to give it back.
func (s *Server) starve(service string, on bool) error {
	if err := s.ECS.NoCapacity(service, on); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.starved = append(s.starved, service)
	}
	return nil
}

// elbFault is a person who moves weights by hand.
func (s *Server) elbFault(f fault) error {
	const example = "say which weights, first target group first: elb weights 70/30 service=coditect-web"
	if s.ELB == nil {
		return errNoAWS
	}
	if err := errors.Join(f.only("service"), f.flags(2)); err != nil {
		return err
	}
	rule, groups := s.ruleOf(f.opts["service"])
	if f.word(0) != "weights" || rule == "" {
		return errors.New(example)
	}
	weights := map[string]int{}
	parts := strings.Split(f.word(1), "/")
	if len(parts) != len(groups) {
		return errors.New(example)
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return errors.New(example)
		}
		weights[groups[i]] = n
	}
	return s.ELB.SetWeightsByHand(rule, weights)
}

func (s *Server) ruleOf(service string) (rule string, groups []string) {
	if s.Rules == nil {
		return "", nil
	}
	return s.Rules(service)
}

// resetAmazon ends the faults of this file; what people did by hand stays done.
func (s *Server) resetAmazon() error {
	if s.AWS != nil {
		s.AWS.ClearFaults()
	}
	s.mu.Lock()
	starved := s.starved
	s.starved = nil
	s.mu.Unlock()
	var errs []error
	for _, service := range starved {
		errs = append(errs, s.ECS.NoCapacity(service, false))
	}
	return errors.Join(errs...)
}
