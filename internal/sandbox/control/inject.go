package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/workspace"
)

func (s *Server) cloudRunFault(f fault) error {
	if err := errors.Join(f.only("times", "code", "delay", "service"), f.flags(2)); err != nil {
		return err
	}
	if m := f.word(1); m != "" && !isRPC(m) {
		return fmt.Errorf("%q is no call of Cloud Run such as UpdateService or GetOperation", m)
	}
	times, err := f.number("times")
	if err != nil {
		return err
	}
	delay, err := f.duration("delay")
	if err != nil {
		return err
	}
	code, err := f.code("code")
	if err != nil {
		return err
	}
	return s.CloudRun.Faults().Inject(cloudrun.Fault{
		Kind: f.word(0), Method: f.word(1), Service: f.opts["service"], Code: code, Delay: delay, Count: times,
	})
}

// isRPC says whether the practice Cloud Run offers a call of this name.
func isRPC(name string) bool {
	for _, api := range []grpc.ServiceDesc{runpb.Services_ServiceDesc, runpb.Revisions_ServiceDesc, longrunningpb.Operations_ServiceDesc} {
		if slices.ContainsFunc(api.Methods, func(m grpc.MethodDesc) bool { return m.MethodName == name }) {
			return true
		}
	}
	return false
}

func (s *Server) appFault(f fault) error {
	if err := errors.Join(f.only("errors", "latency", "says", "service", "message", "cpu", "memory", "broken"), f.flags(1, "unhealthy", "crash")); err != nil {
		return err
	}
	if v := f.word(0); v == "" || v == "unhealthy" || v == "crash" {
		return fmt.Errorf("of which version? For example: app v1.2.4 %s", strings.Join(f.words, " "))
	}
	service := f.opts["service"]
	if service == "" {
		service = cloudrun.GuideServices()[0].Name
	}
	percent, err := f.percentage("errors")
	if err != nil {
		return err
	}
	latency, err := f.duration("latency")
	if err != nil {
		return err
	}
	cpu, err := f.percentage("cpu")
	if err != nil {
		return err
	}
	memory, err := f.percentage("memory")
	if err != nil {
		return err
	}
	broken, asked := f.opts["broken"]
	if asked && !strings.HasPrefix(broken, "/") {
		return fmt.Errorf("broken=%s is not a path such as /api/v1/me", broken)
	}
	b := s.behaviour(service, f.word(0))
	b.SetErrorRate(percent / 100)
	b.SetLatency(latency)
	b.SetUnhealthy(f.has("unhealthy"))
	b.SetCrashOnStart(f.has("crash"))
	b.SetVersion(f.opts["says"])
	b.SetMessage(f.opts["message"])
	b.SetUse(cpu/100, memory/100)
	b.SetBroken(broken)
	return nil
}

func (s *Server) slackFault(f fault) error {
	known, alone := []string{"down", "up", "refuse-acks", "drop"}, len(f.words) == 1 && len(f.opts) == 0
	switch what := f.word(0); {
	case what == "disconnect":
		return s.slackDisconnect(f)
	case slices.Contains(known, what) && !alone:
		return fmt.Errorf("slack %s takes nothing after it", what)
	case what == "down", what == "up":
		s.Workspace.Down(what == "down")
	case what == "refuse-acks":
		s.Workspace.RefuseAcks(true)
	case what == "drop":
		s.Workspace.DropConnections()
	case what == "*", workspace.HasMethod(what):
		return s.slackMethodFault(f)
	default:
		return fmt.Errorf("%q is no method of the practice Slack; there are:\n%s", what, FaultUsage)
	}
	return nil
}

func (s *Server) slackDisconnect(f fault) error {
	reasons := []string{"warning", "refresh_requested", "link_disabled"}
	if len(f.words) != 2 || len(f.opts) > 0 || !slices.Contains(reasons, f.word(1)) {
		return fmt.Errorf("slack disconnect takes one reason: %s", strings.Join(reasons, ", "))
	}
	s.Workspace.Disconnect(f.word(1))
	return nil
}

func (s *Server) slackMethodFault(f fault) error {
	if err := errors.Join(f.only("status", "error", "retry-after", "delay", "times"), f.flags(1, "lose-reply")); err != nil {
		return err
	}
	var fault workspace.Fault
	var err error
	if fault.RetryAfter, err = f.duration("retry-after"); err != nil {
		return err
	}
	if fault.Delay, err = f.duration("delay"); err != nil {
		return err
	}
	if fault.Status, err = f.number("status"); err != nil {
		return err
	}
	if fault.Times, err = f.number("times"); err != nil {
		return err
	}
	fault.Error, fault.LoseReply = f.opts["error"], f.has("lose-reply")
	s.Workspace.SetFault(f.word(0), fault)
	return nil
}

func (s *Server) registryFault(f fault) error {
	if err := errors.Join(f.only("slow"), f.flags(0, "down", "unauthorised")); err != nil {
		return err
	}
	slow, err := f.duration("slow")
	if err != nil {
		return err
	}
	s.Registry.SetFault(registry.Fault{Down: f.has("down"), Slow: slow, Unauthorised: f.has("unauthorised")})
	return nil
}

func (s *Server) botFault(ctx context.Context, f fault) error {
	what := f.word(0)
	if len(f.words) != 1 || len(f.opts) > 0 || what != "down" && what != "up" {
		return errors.New("say bot down, or bot up")
	}
	if s.Bot == nil {
		return errors.New("this sandbox has no bot of its own: stop yours")
	}
	return s.Bot(ctx, what == "up")
}

func (s *Server) redisFault(f fault) error {
	if s.Redis == nil {
		return errors.New("this sandbox uses a Redis of yours: stop that one")
	}
	if what := f.word(0); len(f.words) == 1 && len(f.opts) == 0 && (what == "down" || what == "up") {
		return s.Redis(what == "down")
	}
	return errors.New("say redis down, or redis up")
}
