package cloudwatch_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"slipway/internal/sandbox/cloudwatch"
)

// commandWithin bounds a run of the aws command, which takes its time to load.
const commandWithin = 2 * time.Minute

// The command line is an outside reader: it speaks another protocol, and knows nothing of the SDK that all else here is
// made of.
func TestTheAWSCommandIsAnswered(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Log("the aws command is not installed here; the SDK's clients are asked in the other tests")
		return
	}
	s := cloudwatch.New(&cloudwatch.Options{Clock: still{start.Add(30 * time.Minute)}})
	for i := range 4 {
		s.At(start.Add(90*time.Second)).Request(group, balancer, 200+100*i, time.Duration(i+1)*100*time.Millisecond)
	}
	s.Log(written, "web/app/1", start.Add(time.Second), `ERROR relation "user_prefs" does not exist`)
	s.Log(written, "web/app/1", start.Add(2*time.Second), "INFO up")
	address := aws.ToString(serve(t, s).BaseEndpoint)
	const (
		dims = " --dimensions Name=TargetGroup,Value=" + group + " Name=LoadBalancer,Value=" + balancer
		when = " --start-time 2026-03-02T14:00:00Z --end-time 2026-03-02T14:10:00Z"
	)
	for _, c := range []struct{ args, prints string }{
		{"cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name RequestCount --period 60 --statistics Sum" + dims + when + " --query Datapoints[].Sum", "4"},
		{"cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name TargetResponseTime --period 60 --extended-statistics p50 p99" + dims + when + " --query Datapoints[0].ExtendedStatistics.[p50,p99]", "0.2\t0.4"},
		{"cloudwatch get-metric-data" + when + ` --metric-data-queries [{"Id":"a","MetricStat":{"Metric":{"Namespace":"AWS/ApplicationELB","MetricName":"TargetResponseTime","Dimensions":[{"Name":"LoadBalancer","Value":"` + balancer + `"}]},"Period":60,"Stat":"TC(0.1:0.3)"}}]` +
			" --query MetricDataResults[0].[StatusCode,Values[0]]", "Complete\t2"},
		{"cloudwatch list-metrics --namespace AWS/ApplicationELB --metric-name HTTPCode_Target_5XX_Count --query Metrics[].Dimensions[].Name", "LoadBalancer\tTargetGroup\tLoadBalancer"},
		{"cloudwatch put-metric-data --namespace Shop --metric-name Orders --value 3", ""},
		{"logs filter-log-events --log-group-name " + written + " --filter-pattern ?ERROR --query events[].message", `ERROR relation "user_prefs" does not exist`},
		{"logs get-log-events --log-group-name " + written + " --log-stream-name web/app/1 --query events[1].message", "INFO up"},
		{"logs describe-log-groups --query logGroups[].logGroupName", written},
		{"logs describe-log-streams --log-group-name " + written + " --query logStreams[].logStreamName", "web/app/1"},
	} {
		t.Run(strings.Join(strings.Fields(c.args)[:2], " "), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
			defer cancel()
			run := exec.CommandContext(ctx, path, strings.Fields(c.args)...)
			run.Env = append(run.Environ(), "AWS_ENDPOINT_URL="+address, "AWS_ACCESS_KEY_ID=AKIDPRACTICE", "AWS_SECRET_ACCESS_KEY=practice",
				"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_DEFAULT_OUTPUT=text", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
			out, err := run.CombinedOutput()
			// Some versions of the command write whole numbers as 4.0.
			if got := strings.ReplaceAll(strings.TrimSpace(string(out)), ".0", ""); err != nil || got != c.prints {
				t.Errorf("%v: %q, want %q", err, got, c.prints)
			}
		})
	}
}
