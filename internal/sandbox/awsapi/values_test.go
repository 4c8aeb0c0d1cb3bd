package awsapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrictypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"slipway/internal/sandbox/awsapi"
)

// roundTrip sends in through the real client and answers with out: both have to arrive as they were sent.
func roundTrip[In, Out any](t *testing.T, api func(string, awsapi.Operation) awsapi.API, operation string,
	send func(*practice) (*Out, error), in *In, out *Out) {
	t.Helper()
	var heard *In
	p := start(t, 1, api(operation, awsapi.Op(func(_ context.Context, in *In) (*Out, error) {
		heard = in
		return out, nil
	})))
	got, err := send(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := same(in, heard); diff != "" {
		t.Errorf("what the operation heard (-want +got):\n%s", diff)
	}
	if diff := same(out, got); diff != "" {
		t.Errorf("what the client was answered (-want +got):\n%s", diff)
	}
}

func TestJSONCarriesNestedValues(t *testing.T) {
	t.Parallel()
	in := &ecs.UpdateServiceInput{
		Service: aws.String("coditect-app"), Cluster: aws.String(""), DesiredCount: aws.Int32(4), ForceNewDeployment: true,
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			Strategy: ecstypes.DeploymentStrategyLinear, MaximumPercent: aws.Int32(200),
			LinearConfiguration: &ecstypes.LinearConfiguration{StepPercent: aws.Float64(12.5), StepBakeTimeInMinutes: aws.Int32(0)},
			Alarms:              &ecstypes.DeploymentAlarms{AlarmNames: []string{"slow", "errors"}, Enable: true},
			LifecycleHooks: []ecstypes.DeploymentLifecycleHook{{
				RoleArn: aws.String("arn:aws:iam::123456789012:role/hooks"), LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{ecstypes.DeploymentLifecycleHookStagePreScaleUp},
				HookDetails: document.NewLazyDocument(map[string]any{"steps": []any{1, "two", true}}),
			}},
		},
		LoadBalancers: []ecstypes.LoadBalancer{},
	}
	out := &ecs.UpdateServiceOutput{Service: &ecstypes.Service{
		ServiceName: aws.String("coditect-app"), DesiredCount: 4, CreatedAt: aws.Time(noon), LaunchType: ecstypes.LaunchTypeFargate,
		Deployments: []ecstypes.Deployment{{Id: aws.String("ecs-svc/1"), RunningCount: 3, RolloutStateReason: aws.String("")}},
		Events:      []ecstypes.ServiceEvent{}, EnableECSManagedTags: true,
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{LifecycleHooks: []ecstypes.DeploymentLifecycleHook{
			{HookDetails: document.NewLazyDocument(map[string]any{"n": 1.5})}}},
	}}
	roundTrip(t, ecsAPI, "UpdateService", func(p *practice) (*ecs.UpdateServiceOutput, error) { return p.ecs().UpdateService(t.Context(), in) }, in, out)
}

func TestJSONCarriesMaps(t *testing.T) {
	t.Parallel()
	definition := func() []ecstypes.ContainerDefinition {
		return []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Cpu: 256, Essential: aws.Bool(false),
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/ecs/coditect", "Mode": ""}},
			DockerLabels:     map[string]string{},
		}}
	}
	in := &ecs.RegisterTaskDefinitionInput{Family: aws.String("coditect"), ContainerDefinitions: definition()}
	out := &ecs.RegisterTaskDefinitionOutput{TaskDefinition: &ecstypes.TaskDefinition{Revision: 7, ContainerDefinitions: definition()}}
	roundTrip(t, ecsAPI, "RegisterTaskDefinition", func(p *practice) (*ecs.RegisterTaskDefinitionOutput, error) {
		return p.ecs().RegisterTaskDefinition(t.Context(), in)
	}, in, out)
}

func TestJSONSpellsNamesAsEachServiceDoes(t *testing.T) {
	t.Parallel()
	asked := &secretsmanager.GetSecretValueInput{SecretId: aws.String("coditect/database"), VersionStage: aws.String("AWSCURRENT")}
	value := &secretsmanager.GetSecretValueOutput{ARN: aws.String("arn"), CreatedDate: aws.Time(noon), SecretBinary: []byte{0, 255, 7}, VersionStages: []string{"AWSCURRENT"}}
	roundTrip(t, secretsAPI, "GetSecretValue", func(p *practice) (*secretsmanager.GetSecretValueOutput, error) {
		return p.secrets().GetSecretValue(t.Context(), asked)
	}, asked, value)

	filter := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/ecs/coditect"), StartTime: aws.Int64(noon.UnixMilli()), LogStreamNames: []string{"app/1"}}
	events := &cloudwatchlogs.FilterLogEventsOutput{Events: []logtypes.FilteredLogEvent{{Message: aws.String("GET / <200> \"ok\""), Timestamp: aws.Int64(noon.UnixMilli())}}}
	roundTrip(t, logsAPI, "FilterLogEvents", func(p *practice) (*cloudwatchlogs.FilterLogEventsOutput, error) {
		return p.logs().FilterLogEvents(t.Context(), filter)
	}, filter, events)
}

func TestQueryCarriesNestedValues(t *testing.T) {
	t.Parallel()
	actions := func() []elbtypes.Action {
		return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, Order: aws.Int32(1), ForwardConfig: &elbtypes.ForwardActionConfig{
			TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: aws.String("blue & <old>"), Weight: aws.Int32(90)}, {TargetGroupArn: aws.String("green"), Weight: aws.Int32(10)}},
			TargetGroupStickinessConfig: &elbtypes.TargetGroupStickinessConfig{
				Enabled: aws.Bool(false), DurationSeconds: aws.Int32(60)},
		}}}
	}
	in := &elasticloadbalancingv2.ModifyRuleInput{RuleArn: aws.String("rule"), Actions: actions(),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/*", "/ü?"}}}}
	out := &elasticloadbalancingv2.ModifyRuleOutput{Rules: []elbtypes.Rule{{RuleArn: aws.String("rule"), Actions: actions(), IsDefault: aws.Bool(true)}}}
	roundTrip(t, elbAPI, "ModifyRule", func(p *practice) (*elasticloadbalancingv2.ModifyRuleOutput, error) {
		return p.elb().ModifyRule(t.Context(), in)
	}, in, out)
}

func TestQueryCarriesTimesAndTenOfAKind(t *testing.T) {
	t.Parallel()
	in := &elasticloadbalancingv2.DescribeLoadBalancersInput{Names: strings.Split("a b c d e f g h i j k l", " ")}
	out := &elasticloadbalancingv2.DescribeLoadBalancersOutput{LoadBalancers: []elbtypes.LoadBalancer{{
		LoadBalancerName: aws.String("a"), CreatedTime: aws.Time(noon), Scheme: elbtypes.LoadBalancerSchemeEnumInternal,
		State: &elbtypes.LoadBalancerState{Code: elbtypes.LoadBalancerStateEnumActive},
	}}, NextMarker: aws.String("")}
	roundTrip(t, elbAPI, "DescribeLoadBalancers", func(p *practice) (*elasticloadbalancingv2.DescribeLoadBalancersOutput, error) {
		return p.elb().DescribeLoadBalancers(t.Context(), in)
	}, in, out)
}

func TestCBORCarriesNestedValues(t *testing.T) {
	t.Parallel()
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(noon.Add(-5 * time.Second)), EndTime: aws.Time(noon), ScanBy: metrictypes.ScanByTimestampAscending,
		MetricDataQueries: []metrictypes.MetricDataQuery{{Id: aws.String("m1"), ReturnData: aws.Bool(false), MetricStat: &metrictypes.MetricStat{
			Period: aws.Int32(60), Stat: aws.String("p99"), Metric: &metrictypes.Metric{Namespace: aws.String("AWS/ApplicationELB"),
				Dimensions: []metrictypes.Dimension{{Name: aws.String("TargetGroup"), Value: aws.String("targetgroup/green/1")}}},
		}}},
	}
	out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []metrictypes.MetricDataResult{{
		Id: aws.String("m1"), StatusCode: metrictypes.StatusCodeComplete, Timestamps: []time.Time{noon, noon.Add(time.Minute)}, Values: []float64{0.125, 3, 0},
	}}}
	roundTrip(t, metricsAPI, "GetMetricData", func(p *practice) (*cloudwatch.GetMetricDataOutput, error) {
		out, err := p.metrics().GetMetricData(t.Context(), in)
		if !p.kept.every("Smithy-Protocol", "rpc-v2-cbor") {
			t.Error("the client did not speak CBOR")
		}
		return out, err
	}, in, out)
}

func TestACompressedRequestIsUnderstood(t *testing.T) {
	t.Parallel()
	in := &cloudwatch.PutMetricDataInput{Namespace: aws.String("practice")}
	for range 400 {
		in.MetricData = append(in.MetricData, metrictypes.MetricDatum{MetricName: aws.String("RequestCount"), Timestamp: aws.Time(noon),
			Value: aws.Float64(41.5), Unit: metrictypes.StandardUnitCount})
	}
	roundTrip(t, metricsAPI, "PutMetricData", func(p *practice) (*cloudwatch.PutMetricDataOutput, error) {
		out, err := p.metrics().PutMetricData(t.Context(), in)
		if !p.kept.every("Content-Encoding", "gzip") {
			t.Error("the client did not compress it")
		}
		return out, err
	}, in, &cloudwatch.PutMetricDataOutput{})
}
