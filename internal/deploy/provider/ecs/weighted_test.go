package ecs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbsdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	"slipway/internal/deploy/provider/providertest"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

// weightedWays are the services of the tests below, which hold for both.
var weightedWays = map[string][2]string{
	"task sets": {sandbox.SetsService, ""},
	"a pair":    {sandbox.EdgeService, sandbox.EdgeServiceB},
}

func eachWay(t *testing.T, f func(t *testing.T, b *balanced)) {
	t.Helper()
	for name, w := range weightedWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, newBalanced(t, w[0], w[1]))
		})
	}
}

func (b *balanced) request(number int, img providertest.Image, baseline deploy.RevisionName) deploy.StageRequest {
	return deploy.StageRequest{
		Service: b.ref, Candidate: deploy.CandidateName(b.service, number, 1), Tag: deploy.CandidateTag(number), Image: img.Ref, Baseline: baseline,
		Settings: deploy.Settings{Env: map[string]string{"VERSION": img.Version}}, Rollout: deploy.Rollout{Kind: deploy.Canary, Shares: []int{10, 50, 100}},
		Labels: map[string]string{"slipway-release": fmt.Sprint(number)},
	}
}

// stage brings a candidate up.
func (b *balanced) stage(p *ecs.Platform, q deploy.StageRequest) deploy.RevisionName {
	b.t.Helper()
	op, err := p.Stage(b.t.Context(), q)
	b.ok(err)
	b.over(p, op)
	return q.Candidate
}

func (b *balanced) over(p *ecs.Platform, op deploy.Operation) {
	b.t.Helper()
	for range 20 {
		done, err := p.Wait(b.t.Context(), op)
		b.ok(err)
		if done {
			return
		}
		b.Finish()
	}
	b.t.Fatalf("%s does not end", op)
}

// shift asks until the shares are reported, and says how often it had to.
func (b *balanced) shift(p *ecs.Platform, q deploy.ShiftRequest) (calls int) {
	b.t.Helper()
	q.Service = b.ref
	for calls = 1; calls < 10; calls++ {
		op, err := p.Shift(b.t.Context(), q)
		b.ok(err)
		b.over(p, op)
		s, err := p.Describe(b.t.Context(), b.ref)
		b.ok(err)
		if there(s, q.Shares) {
			return calls
		}
	}
	b.t.Fatalf("%v never came about", q.Shares)
	return 0
}

func there(s deploy.Service, shares map[deploy.RevisionName]int) bool {
	for name, percent := range shares {
		if s.Percent(name) != percent {
			return false
		}
	}
	return true
}

func split(baseline, candidate deploy.RevisionName, percent int) deploy.ShiftRequest {
	return deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{baseline: 100 - percent, candidate: percent}}
}

// writes are the calls that changed something since the calls were forgotten, with what they were about.
func (b *balanced) writes() []string {
	var out []string
	for _, c := range b.api.Calls() {
		switch in := c.Input.(type) {
		case *sdk.CreateTaskSetInput:
			out = append(out, fmt.Sprintf("CreateTaskSet %g", in.Scale.Value))
		case *sdk.UpdateTaskSetInput:
			out = append(out, fmt.Sprintf("UpdateTaskSet %g", in.Scale.Value))
		case *sdk.UpdateServiceInput:
			out = append(out, fmt.Sprintf("UpdateService %d", aws.ToInt32(in.DesiredCount)))
		default:
			if !strings.HasPrefix(c.Operation, "Describe") && !strings.HasPrefix(c.Operation, "List") {
				out = append(out, c.Operation)
			}
		}
	}
	b.api.ForgetCalls()
	return out
}

func (b *balanced) wantWrites(what string, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.writes()); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// tasks are how many run of a revision.
func (b *balanced) tasks(group int) int { return b.elb.Healthy(b.groups[group]) }

func TestCapacityComesBeforeWeight(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		b.writes()
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		up, grow, last := "CreateTaskSet 10", "UpdateTaskSet %d", []string{"ModifyRule", "UpdateServicePrimaryTaskSet"}
		grown := map[int]int{50: 50, 100: 100}
		if b.beside != "" {
			up, grow, last, grown = "UpdateService 1", "UpdateService %d", []string{"ModifyRule"}, map[int]int{50: 2, 100: 4}
		}
		b.wantWrites("staged", "RegisterTaskDefinition", up)
		if n := b.tasks(1); n != 1 {
			t.Errorf("%d tasks for 10 %% of 4, want 1", n)
		}
		if calls := b.shift(p, split(b.base(), candidate, 10)); calls != 1 {
			t.Errorf("10 %% took %d calls, and has its tasks already", calls)
		}
		b.wantWrites("10 %", "ModifyRule")
		b.shift(p, split(b.base(), candidate, 50))
		b.wantWrites("50 %", fmt.Sprintf(grow, grown[50]), "ModifyRule")
		if n := b.tasks(1); n != 2 {
			t.Errorf("%d tasks for 50 %% of 4, want 2", n)
		}
		b.shift(p, split(b.base(), candidate, 100))
		b.wantWrites("100 %", append([]string{fmt.Sprintf(grow, grown[100])}, last...)...)
		if old, now := b.tasks(0), b.tasks(1); old != 4 || now != 4 {
			t.Errorf("%d tasks of before and %d of now, want 4 of each", old, now)
		}
	})
}

func TestWeightsComeFirstOnAReturn(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		q := b.request(1, goodImage, b.base())
		q.Rollout.Shares, q.Epoch = []int{100}, 7
		candidate := b.stage(p, q)
		b.shift(p, split(b.base(), candidate, 100))
		s, err := p.Describe(t.Context(), b.ref)
		b.ok(err)
		if diff := cmp.Diff(deploy.Return{Takes: 5 * time.Second, How: "weights flip, 4 old tasks are warm"}, s.Back); diff != "" {
			t.Errorf("the way back (-want +got):\n%s", diff)
		}
		b.writes()
		back := deploy.ShiftRequest{Service: b.ref, Shares: map[deploy.RevisionName]int{b.base(): 100}, Epoch: 8, Seal: "r1/back"}
		if calls := b.shift(p, back); calls != 1 {
			t.Errorf("it took %d calls", calls)
		}
		want := []string{"ModifyRule", "TagResource"}
		if b.beside == "" {
			want = append(want, "UpdateServicePrimaryTaskSet")
		}
		b.wantWrites("the return", want...)
		if got := b.elb.InEffect(b.rule); got[b.groups[0]] != 100 || got[b.groups[1]] != 0 {
			t.Errorf("weights in effect are %v", got)
		}
		if _, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: b.ref, Shares: map[deploy.RevisionName]int{candidate: 100}, Epoch: 7}); deploy.CodeOf(err) != deploy.Fenced {
			t.Errorf("who was overtaken: %v", err)
		}
		b.wantWrites("who was overtaken")
	})
}

func TestAfterAReleaseTasksOfBeforeGo(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		b.shift(p, split(b.base(), candidate, 100))
		b.writes()
		for range 2 {
			_, err := p.Retire(t.Context(), b.ref, "rc-1", deploy.WarmTag(1))
			b.ok(err)
			b.Finish()
		}
		want := "DeleteTaskSet"
		if b.beside != "" {
			want = "UpdateService 0"
		}
		b.wantWrites("retired twice", want)
		b.until("they are gone", func() bool { return b.tasks(0) == 0 && b.tasks(1) == 4 })
		s, err := p.Describe(t.Context(), b.ref)
		b.ok(err)
		if s.Back.Takes < time.Minute || s.Back.How != "no old tasks are left: 4 tasks have to start before weights flip" {
			t.Errorf("the way back is %+v", s.Back)
		}
		// The next release takes the other side, and after all of it there is still a way back, with new tasks.
		b.shift(p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{b.base(): 100}, Epoch: 9, Seal: "r1/back"})
		b.until("they are back", func() bool { return b.tasks(0) == 4 })
	})
}

func TestReleasesTakeTurns(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		q := b.request(1, goodImage, b.base())
		q.Settings.Env["LEFT_BY"] = "the first"
		first := b.stage(p, q)
		b.shift(p, split(b.base(), first, 100))
		_, err := p.Retire(t.Context(), b.ref, "rc-1")
		b.ok(err)
		b.Finish()
		second := b.stage(p, b.request(2, otherImage, first))
		// A release that is done with late lets go of nothing of the next.
		b.writes()
		_, err = p.Retire(t.Context(), b.ref, "rc-1")
		b.ok(err)
		b.wantWrites("retired late")
		b.shift(p, split(first, second, 50))
		if w, _ := b.elb.Weights(b.rule); w[b.groups[0]] != 50 || w[b.groups[1]] != 50 {
			t.Errorf("weights are %v", w)
		}
		b.shift(p, split(first, second, 100))
		s, err := p.Describe(t.Context(), b.ref)
		b.ok(err)
		if s.Image != otherImage.Ref || s.Env["LEFT_BY"] != "the first" {
			t.Errorf("the second was not made from the first: image %s, variables %v", s.Image, s.Env)
		}
	})
}

func TestTasksStayUntilLoadBalancersHaveFollowed(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		p := b.connect(&ecs.Options{Now: func() time.Time { return now }})
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		b.shift(p, split(b.base(), candidate, 100))
		b.writes()
		now = now.Add(59 * time.Second)
		if _, err := p.Retire(t.Context(), b.ref, "rc-1"); deploy.CodeOf(err) != deploy.NotYet || !strings.Contains(deploy.Message(err), "59 s ago") {
			t.Errorf("at once: %v", err)
		}
		b.wantWrites("at once")
		now = now.Add(time.Second)
		_, err := p.Retire(t.Context(), b.ref, "rc-1")
		b.ok(err)
		if n := len(b.writes()); n != 1 {
			t.Errorf("%d calls after a minute, want 1", n)
		}
	})
}

func TestARuleKeepsWhatPeoplePutIntoIt(t *testing.T) {
	t.Parallel()
	for name, listener := range map[string]bool{"a rule": false, "the default action of a listener": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBalanced(t, sandbox.SetsService, "")
			if listener {
				b.ref.Rule = b.lb.Listener
			}
			sticky := elb.Forward(elb.Share(b.groups[0], 1), elb.Share(b.groups[1], 0))
			sticky.Order = aws.Int32(2)
			sticky.ForwardConfig.TargetGroupStickinessConfig = &elbtypes.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)}
			b.ok(b.elb.SetActions(b.ref.Rule, elbtypes.Action{
				Type: elbtypes.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1), AuthenticateOidcConfig: &elbtypes.AuthenticateOidcActionConfig{
					Issuer: aws.String("https://login.example"), AuthorizationEndpoint: aws.String("https://login.example/a"), TokenEndpoint: aws.String("https://login.example/t"),
					UserInfoEndpoint: aws.String("https://login.example/u"), ClientId: aws.String("coditect"), ClientSecret: aws.String("practice"),
				},
			}, sticky))
			before := b.actions()
			p := b.platform()
			candidate := b.stage(p, b.request(1, goodImage, b.base()))
			b.shift(p, split(b.base(), candidate, 10))
			if diff := cmp.Diff(unweighed(t, before), unweighed(t, b.actions())); diff != "" {
				t.Errorf("something else than weights has changed (-before +after):\n%s", diff)
			}
			s, err := p.Describe(t.Context(), b.ref)
			b.ok(err)
			if !strings.Contains(s.Back.How, "since the rule is sticky") {
				t.Errorf("nobody is told that users stay: %q", s.Back.How)
			}
		})
	}
}

// actions are those of the rule, or of the listener, as they are described.
func (b *balanced) actions() []elbtypes.Action {
	b.t.Helper()
	client := elbsdk.New(elbsdk.Options{Region: sandbox.Region, BaseEndpoint: aws.String(b.api.URL()), Credentials: practiceCredentials})
	if strings.Contains(b.ref.Rule, ":listener/") {
		got, err := client.DescribeListeners(b.t.Context(), &elbsdk.DescribeListenersInput{ListenerArns: []string{b.ref.Rule}})
		b.ok(err)
		return got.Listeners[0].DefaultActions
	}
	got, err := client.DescribeRules(b.t.Context(), &elbsdk.DescribeRulesInput{RuleArns: []string{b.ref.Rule}})
	b.ok(err)
	return got.Rules[0].Actions
}

func TestWeightsThatSomebodyElseChangesAtTheSameTime(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		b.api.OnCall(func(c awsapi.Call) {
			if c.Operation == "ModifyRule" && c.Done {
				b.MoveTraffic(map[deploy.RevisionName]int{b.base(): 30, candidate: 70})
			}
		})
		q := split(b.base(), candidate, 10)
		q.Service = b.ref
		if _, err := p.Shift(t.Context(), q); deploy.CodeOf(err) != deploy.Conflict {
			t.Errorf("it was not read back: %v", err)
		}
	})
}

func TestATaskSetIsMadeLikeTheLiveOne(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.SetsService, "")
	p := b.platform()
	b.api.ForgetCalls()
	b.stage(p, b.request(1, goodImage, b.base()))
	for _, c := range b.api.Calls() {
		in, ok := c.Input.(*sdk.CreateTaskSetInput)
		if !ok {
			continue
		}
		if n := len(aws.ToString(in.ClientToken)); n == 0 || n > 36 {
			t.Errorf("the token has %d characters", n)
		}
		if aws.ToString(in.ExternalId) != "coditect-api-r1-1" || in.LaunchType != types.LaunchTypeFargate || in.NetworkConfiguration == nil ||
			aws.ToString(in.LoadBalancers[0].TargetGroupArn) != b.groups[1] || aws.ToInt32(in.LoadBalancers[0].ContainerPort) != 8080 {
			t.Errorf("it is %s", plainly(t, in))
		}
	}
}

func TestATaskSetOfNobodysReleaseIsNotTakenAway(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.SetsService, "")
	_, err := b.client.CreateTaskSet(t.Context(), &sdk.CreateTaskSetInput{
		Cluster: aws.String(sandbox.GuideCluster), Service: aws.String(b.service), TaskDefinition: aws.String(b.service + ":1"),
		LoadBalancers:        []types.LoadBalancer{{TargetGroupArn: aws.String(b.groups[1]), ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(8080)}},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	})
	b.ok(err)
	b.Finish()
	b.api.ForgetCalls()
	_, err = b.platform().Stage(t.Context(), b.request(1, goodImage, b.base()))
	if deploy.CodeOf(err) != deploy.Conflict || !strings.Contains(deploy.Message(err), "no release of Slipway's has put it there") {
		t.Errorf("it said %v", err)
	}
	b.wantWrites("over somebody's task set")
}

func TestAPairInTheMiddleOfSomethingIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.EdgeService, sandbox.EdgeServiceB)
	b.ok(b.ecs.ForceNewDeployment(b.service))
	b.api.ForgetCalls()
	_, err := b.platform().Stage(t.Context(), b.request(1, goodImage, b.base()))
	if deploy.CodeOf(err) != deploy.Conflict || !strings.Contains(deploy.Message(err), "busy with another change") {
		t.Errorf("it said %v", err)
	}
	b.wantWrites("over somebody's deployment")
}

// What a service of a pair is configured with stays, but for the circuit breaker.
func TestAPairKeepsItsConfiguration(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.EdgeService, sandbox.EdgeServiceB)
	_, err := b.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(sandbox.GuideCluster), Service: aws.String(b.beside),
		DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150), MinimumHealthyPercent: aws.Int32(75)},
	})
	b.ok(err)
	b.stage(b.platform(), b.request(1, goodImage, b.base()))
	c := b.reported(b.beside).DeploymentConfiguration
	if aws.ToInt32(c.MaximumPercent) != 150 || aws.ToInt32(c.MinimumHealthyPercent) != 75 || c.DeploymentCircuitBreaker == nil || !c.DeploymentCircuitBreaker.Enable || c.DeploymentCircuitBreaker.Rollback {
		t.Errorf("it is %s", plainly(t, c))
	}
}

// A return is over with the weights, whether or not its mark can be left.
func TestAReturnDoesNotNeedTheRightToTag(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		b.shift(p, split(b.base(), candidate, 10))
		b.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Operation: "TagResource", Error: awsapi.Error{Code: "AccessDeniedException", Message: "no", Status: 400}})
		b.shift(p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{b.base(): 100}, Epoch: 8, Seal: "r1/back"})
	})
}

func TestACandidateThatBreaksAsItGrows(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		candidate := b.stage(p, b.request(1, goodImage, b.base()))
		b.shift(p, split(b.base(), candidate, 10))
		for _, s := range b.services() {
			b.ecs.Behaviour(s, goodImage.Version).SetCrashOnStart(true)
		}
		q := split(b.base(), candidate, 100)
		q.Service = b.ref
		op, err := p.Shift(t.Context(), q)
		b.ok(err)
		for _, s := range b.services() {
			b.ok(b.ecs.Finish(s))
		}
		b.until("it is given up", func() bool {
			done, err := p.Wait(t.Context(), op)
			if !done {
				return false
			}
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "exit code 1") || deploy.Hint(err) == "" {
				t.Errorf("it ended with %v", err)
			}
			return true
		})
		s, err := p.Describe(t.Context(), b.ref)
		b.ok(err)
		if s.Percent(candidate) != 10 {
			t.Errorf("weights moved ahead of the tasks: %+v", s.Traffic)
		}
	})
}

func TestNoWeightIsGivenToTasksThatAreNotThereYet(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, b *balanced) {
		p := b.platform()
		q := b.request(1, goodImage, b.base())
		_, err := p.Stage(t.Context(), q)
		b.ok(err)
		b.writes()
		move := split(b.base(), q.Candidate, 10)
		move.Service = b.ref
		if op, err := p.Shift(t.Context(), move); op != "" || err != nil {
			t.Errorf("operation %q, %v", op, err)
		}
		b.wantWrites("while it comes up")
		s, err := p.Describe(t.Context(), b.ref)
		b.ok(err)
		if !s.Busy || !strings.HasPrefix(s.Unrest, "0 of 1 tasks run ") {
			t.Errorf("busy %v: %q", s.Busy, s.Unrest)
		}
	})
}

// What is left of the version before is better than the one that people want to leave.
func TestAReturnDoesNotWaitForEveryTask(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.EdgeService, sandbox.EdgeServiceB)
	p := b.platform()
	candidate := b.stage(p, b.request(1, goodImage, b.base()))
	b.shift(p, split(b.base(), candidate, 50))
	b.ok(b.ecs.Crash(b.service, 1, 1))
	b.writes()
	_, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: b.ref, Shares: map[deploy.RevisionName]int{b.base(): 100}, Epoch: 8, Seal: "r1/back"})
	b.ok(err)
	b.wantWrites("the return", "ModifyRule", "TagResource")
}

func TestWhatIsThePrimaryFollowsAfterACrash(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(b *balanced, p *ecs.Platform, q deploy.ShiftRequest) error{
		"asked again": func(b *balanced, p *ecs.Platform, q deploy.ShiftRequest) error {
			_, err := p.Shift(b.t.Context(), q)
			return err
		},
		"at the end": func(b *balanced, p *ecs.Platform, _ deploy.ShiftRequest) error {
			_, err := p.Retire(b.t.Context(), b.ref, "rc-1")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBalanced(t, sandbox.SetsService, "")
			p := b.platform()
			q := b.request(1, goodImage, b.base())
			q.Rollout.Shares = []int{100}
			move := split(b.base(), b.stage(p, q), 100)
			move.Service = b.ref
			b.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Operation: "UpdateServicePrimaryTaskSet", Count: 1, Error: awsapi.Error{Code: "ServerException", Message: "no", Status: 500}})
			if _, err := p.Shift(t.Context(), move); deploy.CodeOf(err) != deploy.Unavailable {
				t.Fatalf("nobody was told: %v", err)
			}
			b.ok(again(b, p, move))
			for _, set := range b.reported(b.service).TaskSets {
				if primary := aws.ToString(set.Status) == "PRIMARY"; primary != (aws.ToString(set.ExternalId) == "coditect-api-r1-1") {
					t.Errorf("%s is %s", aws.ToString(set.TaskDefinition), aws.ToString(set.Status))
				}
			}
		})
	}
}

func TestASecondServiceThatSomebodyChangedIsAConflict(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, sandbox.EdgeService, sandbox.EdgeServiceB)
	p := b.platform()
	op, err := p.Stage(t.Context(), b.request(1, goodImage, b.base()))
	b.ok(err)
	b.ok(b.ecs.UpdateByHand(b.beside, b.service+":1"))
	done, err := p.Wait(t.Context(), op)
	if !done || deploy.CodeOf(err) != deploy.Conflict {
		t.Errorf("done %v, %v", done, err)
	}
}
