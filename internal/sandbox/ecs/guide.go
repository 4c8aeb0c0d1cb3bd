package ecs

import (
	"cmp"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/elb"
)

// The guide's names.
const (
	GuideCluster    = "coditect-production"
	GuideRepository = Account + ".dkr.ecr." + Region + ".amazonaws.com/coditect"
	GuideLogGroup   = "/ecs/coditect"
	// RollingService has four tasks and rolls with the circuit breaker; NativeService moves weights by itself;
	// SetsService is of the controller EXTERNAL; EdgeService and EdgeServiceB stand behind one rule.
	RollingService = "coditect-app"
	NativeService  = "coditect-web"
	SetsService    = "coditect-api"
	EdgeService    = "coditect-edge"
	EdgeServiceB   = "coditect-edge-b"

	// ExecutionRole, TaskRole and BalancerRole are the ARNs of the roles that the task definitions and services name.
	ExecutionRole = "arn:aws:iam::" + Account + ":role/ecsTaskExecutionRole"
	TaskRole      = "arn:aws:iam::" + Account + ":role/coditect-task"
	BalancerRole  = "arn:aws:iam::" + Account + ":role/ecsInfrastructureRoleForLoadBalancers"

	guideContainer = "coditect"
	guidePort      = 8080
	guideHealth    = "/health"
	guideTasks     = 4
)

// GuideSecrets are what the guide's containers have in their environment from elsewhere, as the practice Secrets Manager and
// Parameter Store hold it: a key of a secret, a secret, and a parameter.
func GuideSecrets() []types.Secret {
	const secret, parameter = "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:", "arn:aws:ssm:" + Region + ":" + Account + ":parameter"
	return []types.Secret{
		{Name: ptr("DATABASE_URL"), ValueFrom: ptr(secret + "coditect/database:url::")},
		{Name: ptr("API_KEY"), ValueFrom: ptr(secret + "coditect/api-key")},
		{Name: ptr("LOG_LEVEL"), ValueFrom: ptr(parameter + "/coditect/production/log-level")},
	}
}

// Guide is the guide's services and their load balancers, by service name; EdgeServiceB has that of EdgeService.
type Guide struct {
	Services  map[string]Seeded
	Balancers map[string]elb.LoadBalancer
	// Groups are the target groups (ARNs) of a load balancer: the first has all of the traffic.
	Groups map[string][]string
}

// SeedGuide puts the guide's services there, all running image with secrets (nil: GuideSecrets). Their load balancers are put
// into the one of the options.
func (s *Server) SeedGuide(image string, secrets []types.Secret) (*Guide, error) {
	g := &Guide{Services: map[string]Seeded{}, Balancers: map[string]elb.LoadBalancer{}, Groups: map[string][]string{}}
	if s.opts.Balancer == nil {
		return nil, fmt.Errorf("seed %s: there is no balancer", GuideCluster)
	}
	for name, second := range map[string]string{
		RollingService: "", NativeService: NativeService + "-green", SetsService: SetsService + "-green", EdgeService: EdgeServiceB,
	} {
		groups := []string{s.opts.Balancer.AddTargetGroup(name, guideHealth, guidePort)}
		if second != "" {
			groups = append(groups, s.opts.Balancer.AddTargetGroup(second, guideHealth, guidePort))
		}
		lb, err := s.opts.Balancer.AddLoadBalancer(name, groups...)
		if err != nil {
			return nil, err
		}
		g.Balancers[name], g.Groups[name] = lb, groups
	}
	for _, spec := range g.specs() {
		spec.Image, spec.Secrets = image, secrets
		seeded, err := s.Seed(spec)
		if err != nil {
			return nil, err
		}
		g.Services[spec.Name] = seeded
	}
	return g, nil
}

func (g *Guide) specs() []ServiceSpec {
	breaker := &types.DeploymentConfiguration{
		MaximumPercent: ptr(int32(200)), MinimumHealthyPercent: ptr(int32(100)),
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
	}
	web := g.Balancers[NativeService]
	return []ServiceSpec{
		{Name: RollingService, Tasks: guideTasks, Config: breaker, TargetGroup: g.Groups[RollingService][0]},
		{
			Name: NativeService, Tasks: guideTasks, TargetGroup: g.Groups[NativeService][0],
			Config: &types.DeploymentConfiguration{
				Strategy:            types.DeploymentStrategyLinear,
				LinearConfiguration: &types.LinearConfiguration{StepPercent: ptr(defaultStep), StepBakeTimeInMinutes: ptr(int32(0))},
				BakeTimeInMinutes:   ptr(int32(0)),
			},
			Advanced: &types.AdvancedConfiguration{
				AlternateTargetGroupArn: ptr(g.Groups[NativeService][1]), ProductionListenerRule: ptr(web.Rule),
				TestListenerRule: ptr(web.TestRule), RoleArn: ptr(BalancerRole),
			},
		},
		{Name: SetsService, Tasks: guideTasks, Controller: types.DeploymentControllerTypeExternal, TargetGroup: g.Groups[SetsService][0]},
		{Name: EdgeService, Tasks: guideTasks, Config: breaker, TargetGroup: g.Groups[EdgeService][0]},
		{Name: EdgeServiceB, Config: breaker, TargetGroup: g.Groups[EdgeService][1]},
	}
}

// guideTaskDefinition is one container that listens on 8080, 1 vCPU and 2 GB on Fargate. Its VERSION is that
// of the image, where that is known.
func guideTaskDefinition(spec *ServiceSpec, version string) *sdk.RegisterTaskDefinitionInput {
	secrets := spec.Secrets
	if secrets == nil {
		secrets = GuideSecrets()
	}
	env := append([]types.KeyValuePair{{Name: ptr("ENVIRONMENT"), Value: ptr("production")}}, spec.Environment...)
	if version != "" {
		env = append(env, types.KeyValuePair{Name: ptr("VERSION"), Value: ptr(version)})
	}
	return &sdk.RegisterTaskDefinitionInput{
		Family: ptr(cmp.Or(spec.Family, spec.Name)), NetworkMode: types.NetworkModeAwsvpc, Cpu: ptr("1024"), Memory: ptr("2048"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ExecutionRoleArn:        ptr(ExecutionRole), TaskRoleArn: ptr(TaskRole),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: ptr(guideContainer), Image: ptr(spec.Image), Essential: ptr(true), Environment: env, Secrets: secrets,
			PortMappings: []types.PortMapping{{ContainerPort: ptr(int32(guidePort)), HostPort: ptr(int32(guidePort)), Protocol: types.TransportProtocolTcp}},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": GuideLogGroup, "awslogs-region": Region, "awslogs-stream-prefix": "ecs",
			}},
		}},
	}
}
