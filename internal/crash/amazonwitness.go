package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/ecs"
)

// The calls that change a service at ECS.
const (
	registers  = "RegisterTaskDefinition"
	updates    = "UpdateService"
	continues  = "ContinueServiceDeployment"
	stops      = "StopServiceDeployment"
	inRevision = "slipway-revision" // the tag that says what a task definition is called
)

// deed is one such call.
type deed struct {
	at        time.Time
	operation string
	service   string
	about     string // the revision that is registered, the task definition or deployment that is meant, or what is answered
	done      bool   // it was carried out, or refused
	changed   bool   // it was carried out
	in        any
}

// witness hears every call at AWS, and can hold one up.
type witness struct {
	wire *awsapi.Server
	sdk  *sdk.Client

	mu    sync.Mutex
	deeds []*deed
	trap  *trap
	names map[string]string // of task definitions, by ARN
}

func newWitness(wire *awsapi.Server) *witness {
	x := &witness{wire: wire, names: map[string]string{}, sdk: sdk.New(sdk.Options{
		Region: ecs.Region, BaseEndpoint: aws.String(wire.URL()), Credentials: credentials.NewStaticCredentialsProvider("practice", "practice", ""),
	})}
	wire.OnCall(x.hear)
	return x
}

func (x *witness) hear(c awsapi.Call) {
	d := deedOf(c)
	if d == nil {
		return
	}
	x.mu.Lock()
	known := d
	if c.Done {
		i := slices.IndexFunc(x.deeds, func(other *deed) bool { return other.in == c.Input })
		if i < 0 {
			x.mu.Unlock()
			return
		}
		known = x.deeds[i]
		known.done, known.changed = true, c.Code == ""
	} else {
		x.deeds = append(x.deeds, d)
	}
	t := x.trap
	if t == nil || !t.fits(known) {
		x.mu.Unlock()
		return
	}
	x.trap = nil
	x.mu.Unlock()
	t.spring(x.wire, known.operation)
}

// deedOf is nil for calls that only look, and for those about tags, or about how the next deployment is to go.
func deedOf(c awsapi.Call) *deed {
	d := &deed{at: c.At, operation: c.Operation, in: c.Input}
	switch in := c.Input.(type) {
	case *sdk.RegisterTaskDefinitionInput:
		d.service = aws.ToString(in.Family)
		for _, t := range in.Tags {
			if aws.ToString(t.Key) == inRevision {
				d.about = aws.ToString(t.Value)
			}
		}
	case *sdk.UpdateServiceInput:
		if in.TaskDefinition == nil && in.DeploymentConfiguration != nil {
			return nil // it begins no deployment
		}
		d.service, d.about = lastOf(aws.ToString(in.Service)), aws.ToString(in.TaskDefinition)
	case *sdk.ContinueServiceDeploymentInput:
		d.service, d.about = serviceOf(in.ServiceDeploymentArn), string(in.Action)
	case *sdk.StopServiceDeploymentInput:
		d.service, d.about = serviceOf(in.ServiceDeploymentArn), aws.ToString(in.ServiceDeploymentArn)
	default:
		return nil
	}
	return d
}

func lastOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// serviceOf is the service in the ARN of a deployment: …:service-deployment/CLUSTER/SERVICE/ID.
func serviceOf(arn *string) string {
	parts := strings.Split(aws.ToString(arn), "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

// since are the calls about a service since a moment.
func (x *witness) since(service string, from time.Time) []deed {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []deed
	for _, d := range x.deeds {
		if d.service == service && !d.at.Before(from) {
			all = append(all, *d)
		}
	}
	return all
}

// effects are what these calls have changed, in words. A deployment that is stopped again, while it goes back already, goes
// back once.
func (x *witness) effects(ctx context.Context, service string, from time.Time) []string {
	var all []string
	stopped := map[string]bool{}
	for _, d := range x.since(service, from) {
		if !d.changed || d.operation == stops && stopped[d.about] {
			continue
		}
		switch d.operation {
		case updates:
			all = append(all, deploysAt(service, x.nameOf(ctx, d.about)))
		case registers:
			all = append(all, registersAt(service, d.about))
		case stops:
			stopped[d.about] = true
			all = append(all, stopsAt(service))
		default:
			all = append(all, answersAt(service, d.about == string(types.DeploymentLifecycleHookActionContinue)))
		}
	}
	return all
}

func registersAt(service, name string) string { return service + ": registers " + name }
func deploysAt(service, name string) string   { return service + ": deploys " + name }
func stopsAt(service string) string           { return service + ": stops its deployment" }

func answersAt(service string, on bool) string {
	if on {
		return service + ": goes on"
	}
	return service + ": turns back"
}

// nameOf is what a task definition is called: as it was registered, or family:revision.
func (x *witness) nameOf(ctx context.Context, arn string) string {
	x.mu.Lock()
	name := x.names[arn]
	x.mu.Unlock()
	if name != "" {
		return name
	}
	name = lastOf(arn)
	got, err := x.sdk.DescribeTaskDefinition(ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})
	if err != nil {
		return name + " (" + err.Error() + ")"
	}
	for _, t := range got.Tags {
		if aws.ToString(t.Key) == inRevision {
			name = aws.ToString(t.Value)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.names[arn] = name
	return name
}
