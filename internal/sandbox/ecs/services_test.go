package ecs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/ecs"
)

func createInput(name, def string) *sdk.CreateServiceInput {
	return &sdk.CreateServiceInput{
		Cluster: aws.String(cluster), ServiceName: aws.String(name), TaskDefinition: aws.String(def), DesiredCount: aws.Int32(2),
		ClientToken: aws.String("token-" + name), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("core")}},
	}
}

func TestServicesAreCreatedOnceAndDeleted(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	in := createInput("worker", p.guide.Services[app].TaskDefinition)
	first, err := p.client.CreateService(t.Context(), in)
	p.ok(err)
	again, err := p.client.CreateService(t.Context(), in)
	p.ok(err)
	if *first.Service.ServiceArn != *again.Service.ServiceArn {
		t.Error("the same token made another service")
	}
	in.ClientToken = aws.String("another")
	_, err = p.client.CreateService(t.Context(), in)
	p.refused(err, "InvalidParameterException", "idempotent")
	p.status(*first.Service.CurrentServiceDeployment, successful)

	out, err := p.client.DescribeServices(t.Context(), &sdk.DescribeServicesInput{
		Cluster: aws.String(cluster), Services: []string{"worker", "nobody"}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	p.ok(err)
	if len(out.Services) != 1 || len(out.Services[0].Tags) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("described: %+v %+v", out.Services, out.Failures)
	}
	_, err = p.client.DeleteService(t.Context(), &sdk.DeleteServiceInput{Cluster: aws.String(cluster), Service: aws.String("worker")})
	p.refused(err, "InvalidParameterException", "scaled above 0")
	_, err = p.client.DeleteService(t.Context(), &sdk.DeleteServiceInput{Cluster: aws.String(cluster), Service: aws.String("worker"), Force: aws.Bool(true)})
	p.ok(err)
	p.until("it is INACTIVE", func() bool { return *p.service("worker").Status == "INACTIVE" })
	_, err = p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String("worker"), DesiredCount: aws.Int32(1)})
	p.refused(err, "ServiceNotActiveException", "not ACTIVE")
	_, err = p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String("nobody"), DesiredCount: aws.Int32(1)})
	p.refused(err, "ServiceNotFoundException", "not found")
	_, err = p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{Cluster: aws.String("nowhere"), Service: aws.String("worker")})
	p.refused(err, "ClusterNotFoundException", "not found")
}

func TestTheGuidesServices(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	var names []string
	for pages := sdk.NewListServicesPaginator(p.client, &sdk.ListServicesInput{Cluster: aws.String(cluster), MaxResults: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		p.ok(err)
		for _, arn := range page.ServiceArns {
			names = append(names, arn[strings.LastIndex(arn, "/")+1:])
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"coditect-api", "coditect-app", "coditect-edge", "coditect-edge-b", "coditect-web"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, err := p.client.DescribeClusters(t.Context(), &sdk.DescribeClustersInput{Clusters: []string{cluster}})
	p.ok(err)
	if c := out.Clusters[0]; c.ActiveServicesCount != 5 || c.RunningTasksCount != 16 {
		t.Errorf("%d services and %d tasks", c.ActiveServicesCount, c.RunningTasksCount)
	}
	for name, lb := range p.guide.Balancers {
		p.until(name+" serves its users", func() bool { return p.revisionAt(lb.URL()) == name+":1" })
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	live := p.guide.Services[app].TaskDefinition
	group := p.guide.Groups[app][0]
	lone := p.elb.AddTargetGroup("lone", "/health", 8080)
	for name, tc := range map[string]struct {
		lb   types.LoadBalancer
		text string
	}{
		"a container that is not there":   {types.LoadBalancer{ContainerName: aws.String("web"), ContainerPort: aws.Int32(8080), TargetGroupArn: &group}, "The container web does not exist in the task definition."},
		"a port that is not there":        {types.LoadBalancer{ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(80), TargetGroupArn: &group}, "did not have a container port 80 defined."},
		"a target group that is not":      {types.LoadBalancer{ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(8080), TargetGroupArn: aws.String(group + "x")}, "does not exist"},
		"a target group without balancer": {types.LoadBalancer{ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(8080), TargetGroupArn: &lone}, "does not have an associated load balancer"},
	} {
		in := createInput("misfit", live)
		in.LoadBalancers = []types.LoadBalancer{tc.lb}
		_, err := p.client.CreateService(t.Context(), in)
		t.Log(name)
		p.refused(err, "InvalidParameterException", tc.text)
	}
}

func TestOtherControllersRefuseUpdateService(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	def := p.register(app, next)
	_, err := p.ecs.Seed(ecs.ServiceSpec{Name: "coditect-legacy", Image: good, Tasks: 1, Controller: types.DeploymentControllerTypeCodeDeploy})
	p.ok(err)
	for _, name := range []string{"coditect-legacy", ecs.SetsService} {
		for what, in := range map[string]*sdk.UpdateServiceInput{
			"task definition":       {TaskDefinition: aws.String(def)},
			"a new deployment":      {ForceNewDeployment: true},
			"network configuration": {NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}},
		} {
			in.Cluster, in.Service = aws.String(cluster), aws.String(name)
			_, err := p.client.UpdateService(t.Context(), in)
			p.refused(err, "InvalidParameterException", what)
		}
		_, err := p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String(name), DesiredCount: aws.Int32(3)})
		p.ok(err)
		p.until("it has three tasks", func() bool { return p.service(name).RunningCount == 3 })
		if got := p.service(name).DeploymentController.Type; got == types.DeploymentControllerTypeEcs {
			t.Errorf("%s has the controller %s", name, got)
		}
	}
	_, err = p.client.CreateService(t.Context(), func() *sdk.CreateServiceInput {
		in := createInput("external", def)
		in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
		return in
	}())
	p.refused(err, "InvalidParameterException", "TaskDefinition must be blank.")
}

func TestACrashIsReplacedAndTold(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.until("it is steady", func() bool { return strings.Contains(p.events(), "has reached a steady state") })
	p.ok(p.ecs.Crash(app, 1, 137))
	p.until("the crash is told, and four tasks run", func() bool {
		for _, task := range p.stopped(app) {
			if task.StopCode == types.TaskStopCodeEssentialContainerExited && *task.Containers[0].ExitCode == 137 {
				return p.service(app).RunningCount == 4
			}
		}
		return false
	})
	p.ecs.Behaviour(app, "v1.2.3").SetErrorRate(1)
	p.until("an error is logged, and the use of four tasks told", func() bool {
		p.revisionAt(p.guide.Balancers[app].URL() + "/api/v1/status?")
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.ContainsFunc(p.lines, func(l string) bool {
			return strings.HasPrefix(l, ecs.GuideLogGroup+" ecs/coditect/") && strings.Contains(l, "ERROR ")
		}) && slices.ContainsFunc(p.levels, func(x ecs.Tasks) bool {
			return x.Service == app && x.Running == 4 && x.Desired == 4 && x.Units == 1024 && x.MiB == 2048
		})
	})
	if n := p.ecs.Requests(app)["coditect-app:1"]; n == 0 {
		t.Error("no request was counted")
	}
}

func containsText(events []types.ServiceEvent, text string) bool {
	return slices.ContainsFunc(events, func(e types.ServiceEvent) bool { return strings.Contains(*e.Message, text) })
}
