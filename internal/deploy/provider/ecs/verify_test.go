package ecs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/awsaround"
	sandbox "slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
	"slipway/internal/sandbox/registry"
)

// world is the guide's services with all that stands around them.
type world struct {
	*practice

	around *awsaround.Server
	images *registry.Registry
	guide  *sandbox.Guide
}

func newWorld(t *testing.T) *world {
	t.Helper()
	images, err := registry.New(&registry.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.3", "v1.2.4"}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{practice: &practice{t: t, elb: elb.New(&elb.Options{HealthAfter: time.Millisecond, HealthEvery: 5 * time.Millisecond})}, images: images}
	w.around = awsaround.New(&awsaround.Options{Registry: images.Addr()})
	w.ecs = sandbox.New(&sandbox.Options{Balancer: w.elb, Image: w.around.Image, Secret: w.around.Value})
	w.api = awsapi.New(nil)
	for _, api := range append(w.around.APIs(), w.ecs.API(), w.elb.API()) {
		w.api.Handle(api)
	}
	w.ok(w.api.Start(""))
	t.Cleanup(func() {
		w.ok(errors.Join(w.api.Close(), w.ecs.Close(), w.elb.Close(), w.around.Close(), images.Close()))
	})
	w.guide, err = w.ecs.SeedGuide(w.image("v1.2.3"), nil)
	w.ok(err)
	w.client = sdk.New(sdk.Options{Region: sandbox.Region, BaseEndpoint: aws.String(w.api.URL()), Credentials: practiceCredentials, RetryMaxAttempts: 1})
	for _, s := range []string{sandbox.RollingService, sandbox.NativeService, sandbox.SetsService, sandbox.EdgeService} {
		w.until("all tasks are healthy", func() bool { return w.elb.Healthy(w.guide.Groups[s][0]) == 4 })
	}
	return w
}

func (w *world) image(version string) string {
	return w.around.RegistryHost() + "/coditect@" + w.images.Digest(version)
}

// request is a sound one for a service.
func (w *world) request(service string) deploy.StageRequest {
	q := deploy.StageRequest{
		Service:   deploy.ServiceRef{Kind: deploy.ECS, Project: sandbox.GuideCluster, Region: sandbox.Region, Name: service},
		Candidate: deploy.CandidateName(service, 42, 1), Tag: "rc-42", Image: w.image("v1.2.4"),
		Baseline: deploy.RevisionName(service + ":1"), Rollout: deploy.Rollout{Kind: deploy.Canary, Shares: []int{10, 50, 100}},
	}
	switch service {
	case sandbox.RollingService:
		q.Rollout = deploy.Rollout{Kind: deploy.Rolling, Shares: []int{100}}
	case sandbox.SetsService:
		q.Service.Rule = w.guide.Balancers[service].Rule
	case sandbox.EdgeService:
		q.Service.Rule, q.Service.Beside = w.guide.Balancers[service].Rule, sandbox.EdgeServiceB
	}
	return q
}

// template is the live task definition of a service as a file of the catalog, changed.
func (w *world) template(service string, change func(*types.TaskDefinition)) string {
	w.t.Helper()
	got, err := w.client.DescribeTaskDefinition(w.t.Context(), &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String(service)})
	w.ok(err)
	change(got.TaskDefinition)
	text, err := json.Marshal(got.TaskDefinition)
	w.ok(err)
	return string(text)
}

func TestWhatIsSoundIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService, sandbox.SetsService, sandbox.EdgeService} {
		p := w.connect(nil)
		q := w.request(service)
		for _, err := range p.Verify(t.Context(), q) {
			t.Errorf("verify %s: %v", service, err)
		}
		for _, err := range p.Check(t.Context(), q.Service) {
			t.Errorf("check %s: %v", service, err)
		}
	}
}

const practiceSecrets = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"

func TestWhatIsWrongIsSaidBeforehand(t *testing.T) {
	t.Parallel()
	secret := func(ref string) func(*world, *deploy.StageRequest) {
		return func(_ *world, q *deploy.StageRequest) { q.Settings.Secrets = map[string]string{"KEY": ref} }
	}
	for name, tc := range map[string]struct {
		service string
		spoil   func(*world, *deploy.StageRequest)
		want    []string
	}{
		"an execution role that does not exist": {"", func(w *world, _ *deploy.StageRequest) { w.around.RemoveRole(awsaround.ExecutionRole) },
			[]string{"the execution role ecsTaskExecutionRole does not exist"}},
		"a role that tasks may not take on": {"", func(w *world, _ *deploy.StageRequest) { w.around.PutRole(awsaround.TaskRole, "ec2.amazonaws.com") },
			[]string{"the task role coditect-task cannot be taken on by tasks: its trust policy does not name ecs-tasks.amazonaws.com"}},
		"an image that ECR does not have": {"", func(w *world, q *deploy.StageRequest) {
			q.Image = w.around.RegistryHost() + "/coditect@sha256:" + strings.Repeat("0", 64)
		}, []string{"ECR has no image 123456789012.dkr.ecr.us-east-1.amazonaws.com/coditect@sha256:0000"}},
		"a repository that ECR does not have": {"", func(w *world, q *deploy.StageRequest) {
			q.Image = w.around.RegistryHost() + "/nobody@sha256:" + strings.Repeat("0", 64)
		},
			[]string{"ECR has no repository nobody in account 123456789012"}},
		"an image of another registry is not looked for": {"", func(_ *world, q *deploy.StageRequest) {
			q.Image = "ghcr.io/coditect/app@sha256:" + strings.Repeat("0", 64)
		}, nil},
		"a secret that does not exist":    {"", secret(practiceSecrets + "nobody-AbCdEf"), []string{"KEY of container coditect: secret nobody does not exist"}},
		"a key that a secret has not":     {"", secret(practiceSecrets + "coditect/database:pasword::"), []string{"KEY of container coditect: secret coditect/database has no key pasword"}},
		"a key of a secret without keys":  {"", secret(practiceSecrets + "coditect/api-key:url::"), []string{"key url of secret coditect/api-key is meant, and the secret is no JSON object"}},
		"a stage that a secret has not":   {"", secret(practiceSecrets + "coditect/database::AWSPREVIOUS:"), []string{"secret coditect/database has no version AWSPREVIOUS"}},
		"a version that a secret has not": {"", secret(practiceSecrets + "coditect/database:::0-0-0"), []string{"secret coditect/database has no version 0-0-0"}},
		"a reference with too many parts": {"", secret(practiceSecrets + "coditect/database:url:"), []string{"has 2 parts after the name"}},
		"a parameter that does not exist": {"", secret("/coditect/nobody"), []string{"the Parameter Store has no parameter /coditect/nobody in us-east-1"}},
		"secrets without a role to read them": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) { d.ExecutionRoleArn = nil })
		}, []string{"the task definition has no execution role"}},
		"a size that Fargate does not offer": {"", func(_ *world, q *deploy.StageRequest) { q.Settings.CPU, q.Settings.Memory = "512", "8192" },
			[]string{"Fargate does not offer 8192 MiB of memory with 512 CPU units, only 1024 to 4096 in steps of 1024"}},
		"a CPU that Fargate does not offer": {"", func(_ *world, q *deploy.StageRequest) { q.Settings.CPU = "300" }, []string{"Fargate does not offer 300 CPU units"}},
		"containers that want more memory than the task has": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) { d.ContainerDefinitions[0].Memory = aws.Int32(4096) })
		}, []string{"the containers want 4096 MiB of memory, the task has 2048"}},
		"a network mode that Fargate does not have": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) { d.NetworkMode = types.NetworkModeBridge })
		}, []string{"tasks on Fargate have the network mode awsvpc", "target group coditect-app has target type ip; with network mode bridge it has to be instance"}},
		"a container that the load balancer does not find": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Container = "app"
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) { d.ContainerDefinitions[0].Name = aws.String("app") })
		}, []string{"the service sends requests to container coditect, and the task definition has only app"}},
		"a container that the catalog names and is not there": {"", func(_ *world, q *deploy.StageRequest) { q.Settings.Container = "nobody" },
			[]string{"none of the containers is called nobody; there are coditect"}},
		"a port that the container does not map": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) {
				d.ContainerDefinitions[0].PortMappings[0].ContainerPort = aws.Int32(9090)
			})
		}, []string{"the service sends requests to port 8080 of container coditect, which maps only 9090"}},
		"a port that is mapped for another protocol": {"", func(w *world, q *deploy.StageRequest) {
			q.Settings.Template = w.template(sandbox.RollingService, func(d *types.TaskDefinition) {
				d.ContainerDefinitions[0].PortMappings[0].Protocol = types.TransportProtocolUdp
			})
		}, []string{"target group coditect-app speaks HTTP, and port 8080 of container coditect is mapped for udp"}},
		"a canary without anything that moves its traffic": {sandbox.RollingService, func(_ *world, q *deploy.StageRequest) { q.Rollout.Kind = deploy.Canary },
			[]string{"has no alternateTargetGroupArn, productionListenerRule, roleArn in its advancedConfiguration"}},
		"a rule that holds one target group": {sandbox.SetsService, func(w *world, q *deploy.StageRequest) {
			w.ok(w.elb.SetActions(q.Service.Rule, elb.Forward(elb.Share(w.guide.Groups[sandbox.SetsService][0], 1))))
		}, []string{"leads to 1 target groups (coditect-api), and has to lead to two"}},
		"a rule that leads elsewhere": {sandbox.SetsService, func(w *world, q *deploy.StageRequest) {
			q.Service.Rule = w.guide.Balancers[sandbox.RollingService].Rule
		},
			[]string{"leads to coditect-app, and not to coditect-api"}},
		"a rule that does not exist":                 {sandbox.SetsService, func(_ *world, q *deploy.StageRequest) { q.Service.Rule += "0" }, []string{"listener rule", "does not exist"}},
		"task sets without a rule":                   {sandbox.SetsService, func(_ *world, q *deploy.StageRequest) { q.Service.Rule = "" }, []string{"has the deployment controller EXTERNAL, and the catalog names no rule"}},
		"a pair whose second service does not exist": {sandbox.EdgeService, func(_ *world, q *deploy.StageRequest) { q.Service.Beside = "nobody" }, []string{"service nobody in cluster coditect-production (us-east-1) does not exist"}},
		"a service that does not exist":              {"", func(_ *world, q *deploy.StageRequest) { q.Service.Name = "nobody" }, []string{"service nobody in cluster coditect-production (us-east-1) does not exist"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			service := tc.service
			if service == "" {
				service = sandbox.RollingService
			}
			q := w.request(service)
			tc.spoil(w, &q)
			wantProblems(t, w.connect(nil).Verify(t.Context(), q), tc.want)
		})
	}
}

// wantProblems: one error for each text, with the text in it, and a hint.
func wantProblems(t *testing.T, got []error, want []string) {
	t.Helper()
	for _, text := range want {
		if !slices.ContainsFunc(got, func(err error) bool { return strings.Contains(deploy.Message(err), text) }) {
			t.Errorf("nothing says %q", text)
		}
	}
	for _, err := range got {
		if !slices.ContainsFunc(want, func(text string) bool { return strings.Contains(deploy.Message(err), text) }) {
			t.Errorf("said, too: %q", deploy.Message(err))
		}
		if deploy.Hint(err) == "" {
			t.Errorf("%q has no hint", deploy.Message(err))
		}
		if code := deploy.CodeOf(err); code != deploy.Invalid && code != deploy.NotFound {
			t.Errorf("%q is %s", deploy.Message(err), code)
		}
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.around.RemoveRole(awsaround.ExecutionRole)
	w.around.RemoveRole(awsaround.TaskRole)
	q := w.request(sandbox.RollingService)
	q.Image = w.around.RegistryHost() + "/coditect@sha256:" + strings.Repeat("0", 64)
	q.Settings = deploy.Settings{CPU: "512", Memory: "8192", Secrets: map[string]string{"A": practiceSecrets + "nobody-AbCdEf", "B": "/coditect/nobody"}}
	want := []string{"execution role", "task role", "ECR has no image", "Fargate does not offer", "secret nobody", "parameter /coditect/nobody"}
	p := w.connect(nil)
	got := p.Verify(t.Context(), q)
	wantProblems(t, got, want)
	if len(got) != len(want) {
		t.Errorf("%d problems, want %d", len(got), len(want))
	}
	if diff := cmp.Diff(messages(got), messages(p.Verify(t.Context(), q))); diff != "" {
		t.Errorf("said in another order (-first +second):\n%s", diff)
	}
}

func messages(list []error) []string {
	var out []string
	for _, err := range list {
		out = append(out, deploy.Message(err))
	}
	return out
}

// What may not be looked at is no problem of the release; somebody who checks the target is told.
func TestWithoutTheRightToLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, operation := range []string{"GetRole", "DescribeImages", "DescribeSecret", "GetSecretValue", "GetParameters", "DescribeTargetGroups"} {
		w.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Operation: operation, Error: awsapi.Error{Code: "AccessDeniedException", Message: "not authorized", Status: 400}})
	}
	p, q := w.connect(nil), w.request(sandbox.RollingService)
	for _, err := range p.Verify(t.Context(), q) {
		t.Errorf("verify: %v", err)
	}
	rights := map[string]bool{}
	for _, err := range p.Check(t.Context(), q.Service) {
		if deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Message(err), "was not looked at") {
			t.Errorf("check: %v", err)
		}
		right, _, _ := strings.Cut(strings.TrimPrefix(deploy.Hint(err), "grant the bot "), " ")
		rights[strings.TrimSuffix(right, ",")] = true
	}
	want := []string{"ecr:DescribeImages", "elasticloadbalancing:DescribeTargetGroups", "iam:GetRole", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "ssm:GetParameters"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(rights))); diff != "" {
		t.Errorf("rights that are asked for (-want +got):\n%s", diff)
	}
}

func TestVerifyingShowsNoValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.around.Put("coditect/odd", "[hidden-value")
	w.around.Put("coditect/short", `{"url":"hidden-value"}`)
	q := w.request(sandbox.RollingService)
	q.Settings.Secrets = map[string]string{"A": practiceSecrets + "coditect/odd:url::", "B": practiceSecrets + "coditect/short:name::"}
	got := w.connect(nil).Verify(t.Context(), q)
	if len(got) != 2 {
		t.Fatalf("%d problems: %v", len(got), got)
	}
	for _, err := range got {
		if text := fmt.Sprintf("%s %s %s %+v", err, deploy.Message(err), deploy.Hint(err), err); strings.Contains(text, "hidden-value") {
			t.Errorf("it is in %s", text)
		}
	}
}

func TestVerifyingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.ForgetCalls()
	p := w.connect(nil)
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService, sandbox.SetsService, sandbox.EdgeService} {
		_ = p.Verify(t.Context(), w.request(service))
		_ = p.Check(t.Context(), w.request(service).Service)
	}
	for _, c := range w.api.Calls() {
		if !strings.HasPrefix(c.Operation, "Describe") && !strings.HasPrefix(c.Operation, "Get") && !strings.HasPrefix(c.Operation, "List") {
			t.Errorf("%s was called", c)
		}
	}
}

func TestACheckSaysWhatIsInProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(sandbox.SetsService)
	w.ok(w.elb.SetWeightsByHand(q.Service.Rule, map[string]int{w.guide.Groups[sandbox.SetsService][0]: 1, w.guide.Groups[sandbox.SetsService][1]: 1}))
	got := w.connect(nil).Check(t.Context(), q.Service)
	wantProblems(t, got, []string{"traffic is split: coditect-api:1 50 %, target group coditect-api-green 50 %"})
}

func TestAServiceOfCodeDeployIsToldTheWayOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.client.CreateService(t.Context(), &sdk.CreateServiceInput{
		Cluster: aws.String(sandbox.GuideCluster), ServiceName: aws.String("old"), TaskDefinition: aws.String(sandbox.RollingService + ":1"), DesiredCount: aws.Int32(1),
		DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy}, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	})
	w.ok(err)
	q := w.request(sandbox.RollingService)
	q.Service.Name = "old"
	p := w.connect(nil)
	wantProblems(t, p.Verify(t.Context(), q), []string{"has the deployment controller CODE_DEPLOY, whose releases Slipway can only look at"})
	got := p.Check(t.Context(), q.Service)
	if !slices.ContainsFunc(got, func(err error) bool { return strings.Contains(deploy.Hint(err), "--deployment-controller type=ECS") }) {
		t.Errorf("no way over in %v", got)
	}
}

// A stand-in for what the practice load balancer has not: groups of machines, and health checks at ports of their own.
func TestATargetGroupThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		group elbtypes.TargetGroup
		want  []string
	}{
		"of machines":                  {elbtypes.TargetGroup{TargetType: elbtypes.TargetTypeEnumInstance}, []string{"has target type instance; with network mode awsvpc it has to be ip"}},
		"checked at a port nobody has": {elbtypes.TargetGroup{HealthCheckPort: aws.String("9000")}, []string{"checks health at port 9000, and container coditect maps only 8080"}},
		"checked at the traffic port":  {elbtypes.TargetGroup{HealthCheckPort: aws.String("traffic-port")}, nil},
		"of UDP":                       {elbtypes.TargetGroup{Protocol: elbtypes.ProtocolEnumUdp}, []string{"speaks UDP, and port 8080 of container coditect is mapped for tcp"}},
		"of both protocols":            {elbtypes.TargetGroup{Protocol: elbtypes.ProtocolEnumTcpUdp}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			api := w.elb.API()
			ops := maps.Clone(api.Operations)
			ops["DescribeTargetGroups"] = awsapi.Op(func(_ context.Context, in *elbsdk.DescribeTargetGroupsInput) (*elbsdk.DescribeTargetGroupsOutput, error) {
				g := tc.group
				g.TargetGroupArn, g.TargetGroupName = aws.String(in.TargetGroupArns[0]), aws.String("coditect-app")
				return &elbsdk.DescribeTargetGroupsOutput{TargetGroups: []elbtypes.TargetGroup{g}}, nil
			})
			api.Operations = ops
			w.api.Handle(api)
			wantProblems(t, w.connect(nil).Verify(t.Context(), w.request(sandbox.RollingService)), tc.want)
		})
	}
}

var _ deploy.Verifier = (*ecs.Platform)(nil)
