package ecs

import (
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ServiceSpec is a service that is there when the practice begins.
type ServiceSpec struct {
	// Cluster defaults to the guide's; it is made if there is none.
	Cluster string
	// Name is required, and is the family of the task definition, too, unless Family says otherwise.
	Name, Family string
	// Image is required: a name with a digest, as a rule.
	Image string
	// Tasks is how many there are; 0 is none.
	Tasks int32
	// Controller defaults to ECS. With EXTERNAL the tasks are those of a primary task set at 100 %.
	Controller types.DeploymentControllerType
	// Config is as in CreateService.
	Config *types.DeploymentConfiguration
	// TargetGroup (ARN) is where the tasks are registered; "" is nowhere. Advanced is for the native strategies.
	TargetGroup string
	Advanced    *types.AdvancedConfiguration
	// Secrets and Environment are those of the container; nil Secrets are GuideSecrets.
	Secrets     []types.Secret
	Environment []types.KeyValuePair
}

// Seeded is what Seed put there.
type Seeded struct {
	ServiceARN, TaskDefinition string
	// TaskSet is the id of the primary task set of a service of the controller EXTERNAL.
	TaskSet string
}

// Seed puts a service there whose first deployment has succeeded: its tasks run, whatever Start and the levers say, and are
// registered with the load balancer, which has yet to check them. It is no call of the API.
func (s *Server) Seed(spec ServiceSpec) (Seeded, error) {
	if spec.Cluster == "" {
		spec.Cluster = GuideCluster
	}
	in := guideTaskDefinition(&spec, s.opts.version(spec.Image))
	if err := checkTaskDefinition(in); err != nil {
		return Seeded{}, fmt.Errorf("seed %s: %w", spec.Name, err)
	}
	s.mu.Lock()
	d := s.register(in)
	s.mu.Unlock()
	v := s.try(spec.Name, d)
	if v.reason != "" {
		return Seeded{}, fmt.Errorf("seed %s: %s", spec.Name, v.reason)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(spec.Cluster, nil)
	if old := c.service(spec.Name); s.closed || old != nil {
		return Seeded{}, fmt.Errorf("seed %s: it is there already, or the server is closed", spec.Name)
	}
	svc, err := s.makeService(c, spec.create(d))
	if err != nil {
		return Seeded{}, fmt.Errorf("seed %s: %w", spec.Name, err)
	}
	s.turn.now = s.clock.Now()
	out := Seeded{ServiceARN: svc.arn, TaskDefinition: d.arn()}
	g := s.first(svc, d, &spec)
	if svc.controller == types.DeploymentControllerTypeExternal {
		out.TaskSet = g.id
	}
	c.services = append(c.services, svc)
	for range spec.Tasks {
		t := s.newTask(svc, g)
		g.tasks = append(g.tasks, t)
		s.run(svc, t, v)
	}
	s.changed()
	return out, nil
}

// first is the revision, or the task set, of a service that was seeded.
func (s *Server) first(svc *service, d *taskDef, spec *ServiceSpec) *group {
	if svc.controller == types.DeploymentControllerTypeExternal {
		now, number := s.clock.Now(), s.longNumber()
		set := &taskSet{
			group:  group{svc: svc, id: "ecs-svc/" + number, taskDef: d, set: settings{lbs: spec.balancers()}, wanted: spec.Tasks},
			arn:    arnOf("task-set", svc.cluster.name, svc.name, "ecs-svc", number),
			status: primary, scale: types.Scale{Unit: types.ScaleUnitPercent, Value: hundred}, launch: svc.base.LaunchType,
			created: now, updated: now, stableAt: now,
		}
		if spec.TargetGroup != "" {
			set.targets = []place{{targetGroup: spec.TargetGroup, port: guidePort}}
		}
		svc.sets = append(svc.sets, set)
		return &set.group
	}
	dep := s.deploy(svc)
	dep.status, dep.started = types.ServiceDeploymentStatusInProgress, dep.created
	dep.target.wanted = spec.Tasks
	s.succeed(svc, dep)
	return &dep.target.group
}

func (spec *ServiceSpec) balancers() []types.LoadBalancer {
	if spec.TargetGroup == "" {
		return nil
	}
	return []types.LoadBalancer{{
		TargetGroupArn: ptr(spec.TargetGroup), ContainerName: ptr(guideContainer), ContainerPort: ptr(int32(guidePort)),
		AdvancedConfiguration: spec.Advanced,
	}}
}

func (spec *ServiceSpec) create(d *taskDef) *sdk.CreateServiceInput {
	in := &sdk.CreateServiceInput{
		ServiceName: ptr(spec.Name), DesiredCount: ptr(spec.Tasks), DeploymentConfiguration: spec.Config,
		LaunchType: types.LaunchTypeFargate, PlatformVersion: ptr("1.4.0"),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-0a1b2c3d4e5f60718"}, SecurityGroups: []string{"sg-0a1b2c3d4e5f60718"},
		}},
	}
	if spec.Controller != "" {
		in.DeploymentController = &types.DeploymentController{Type: spec.Controller}
	}
	if spec.Controller != types.DeploymentControllerTypeExternal {
		in.TaskDefinition, in.LoadBalancers = ptr(d.arn()), spec.balancers()
	}
	return in
}
