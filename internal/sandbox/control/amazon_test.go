package control_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/ecs"
)

func TestFaultsOfAWS(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	said := awsapi.Error{Message: "on demand"}
	for line, want := range map[string]awsapi.Fault{
		"aws refuse": {Kind: awsapi.Refuse, Error: said},
		"aws refuse UpdateService times=2 error=ServerException": {
			Kind: awsapi.Refuse, Operation: "UpdateService", Count: 2, Error: awsapi.Error{Code: "ServerException", Message: "on demand"},
		},
		"aws lose-answer ecs.UpdateService times=1": {Kind: awsapi.LoseAnswer, Operation: "ecs.UpdateService", Count: 1, Error: said},
		"aws never-answer ModifyRule":               {Kind: awsapi.NeverAnswer, Operation: "ModifyRule", Error: said},
		"aws late DescribeServices delay=2s":        {Kind: awsapi.Late, Operation: "DescribeServices", Delay: 2 * time.Second, Error: said},
		"aws expired":                               {Kind: awsapi.Expired, Error: said},
	} {
		a.on(line)
		if diff := cmp.Diff([]awsapi.Fault{want}, a.wire.Faults()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
		a.ok(a.Mend(t.Context()))
		if left := a.wire.Faults(); len(left) > 0 {
			t.Errorf("%s: mended, and there are %v", line, left)
		}
	}
}

func TestFaultsOfECS(t *testing.T) {
	t.Parallel()
	app, web := ecs.RollingService, ecs.NativeService
	for name, play := range map[string]func(a *amazon){
		"tasks crash": func(a *amazon) {
			a.on("ecs crash 2 service=coditect-app")
			a.until("two tasks have stopped", func() bool {
				out, err := a.services.ListTasks(a.t.Context(), &sdk.ListTasksInput{
					Cluster: aws.String(ecs.GuideCluster), ServiceName: &app, DesiredStatus: types.DesiredStatusStopped,
				})
				a.ok(err)
				return len(out.TaskArns) == 2
			})
		},
		"a person scales": func(a *amazon) {
			a.on("ecs scale 6 service=coditect-app")
			a.until("six tasks run", func() bool { return a.service(app).RunningCount == 6 })
			a.on("ecs scale 0 service=coditect-app")
			a.until("no task runs", func() bool { return a.service(app).RunningCount == 0 })
		},
		"there is no room until there is": func(a *amazon) {
			a.on("ecs no-capacity service=coditect-app")
			a.on("ecs scale 6 service=coditect-app")
			a.until("a task finds no place", func() bool { return placeless(a.service(app)) })
			if n := a.service(app).RunningCount; n != 4 {
				a.t.Errorf("%d tasks run", n)
			}
			a.on("ecs capacity service=coditect-app")
			a.until("six tasks run", func() bool { return a.service(app).RunningCount == 6 })
		},
		"mending gives the room back to everybody, and what people did stays": func(a *amazon) {
			for _, s := range []string{app, ecs.EdgeService} {
				a.on("ecs no-capacity service=" + s)
				a.on("ecs scale 5 service=" + s)
				a.until("a task finds no place", func() bool { return placeless(a.service(s)) })
			}
			a.ok(a.Mend(a.t.Context()))
			for _, s := range []string{app, ecs.EdgeService} {
				a.until("five tasks run", func() bool { return a.service(s).RunningCount == 5 })
			}
		},
		"a person deploys the same again": func(a *amazon) {
			deployments := func() int {
				out, err := a.services.ListServiceDeployments(a.t.Context(), &sdk.ListServiceDeploymentsInput{Cluster: aws.String(ecs.GuideCluster), Service: &app})
				a.ok(err)
				return len(out.ServiceDeployments)
			}
			before := deployments()
			a.on("ecs force-new-deployment service=coditect-app")
			if now := deployments(); now != before+1 {
				a.t.Errorf("%d deployments, and %d before", now, before)
			}
		},
		"a stage that nobody knows": func(a *amazon) {
			a.on("ecs unknown-stage SOME_NEW_STAGE service=coditect-web")
			a.paused(a.update(web, a.register(web), pauses("SOME_NEW_STAGE")), "SOME_NEW_STAGE")
		},
		"nobody answered in time": func(a *amazon) {
			arn := a.update(web, a.register(web), pauses(types.DeploymentLifecycleHookStagePreProductionTrafficShift))
			a.paused(arn, "PRE_PRODUCTION_TRAFFIC_SHIFT")
			a.on("ecs time-out service=coditect-web")
			a.until("ECS has gone back", func() bool {
				return a.deployment(arn).Status == types.ServiceDeploymentStatusRollbackSuccessful
			})
		},
		"a person moves weights": func(a *amazon) {
			a.on("elb weights 70/30 service=coditect-web")
			rule, groups := a.guide.Balancers[web].Rule, a.guide.Groups[web]
			got, _ := a.elb.Weights(rule)
			if diff := cmp.Diff(map[string]int{groups[0]: 70, groups[1]: 30}, got); diff != "" {
				a.t.Errorf("weights (-want +got):\n%s", diff)
			}
			if by := a.elb.Changes(); len(by) != 1 || by[0].By != "person" {
				a.t.Errorf("changes %+v", by)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAmazon(t)
			a.until("all tasks run", func() bool { return a.service(app).RunningCount == 4 && a.service(ecs.EdgeService).RunningCount == 4 })
			play(a)
		})
	}
}

func placeless(s types.Service) bool {
	return slices.ContainsFunc(s.Events, func(e types.ServiceEvent) bool { return strings.Contains(*e.Message, "unable to place a task") })
}

func TestTheApplicationOnECSMisbehaves(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.on("app v1.2.4 latency=300ms crash service=coditect-web")
	b := a.ecs.Behaviour(ecs.NativeService, "v1.2.4")
	if b.Latency() != 300*time.Millisecond || !b.CrashOnStart() {
		t.Error("it was taken, and is not on")
	}
	if a.cloud.Behaviour(ecs.NativeService, "v1.2.4").CrashOnStart() || a.ecs.Behaviour(ecs.RollingService, "v1.2.4").CrashOnStart() {
		t.Error("it is on elsewhere")
	}
	a.on("app v1.2.4 unhealthy service=" + production)
	if !a.cloud.Behaviour(production, "v1.2.4").Unhealthy() {
		t.Error("services of Cloud Run are not reached any more")
	}
	a.ok(a.Mend(t.Context()))
	if b.Latency() != 0 || b.CrashOnStart() || a.cloud.Behaviour(production, "v1.2.4").Unhealthy() {
		t.Error("it is still on after everything was mended")
	}
}

func TestTrafficToServicesOnECS(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	a.ok(a.elb.StartTraffic(ecs.NativeService, 5))
	for _, c := range []struct {
		line, service string
		want          float64
	}{
		{"traffic 20/s service=coditect-web", ecs.NativeService, 20},
		{"traffic 0/s service=coditect-web", ecs.NativeService, 0},
		{"traffic 7/s service=coditect-app", ecs.RollingService, 7},
	} {
		a.on(c.line)
		if got := a.elb.TrafficRate(c.service); got != c.want {
			t.Errorf("%s: %g requests a second", c.line, got)
		}
	}
	if got := a.cloud.TrafficRate(production); got != 0 {
		t.Errorf("%g requests a second to Cloud Run", got)
	}
	a.ok(a.Mend(t.Context()))
	if web, app := a.elb.TrafficRate(ecs.NativeService), a.elb.TrafficRate(ecs.RollingService); web != 5 || app != 0 {
		t.Errorf("after everything was mended %g and %g requests a second; in the beginning there were 5 and 0", web, app)
	}
}

func TestNoFaultsOfAWS(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	for line, says := range map[string]string{
		"aws explode":             `no fault of AWS is called "explode"; there are: [refuse lose-answer`,
		"aws refuse UpdateServce": `"UpdateServce" is no call of the practice AWS such as UpdateService`,
		"aws refuse elasticloadbalancing.UpdateService":    "is no call of the practice AWS",
		"aws refuse UpdateService 3":                       `"3" means nothing to "aws"`,
		"aws refuse code=UNAVAILABLE":                      `code= means nothing to "aws"`,
		"aws refuse delay=2s":                              `delay= means nothing to "aws"`,
		"aws lose-answer error=ServerException":            `error= means nothing to "aws"`,
		"aws refuse times=often":                           "times=often is not a number",
		"aws late delay=soon":                              "delay=soon is not a time",
		"aws late UpdateService":                           "how late? For example: aws late UpdateService delay=2s",
		"ecs no-capacity":                                  "of which service? For example: ecs no-capacity service=coditect-app",
		"ecs no-capacity service=nobody":                   `no service is called "nobody"`,
		"ecs no-capacity 3 service=coditect-app":           `"3" means nothing to "ecs"`,
		"ecs no-capacity service=coditect-app times=2":     `times= means nothing to "ecs"`,
		"ecs crash service=coditect-app":                   "how many tasks? For example: ecs crash 2 service=coditect-app",
		"ecs crash 0 service=coditect-app":                 "how many tasks?",
		"ecs crash 1 service=nobody":                       `no service is called "nobody"`,
		"ecs scale service=coditect-app":                   "to how many tasks? For example: ecs scale 6 service=coditect-app",
		"ecs scale -1 service=coditect-app":                "to how many tasks?",
		"ecs scale 99999999999 service=coditect-app":       "to how many tasks?",
		"ecs unknown-stage service=coditect-web":           "which stage? For example: ecs unknown-stage SOME_NEW_STAGE service=coditect-web",
		"ecs time-out service=coditect-web":                "no deployment of coditect-web waits at a hook",
		"ecs explode service=coditect-app":                 `"explode" means nothing to ecs; there are:`,
		"elb weights 70/30":                                "say which weights, first target group first: elb weights 70/30 service=coditect-web",
		"elb weights 70/30 service=nobody":                 "say which weights",
		"elb weights 70 service=coditect-web":              "say which weights",
		"elb weights a/b service=coditect-web":             "say which weights",
		"elb heights 70/30 service=coditect-web":           "say which weights",
		"elb weights 70/-1 service=coditect-web":           "cannot have weight -1",
		"elb weights 70/30 service=coditect-web times=2":   `times= means nothing to "elb"`,
		"traffic 5/s service=coditect-edge-b":              `no load balancer is called "coditect-edge-b"`,
		"app v1.2.4 brokn=/api/v1/me service=coditect-web": `brokn= means nothing to "app"`,
		"bot down": "this sandbox has no bot of its own: stop yours",
	} {
		if err := a.Fault(t.Context(), line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %q", line, err, says)
		}
	}
	if on := a.wire.Faults(); len(on) > 0 {
		t.Errorf("switched on all the same: %v", on)
	}
	if moved := a.elb.Changes(); len(moved) > 0 {
		t.Errorf("moved all the same: %v", moved)
	}
	for _, s := range []string{ecs.RollingService, ecs.NativeService} {
		if n := a.ecs.Changes(s); n != 0 {
			t.Errorf("%s was changed %d times", s, n)
		}
	}
}

func TestASandboxWithoutAWS(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for _, line := range []string{"aws refuse", "ecs crash 1 service=coditect-app", "elb weights 70/30 service=coditect-web"} {
		if err := p.Fault(t.Context(), line); err == nil || err.Error() != "this sandbox has no AWS" {
			t.Errorf("%s: %v", line, err)
		}
	}
	if err := p.Mend(t.Context()); err != nil {
		t.Errorf("mend: %v", err)
	}
	if calls, err := p.Calls(t.Context()); err != nil || len(calls) > 0 {
		t.Errorf("calls %v, %v", calls, err)
	}
}

func TestTheBotIsStoppedAndStarted(t *testing.T) {
	t.Parallel()
	var asked []bool
	wrong := errors.New("the bot is down already")
	p := newPractice(t, func(s *control.Server) {
		s.Bot = func(_ context.Context, up bool) error {
			asked = append(asked, up)
			if len(asked) > 2 {
				return wrong
			}
			return nil
		}
	})
	for _, c := range []struct{ line, says string }{
		{"bot down", ""}, {"bot up", ""}, {"bot down", wrong.Error()},
		{"bot sideways", "say bot down, or bot up"}, {"bot down now", "say bot down, or bot up"}, {"bot down times=2", "say bot down, or bot up"},
	} {
		said := ""
		if err := p.Fault(t.Context(), c.line); err != nil {
			said = err.Error()
		}
		if said != c.says {
			t.Errorf("%s: %q, want %q", c.line, said, c.says)
		}
	}
	if diff := cmp.Diff([]bool{false, true, false}, asked); diff != "" {
		t.Errorf("asked of the bot (-want +got):\n%s", diff)
	}
}
