package elb_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"slipway/internal/sandbox/elb"
)

func TestATargetIsHealthyOnceItAnswersAndUnhealthyWhenItNoLongerDoes(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{HealthAfter: 10 * time.Second, HealthEvery: 5 * time.Second, Drain: 20 * time.Second})
	var status atomic.Int32
	status.Store(503)
	addr := strings.TrimPrefix(p.serves(p.green, "10.0.0.9", "", func() int { return int(status.Load()) }).URL, "http://")
	p.add(p.blue, elb.Target{ID: "10.0.0.1", Port: 8080})
	check := func(moment string, after time.Duration, blue string, healthy int) {
		t.Helper()
		p.clock.Advance(after)
		same(t, moment, map[string]string{"10.0.0.1": blue}, p.health(p.blue))
		same(t, moment+", healthy", healthy, p.Healthy(p.blue))
	}
	check("just added", 9*time.Second, "initial Elb.RegistrationInProgress", 0)
	check("checked once", time.Second, "initial Elb.InitialHealthChecking", 0)
	check("checked twice", 5*time.Second, "unhealthy Target.FailedHealthChecks", 0)
	p.add(p.blue, elb.Target{ID: "10.0.0.1", Port: 8080, Addr: addr})
	check("it has an address", 5*time.Second, "unhealthy Target.ResponseCodeMismatch", 0)
	status.Store(200)
	check("it is well", 5*time.Second, "healthy", 1)
	status.Store(500)
	check("it failed once", 5*time.Second, "healthy", 1)
	check("it failed twice", 5*time.Second, "unhealthy Target.ResponseCodeMismatch", 0)
	status.Store(200)
	check("it is well again", 5*time.Second, "healthy", 1)
	p.RemoveTarget(p.blue, "10.0.0.1")
	check("removed", 19*time.Second, "draining Target.DeregistrationInProgress", 0)
	p.clock.Advance(time.Second)
	same(t, "drained", map[string]string{}, p.health(p.blue))
}

func TestADrainingTargetThatIsAddedBeginsAnew(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Drain: time.Minute, HealthAfter: 5 * time.Second}).both()
	target := p.Targets(p.blue)[0]
	p.RemoveTarget(p.blue, target.ID)
	same(t, "targets that are not draining", 0, len(p.Targets(p.blue)))
	p.add(p.blue, target)
	same(t, "added again", map[string]string{"10.0.0.1": "initial Elb.RegistrationInProgress"}, p.health(p.blue))
	p.clock.Advance(2 * time.Minute)
	same(t, "and its old end does not come", map[string]string{"10.0.0.1": "healthy"}, p.health(p.blue))
}

func TestTargetsOfAGroupThatNoRuleLeadsToAreUnused(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{HealthEvery: 5 * time.Second, Drain: time.Minute})
	idle := p.AddTargetGroup("coditect-idle", "/health", 8080)
	var checks atomic.Int32
	p.serves(idle, "10.0.0.3", "idle", func() int { checks.Add(1); return 200 })
	p.clock.Advance(time.Minute)
	same(t, "unused", map[string]string{"10.0.0.3": "unused Target.NotInUse"}, p.health(idle))
	attached, exists := p.Attached(idle)
	same(t, "state, attached, there", []any{types.TargetHealthStateEnumUnused, false, true}, []any{p.State(idle, "10.0.0.3"), attached, exists})
	p.add(idle, elb.Target{ID: "10.0.0.4", Port: 8080})
	p.RemoveTarget(idle, "10.0.0.4")
	same(t, "one that is removed has nothing to drain", "", string(p.State(idle, "10.0.0.4")))
	same(t, "checks, and healthy targets", []int{0, 0}, []int{int(checks.Load()), p.Healthy(idle)})
	if _, err := p.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Actions: []types.Action{elb.Forward(elb.Share(p.blue, 1), elb.Share(idle, 0))}}); err != nil {
		t.Fatal(err)
	}
	same(t, "led to, with a weight of 0", map[string]string{"10.0.0.3": "initial Elb.RegistrationInProgress"}, p.health(idle))
	p.clock.Advance(5 * time.Second)
	same(t, "checked", map[string]string{"10.0.0.3": "healthy"}, p.health(idle))
	attached, _ = p.Attached(idle)
	same(t, "state, attached", []any{types.TargetHealthStateEnumHealthy, true}, []any{p.State(idle, "10.0.0.3"), attached})
	_, exists = p.Attached("nothing")
	same(t, "what is not there", []any{types.TargetHealthStateEnum(""), types.TargetHealthStateEnum(""), false}, []any{p.State(idle, "10.9.9.9"), p.State("nothing", "x"), exists})
}

func TestTargetsComeAndGoThroughTheAPI(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Drain: time.Minute})
	c := p.api()
	url := p.serves(p.green, "10.0.0.9", "hello", nil).URL
	host, text, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	real, nowhere := types.TargetDescription{Id: &host, Port: aws.Int32(int32(port))}, types.TargetDescription{Id: aws.String("10.9.9.9")}
	if _, err := c.RegisterTargets(t.Context(), &elbv2.RegisterTargetsInput{TargetGroupArn: &p.blue, Targets: []types.TargetDescription{real, nowhere}}); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(time.Minute)
	same(t, "health", map[string]string{host: "healthy", "10.9.9.9": "unhealthy Target.FailedHealthChecks"}, p.health(p.blue))
	same(t, "answers", map[string]int{"hello": 3}, p.split(p.lb.URL(), 3))
	if _, err := c.DeregisterTargets(t.Context(), &elbv2.DeregisterTargetsInput{TargetGroupArn: &p.blue, Targets: []types.TargetDescription{real}}); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: &p.blue, Targets: []types.TargetDescription{real, {Id: aws.String("10.1.1.1")}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range out.TargetHealthDescriptions {
		got = append(got, string(d.TargetHealth.State)+": "+*d.TargetHealth.Description)
	}
	same(t, "one that is going, and one that never came", []string{
		"draining: Target deregistration is in progress", "unused: Target is not registered to the target group",
	}, got)
}

func TestSubscribersAreToldAndMayCallTheServer(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Settle: time.Minute})
	heard := make(chan int, 1)
	p.Subscribe(func() {
		select {
		case <-heard:
		default:
		}
		heard <- p.InEffect(p.lb.Rule)[p.green] + 1000*p.Healthy(p.blue)
	})
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	hear := func(what string, want int) {
		t.Helper()
		for {
			select {
			case got := <-heard:
				if got == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("nobody was told of %s", what)
			}
		}
	}
	p.serves(p.blue, "10.0.0.1", "blue", nil)
	hear("a new target", 0)
	p.clock.Advance(time.Second)
	hear("its health", 1000)
	weigh(p, 1, 30)
	p.clock.Advance(time.Minute)
	hear("weights in effect", 1030)
	p.RemoveTarget(p.blue, "10.0.0.1")
	hear("its removal", 30)
}
