package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/awsapi"
)

const (
	theService    = "arn:aws:ecs:us-east-1:123456789012:service/coditect-production/coditect-web"
	theDeployment = "arn:aws:ecs:us-east-1:123456789012:service-deployment/coditect-production/coditect-web/abc"
	theDefinition = "arn:aws:ecs:us-east-1:123456789012:task-definition/coditect-web:2"
)

var atWeb = attempt{id: "moved-42", service: moved, candidate: deploy.Revision{Name: "coditect-web-r42-1"}}

// heard is a witness of calls that were all carried out, but for those with a code.
func heard(calls ...awsapi.Call) *witness {
	x := newWitness(awsapi.New(nil))
	x.names[theDefinition] = "coditect-web-r42-1"
	for _, c := range calls {
		x.hear(c)
		c.Done = true
		x.hear(c)
	}
	return x
}

func called(in any) awsapi.Call {
	c := awsapi.Call{At: time.Unix(100, 0), API: "ecs", Input: in}
	switch in.(type) {
	case *sdk.RegisterTaskDefinitionInput:
		c.Operation = registers
	case *sdk.UpdateServiceInput:
		c.Operation = updates
	case *sdk.ContinueServiceDeploymentInput:
		c.Operation = continues
	case *sdk.StopServiceDeploymentInput:
		c.Operation = stops
	}
	return c
}

func refusedCall(in any) awsapi.Call {
	c := called(in)
	c.Code = "ConflictException"
	return c
}

func register() any {
	return &sdk.RegisterTaskDefinitionInput{Family: aws.String("coditect-web"), Tags: []types.Tag{{Key: aws.String(inRevision), Value: aws.String("coditect-web-r42-1")}}}
}

func update() any {
	return &sdk.UpdateServiceInput{Service: aws.String(theService), TaskDefinition: aws.String(theDefinition)}
}

func answer(a types.DeploymentLifecycleHookAction) any {
	return &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: aws.String(theDeployment), Action: a}
}

func stop() any {
	return &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(theDeployment)}
}

func TestWhatECSHeardIsWhatThePlanSays(t *testing.T) {
	t.Parallel()
	on, back := types.DeploymentLifecycleHookActionContinue, types.DeploymentLifecycleHookActionRollback
	x := heard(called(register()), called(update()), called(answer(on)), called(answer(back)))
	if d := cmp.Diff(append(atWeb.forward(10), atWeb.backward()...), x.effects(t.Context(), "coditect-web", time.Unix(100, 0))); d != "" {
		t.Errorf("effects of a release (-planned +heard):\n%s", d)
	}
	if got := x.effects(t.Context(), "coditect-web", time.Unix(101, 0)); len(got) != 0 {
		t.Errorf("later: %v", got)
	}
}

func TestWhatWasDoneAtECSTwiceIsSeen(t *testing.T) {
	t.Parallel()
	on := types.DeploymentLifecycleHookActionContinue
	for name, c := range map[string]struct {
		calls   []awsapi.Call
		surplus []string
	}{
		"registered twice":              {[]awsapi.Call{called(register()), called(register())}, []string{registersAt("coditect-web", "coditect-web-r42-1")}},
		"asked for twice":               {[]awsapi.Call{called(update()), called(update())}, []string{deploysAt("coditect-web", "coditect-web-r42-1")}},
		"gone on too far":               {[]awsapi.Call{called(answer(on)), called(answer(on))}, []string{answersAt("coditect-web", true)}},
		"an answer that was refused":    {[]awsapi.Call{called(answer(on)), refusedCall(answer(on))}, nil},
		"how the next one is to go":     {[]awsapi.Call{called(&sdk.UpdateServiceInput{Service: aws.String(theService), DeploymentConfiguration: &types.DeploymentConfiguration{}})}, nil},
		"a look":                        {[]awsapi.Call{called(&sdk.DescribeServicesInput{})}, nil},
		"stopped where it is to go on":  {[]awsapi.Call{called(stop())}, []string{stopsAt("coditect-web")}},
		"stopped again goes back once":  {[]awsapi.Call{called(stop()), called(stop())}, []string{stopsAt("coditect-web")}},
		"of another service altogether": {[]awsapi.Call{called(&sdk.UpdateServiceInput{Service: aws.String("coditect-app")})}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := surplus(heard(c.calls...).effects(t.Context(), "coditect-web", time.Time{}), atWeb.forward(10))
			if d := cmp.Diff(c.surplus, got); d != "" {
				t.Errorf("too much (-want +got):\n%s", d)
			}
		})
	}
}

func TestTrapMeetsTheCallOfItsPlace(t *testing.T) {
	t.Parallel()
	on, back := types.DeploymentLifecycleHookActionContinue, types.DeploymentLifecycleHookActionRollback
	arrived := map[place]any{beforeRegister: register(), beforeStaging: update(), beforeRollout: update(), beforeHome: update(),
		beforeGoingOn: answer(on), beforeTurning: answer(back), beforeStop: stop()}
	for at := range atAmazon {
		for other, in := range arrived {
			d := deedOf(called(in))
			same := atAmazon[at] == atAmazon[other]
			if got := (&trap{service: "coditect-web", at: at, fault: lateEffect}).fits(d); got != same {
				t.Errorf("before %s, a call of %s arrives: %t", at, other, got)
			}
			late := &trap{service: "coditect-web", at: at, fault: lateAnswer}
			if late.fits(d) {
				t.Errorf("before %s, a call of %s that has only arrived is held up for its answer", at, other)
			}
			d.done, d.changed = true, true
			if got := late.fits(d); got != same {
				t.Errorf("before %s, a call of %s is carried out: %t", at, other, got)
			}
			if (&trap{service: "coditect-app", at: at, fault: lateAnswer}).fits(d) {
				t.Errorf("before %s of another service", at)
			}
		}
	}
}

func TestMatrixAtECSHasEveryKindOfStepAndEveryCallOnce(t *testing.T) {
	t.Parallel()
	seen, boundaries, calls := map[string]int{}, map[deploy.StepKind]int{}, map[place]int{}
	for _, v := range amazonMatrix() {
		seen[v.String()]++
		if v.atBoundary() {
			boundaries[v.kind]++
		} else {
			calls[v.place]++
		}
	}
	for v, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", v, n)
		}
	}
	want := map[deploy.StepKind]int{}
	for _, s := range plansOf(t, onAmazon) {
		switch s.Kind {
		case deploy.KindGate, deploy.KindBake, deploy.KindObserve: // without a call
			want[s.Kind] = 4
		default:
			want[s.Kind] = 6
		}
	}
	if d := cmp.Diff(want, boundaries); d != "" {
		t.Errorf("boundaries of the kinds of steps that the stories have (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[place]int{beforeRegister: 3, beforeStaging: 3, beforeRollout: 3, beforeHome: 3, beforeGoingOn: 3, beforeTurning: 3, beforeStop: 3}, calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
