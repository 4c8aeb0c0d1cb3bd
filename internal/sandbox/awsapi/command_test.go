package awsapi_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrictypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsapi"
)

// commandWithin bounds a run of the aws command, which takes its time to load.
const commandWithin = 2 * time.Minute

var lookUp = sync.OnceValues(func() (string, error) { return exec.LookPath("aws") })

// command runs `aws` against p, and gives what it printed; ok is false where it is not installed.
func command(p *practice, args ...string) (out string, failed error, ok bool) {
	p.t.Helper()
	path, err := lookUp()
	if err != nil {
		return "", nil, false
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), commandWithin)
	defer cancel()
	run := exec.CommandContext(ctx, path, args...)
	run.Env = append(run.Environ(), "AWS_ENDPOINT_URL="+p.URL(), "AWS_ACCESS_KEY_ID=AKIDPRACTICE", "AWS_SECRET_ACCESS_KEY=practice",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_DEFAULT_OUTPUT=json", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	said, err := run.CombinedOutput()
	return string(said), err, true
}

// three APIs whose operations answer what the command is to print.
func three(t *testing.T) *practice {
	t.Helper()
	return start(t, 1,
		ecsAPI("DescribeServices", awsapi.Op(func(_ context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
			if aws.ToString(in.Cluster) != "coditect-production" {
				return nil, awsapi.Error{Code: "ClusterNotFoundException", Message: "Cluster not found."}
			}
			return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{ServiceName: &in.Services[0], DesiredCount: 4}}}, nil
		})),
		elbAPI("DescribeTargetHealth", awsapi.Op(func(_ context.Context, in *elasticloadbalancingv2.DescribeTargetHealthInput) (*elasticloadbalancingv2.DescribeTargetHealthOutput, error) {
			if aws.ToString(in.TargetGroupArn) != "green" {
				return nil, awsapi.Error{Code: "TargetGroupNotFound", Message: "One or more target groups not found"}
			}
			return &elasticloadbalancingv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []elbtypes.TargetHealthDescription{
				{Target: &elbtypes.TargetDescription{Id: aws.String("10.0.1.7"), Port: aws.Int32(8080)}}}}, nil
		})),
		metricsAPI("GetMetricStatistics", awsapi.Op(func(_ context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
			if aws.ToInt32(in.Period) != 60 || in.StartTime == nil || !in.StartTime.Equal(noon.Truncate(time.Second)) {
				return nil, awsapi.Error{Code: "InvalidParameterValue", Message: "The value for parameter Period is wrong."}
			}
			return &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []metrictypes.Datapoint{
				{Timestamp: aws.Time(noon), Average: aws.Float64(0.25), Unit: metrictypes.StandardUnitSeconds}}}, nil
		})),
	)
}

func TestTheAWSCommandIsUnderstood(t *testing.T) {
	t.Parallel()
	metric := func(period string) []string {
		return []string{"cloudwatch", "get-metric-statistics", "--namespace", "AWS/ECS", "--metric-name", "CPUUtilization", "--period", period,
			"--start-time", "2025-12-22T12:00:00Z", "--end-time", "2025-12-22T12:05:00Z", "--statistics", "Average",
			// Versions of the command print timestamps in their own ways.
			"--query", "{label: Label, averages: Datapoints[].Average, unit: Datapoints[0].Unit}"}
	}
	for _, c := range []struct {
		fact   string
		args   []string
		prints string // JSON, of what succeeds
		says   string // part of what is said of what is refused
	}{
		{"JSON", strings.Fields("ecs describe-services --cluster coditect-production --services coditect-app"),
			`{"services": [{"serviceName": "coditect-app", "desiredCount": 4, "runningCount": 0, "pendingCount": 0, "enableECSManagedTags": false, "enableExecuteCommand": false}]}`, ""},
		{"JSON that is refused", strings.Fields("ecs describe-services --cluster other --services coditect-app"), "", "(ClusterNotFoundException) when calling the DescribeServices operation: Cluster not found."},
		{"Query", strings.Fields("elbv2 describe-target-health --target-group-arn green"), `{"TargetHealthDescriptions": [{"Target": {"Id": "10.0.1.7", "Port": 8080}}]}`, ""},
		{"Query that is refused", strings.Fields("elbv2 describe-target-health --target-group-arn red"), "", "(TargetGroupNotFound) when calling the DescribeTargetHealth operation"},
		{"what CloudWatch is spoken to in", metric("60"), `{"label": "CPUUtilization", "averages": [0.25], "unit": "Seconds"}`, ""},
		{"what CloudWatch is spoken to in, refused", metric("300"), "", "(InvalidParameterValue) when calling the GetMetricStatistics operation"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := three(t)
			out, failed, installed := command(p, c.args...)
			if !installed {
				t.Log("the aws command is not installed here; the SDK's clients are asked in the other tests")
				return
			}
			if c.says != "" {
				if failed == nil || !strings.Contains(out, c.says) {
					t.Errorf("%v: %s, want %q", failed, out, c.says)
				}
				return
			}
			var want, got any
			if err := json.Unmarshal([]byte(c.prints), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil || failed != nil {
				t.Fatalf("%v, %v: %s", failed, err, out)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
			if calls := p.Calls(); len(calls) != 1 || slices.ContainsFunc(calls, func(c awsapi.Call) bool { return c.Code != "" }) {
				t.Errorf("calls %v", calls)
			}
		})
	}
}
