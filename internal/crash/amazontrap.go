package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/awsapi"
)

// The places of stories at ECS: just before the call is set off.
const (
	beforeRegister place = "ecs-register" // registers the task definition
	beforeStaging  place = "ecs-stage"    // has all tasks brought up beside the old ones
	beforeRollout  place = "ecs-roll"     // has the tasks replaced
	beforeGoingOn  place = "ecs-go-on"    // answers a hook, with the next share
	beforeTurning  place = "ecs-turn"     // answers a hook, with the way back
	beforeStop     place = "ecs-stop"     // stops a deployment in the middle
	beforeHome     place = "ecs-home"     // after the release had succeeded
)

// What happens to a call at ECS while the replica that made it dies: it is carried out later, never, or has been.
const (
	lateEffect = "late-effect"
	neverThere = "never-there"
	lateAnswer = "late-answer"
)

// atAmazon are the calls of the places. What is registered, or asked of a service, could be done twice by one who comes after
// it has been looked for; a hook is answered once, and a deployment goes back once.
var atAmazon = map[place]struct {
	operation string
	back      bool // a hook is answered with the way back
	once      bool // ECS refuses, or does not heed, the one that comes late
}{
	beforeRegister: {operation: registers},
	beforeStaging:  {operation: updates},
	beforeRollout:  {operation: updates},
	beforeHome:     {operation: updates},
	beforeGoingOn:  {operation: continues, once: true},
	beforeTurning:  {operation: continues, back: true, once: true},
	beforeStop:     {operation: stops, once: true},
}

// trap waits for one call, and holds it up.
type trap struct {
	service string // at ECS
	at      place
	fault   string
	delay   time.Duration
	hit     chan struct{} // closed when the call is there
	gone    chan struct{} // closed when who made it is not there any more
}

func (t *trap) fits(d *deed) bool {
	want := atAmazon[t.at]
	when := !d.done
	if t.fault == lateAnswer {
		when = d.changed
	}
	return when && d.service == t.service && d.operation == want.operation &&
		(d.operation != continues || (d.about == string(types.DeploymentLifecycleHookActionRollback)) == want.back)
}

// spring runs on the goroutine of the call.
func (t *trap) spring(wire *awsapi.Server, operation string) {
	close(t.hit)
	switch t.fault {
	case neverThere:
		wire.Inject(awsapi.Fault{Kind: awsapi.NeverAnswer, Operation: "ecs." + operation, Count: 1})
	case lateEffect: // whether or not who made it is still there
		<-time.NewTimer(t.delay).C
	default:
		<-t.gone
	}
}

// setTrap lays the wanted fault out where the next call of a service meets it.
func (k *killer) setTrap(service string) {
	v := k.wanted
	delay := time.Duration(100+k.w.lot(200)) * time.Millisecond // before a successor looks
	if atAmazon[v.place].once {
		delay = time.Duration(300+k.w.lot(1500)) * time.Millisecond
	}
	k.trap = &trap{service: amazonOf(service), at: v.place, fault: v.fault, delay: delay, hit: make(chan struct{}), gone: make(chan struct{})}
	x := k.w.witness
	x.mu.Lock()
	defer x.mu.Unlock()
	x.trap = k.trap
}

// strikeAmazon kills a replica while ECS has a call of it.
func (k *killer) strikeAmazon(ctx context.Context, v way) (bool, error) {
	service, err := k.want(ctx, v)
	if service == "" || err != nil {
		return false, err
	}
	defer close(k.trap.gone)
	caller, err := k.w.callerOf(ctx, service, "ECS has the call that is struck: "+v.String(), func() (bool, error) {
		select {
		case <-k.trap.hit:
			return true, nil
		default:
			return false, nil
		}
	})
	if err != nil {
		return false, k.w.explain(ctx, k.w.running()[service], err)
	}
	caller.kill()
	return true, k.bury(ctx, caller, v)
}

// amazonMatrix is every boundary of the steps of releases at ECS, and each call in the middle.
func amazonMatrix() []way {
	var all []way
	for _, v := range matrix() {
		if v.atBoundary() && v.kind != looking && !v.ofData() && !absent[v.kind] {
			v.amazon = true
			all = append(all, v)
		}
	}
	for at := range atAmazon {
		for _, f := range []string{lateEffect, neverThere, lateAnswer} {
			all = append(all, way{place: at, fault: f, amazon: true})
		}
	}
	return all
}
