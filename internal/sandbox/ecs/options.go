package ecs

import (
	"strings"
	"time"

	"slipway/internal/sandbox/elb"
)

// Options of New; nil means all defaults.
type Options struct {
	// Clock drives every delay of the platform; nil means the wall clock.
	Clock Clock
	// Balancer is where tasks are registered and weights are moved; nil: services with load balancers cannot be made.
	Balancer *elb.Server
	// Start is how long a task takes from PENDING to RUNNING, or to its failure. Stop is how long one takes to end; its
	// target drains meanwhile.
	Start, Stop time.Duration
	// Stage is how long each lifecycle stage of a native deployment takes beside what it waits for.
	Stage time.Duration
	// Retry is how long the scheduler waits before it looks again for capacity that was not to be had, and before it
	// replaces a task that failed; 0 is 100 ms.
	Retry time.Duration
	// Grace is how long the load balancer's judgement of a new task is ignored; 0 is the service's own
	// healthCheckGracePeriodSeconds divided by Speed.
	Grace time.Duration
	// Speed divides every number of minutes and seconds that a caller gives: bake times, hooks' time-outs. 0 is 1.
	Speed float64
	// Image says why an image cannot be pulled; nil: every image is there. It is called without locks, on the
	// scheduler's goroutine.
	Image func(ref string) error
	// Version says which version an image carries; nil, or "": the tag. Where that is not known, a VERSION in the
	// container's environment says it.
	Version func(ref string) string
	// Secret gives the value of a valueFrom of the task definition (an ARN of a secret, with or without :key::, or the
	// name or ARN of a parameter), or says why it cannot be had; nil: such variables are not set.
	Secret func(ref string) (string, error)
	// Metrics hears what the tasks of a revision or task set use, whenever that changes. It must not call the server. nil:
	// nobody listens.
	Metrics func(Tasks)
	// Logs hears what containers write: the group and the stream of their awslogs, and a line. nil: nobody listens.
	Logs func(group, stream string, at time.Time, line string)
	// Keep is how many stopped tasks of a service stay to be looked at; 0 is 200. (AWS keeps them for about an hour.)
	Keep int
}

const (
	defaultRetry = 100 * time.Millisecond
	defaultKeep  = 200
)

func (o *Options) fill() {
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Retry <= 0 {
		o.Retry = defaultRetry
	}
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
}

// faster is d of the platform's time in the practice range's.
func (o *Options) faster(d time.Duration) time.Duration {
	return time.Duration(float64(d) / o.Speed)
}

func (o *Options) version(ref string) string {
	if o.Version != nil {
		if v := o.Version(ref); v != "" {
			return v
		}
	}
	name, _, _ := strings.Cut(ref, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		return name[i+1:]
	}
	return ""
}
