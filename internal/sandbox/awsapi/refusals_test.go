package awsapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrictypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"slipway/internal/sandbox/awsapi"
)

// refusing is an operation that does nothing but refuse.
func refusing[In, Out any](err error) awsapi.Operation {
	return awsapi.Op(func(context.Context, *In) (*Out, error) { return nil, err })
}

func clusterOf(p *practice) error {
	_, err := p.ecs().DescribeServices(p.t.Context(), &ecs.DescribeServicesInput{Services: []string{"coditect-app"}})
	return err
}

func groupsOf(p *practice) error {
	_, err := p.elb().DescribeTargetGroups(p.t.Context(), &elasticloadbalancingv2.DescribeTargetGroupsInput{})
	return err
}

func alarmsOf(p *practice) error {
	_, err := p.metrics().DescribeAlarms(p.t.Context(), &cloudwatch.DescribeAlarmsInput{})
	return err
}

func eventsOf(p *practice) error {
	_, err := p.logs().FilterLogEvents(p.t.Context(), &cloudwatchlogs.FilterLogEventsInput{})
	return err
}

func secretOf(p *practice) error {
	_, err := p.secrets().GetSecretValue(p.t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("x")})
	return err
}

// as says whether an error is one of the SDK's types.
func as[T error](err error) bool {
	var typed T
	return errors.As(err, &typed)
}

func TestRefusalsArriveAsTheTypesOfTheSDK(t *testing.T) {
	t.Parallel()
	refused := func(code string) error { return awsapi.Error{Code: code, Message: "No <such> thing."} }
	for _, c := range []struct {
		fact string
		api  awsapi.API
		call func(*practice) error
		is   func(error) bool
	}{
		{"JSON of ECS", ecsAPI("DescribeServices", refusing[ecs.DescribeServicesInput, ecs.DescribeServicesOutput](refused("ClusterNotFoundException"))),
			clusterOf, as[*ecstypes.ClusterNotFoundException]},
		{"JSON of Secrets Manager", secretsAPI("GetSecretValue", refusing[secretsmanager.GetSecretValueInput, secretsmanager.GetSecretValueOutput](refused("ResourceNotFoundException"))),
			secretOf, as[*secrettypes.ResourceNotFoundException]},
		{"JSON of Logs, by a pointer", logsAPI("FilterLogEvents", refusing[cloudwatchlogs.FilterLogEventsInput, cloudwatchlogs.FilterLogEventsOutput](
			&awsapi.Error{Code: "ResourceNotFoundException", Message: "No <such> thing."})), eventsOf, as[*logtypes.ResourceNotFoundException]},
		{"Query", elbAPI("DescribeTargetGroups", refusing[elasticloadbalancingv2.DescribeTargetGroupsInput, elasticloadbalancingv2.DescribeTargetGroupsOutput](refused("TargetGroupNotFound"))),
			groupsOf, as[*elbtypes.TargetGroupNotFoundException]},
		{"CBOR", metricsAPI("DescribeAlarms", refusing[cloudwatch.DescribeAlarmsInput, cloudwatch.DescribeAlarmsOutput](refused("ResourceNotFoundException"))),
			alarmsOf, as[*metrictypes.ResourceNotFoundException]},
		{"an error of the SDK's types", ecsAPI("DescribeServices", refusing[ecs.DescribeServicesInput, ecs.DescribeServicesOutput](
			&ecstypes.ClusterNotFoundException{Message: aws.String("No <such> thing.")})), clusterOf, as[*ecstypes.ClusterNotFoundException]},
		{"an error of the SDK's types in Query", elbAPI("DescribeTargetGroups", refusing[elasticloadbalancingv2.DescribeTargetGroupsInput, elasticloadbalancingv2.DescribeTargetGroupsOutput](
			&elbtypes.TargetGroupNotFoundException{Message: aws.String("No <such> thing.")})), groupsOf, as[*elbtypes.TargetGroupNotFoundException]},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			err := c.call(start(t, 1, c.api))
			var api smithy.APIError
			if !c.is(err) || !errors.As(err, &api) || api.ErrorMessage() != "No <such> thing." {
				t.Errorf("%v is not the type of the SDK that says it", err)
			}
		})
	}
}

func TestWhatNobodyServesIsRefusedInItsOwnProtocol(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact, code string
		api        awsapi.API
		call       func(*practice) error
	}{
		{"an operation in JSON", "UnknownOperationException", ecsAPI("ListTasks", refusing[ecs.ListTasksInput, ecs.ListTasksOutput](nil)), clusterOf},
		{"an operation in Query", "InvalidAction", elbAPI("DescribeRules", refusing[elasticloadbalancingv2.DescribeRulesInput, elasticloadbalancingv2.DescribeRulesOutput](nil)), groupsOf},
		{"an operation in CBOR", "UnknownOperationException", metricsAPI("ListMetrics", refusing[cloudwatch.ListMetricsInput, cloudwatch.ListMetricsOutput](nil)), alarmsOf},
		{"an API in JSON", "UnknownOperationException", awsapi.API{Name: "none"}, secretOf},
		{"an API in Query", "InvalidAction", awsapi.API{Name: "none"}, groupsOf},
		{"an API in CBOR", "UnknownOperationException", awsapi.API{Name: "none"}, alarmsOf},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, 3, c.api)
			err := c.call(p)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.code && api.ErrorCode() != "InvalidAction" {
				t.Errorf("%v, want %s", err, c.code)
			}
			calls := p.Calls()
			if len(calls) != 1 || calls[0].Code != awsapi.CodeUnknownOperation || calls[0].Input != nil || calls[0].Operation == "" {
				t.Errorf("calls %v", calls)
			}
		})
	}
}

func TestWhoIsAtFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact   string
		err    error
		status int
		who    string
	}{
		{"the client, unless it is said", awsapi.Error{Code: "TargetGroupNotFound"}, 400, "Sender"},
		{"the server, by the status", awsapi.Error{Code: "ServiceUnavailable", Status: 503}, 503, "Receiver"},
		{"the server, as it is said", awsapi.Error{Code: "ServiceUnavailable", Fault: awsapi.ServerFault}, 500, "Receiver"},
		{"the client, by the SDK's type", &ecstypes.ClusterNotFoundException{}, 400, "Sender"},
		{"the server, by the SDK's type", &ecstypes.ServerException{}, 500, "Receiver"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, 1, elbAPI("DescribeTargetGroups", refusing[elasticloadbalancingv2.DescribeTargetGroupsInput, elasticloadbalancingv2.DescribeTargetGroupsOutput](c.err)))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader("Action=DescribeTargetGroups&Version=2015-12-01"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", strings.Replace(sign, "%s", "elasticloadbalancing", 1))
			if status, body := answerTo(t, p, r); status != c.status || !strings.Contains(body, "<Type>"+c.who+"</Type>") {
				t.Errorf("%d %s, want %d %s", status, body, c.status, c.who)
			}
		})
	}
}

func TestClientsOfNewerProtocolsAreToldTheCodeOfQuery(t *testing.T) {
	t.Parallel()
	const target = "GraniteServiceVersion20100801"
	for _, c := range []struct{ fact, path, target, sends, answers string }{
		{"CBOR", "/service/" + target + "/operation/DescribeAlarms", "", "application/cbor", "application/cbor"},
		{"JSON 1.0", "/", target + ".DescribeAlarms", "application/x-amz-json-1.0", "application/x-amz-json-1.0"},
		{"JSON 1.1", "/", target + ".DescribeAlarms", "application/x-amz-json-1.1", "application/x-amz-json-1.1"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			s := awsapi.New(nil)
			s.Handle(metricsAPI("DescribeAlarms", refusing[cloudwatch.DescribeAlarmsInput, cloudwatch.DescribeAlarmsOutput](nil)))
			s.Inject(awsapi.Fault{Kind: awsapi.Refuse})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, http.NoBody)
			for name, value := range map[string]string{"X-Amz-Target": c.target, "Content-Type": c.sends, "Authorization": sign} {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if code, kind := w.Header().Get("x-amzn-query-error"), w.Header().Get("Content-Type"); w.Code != http.StatusBadRequest || code != "Throttling;Sender" || kind != c.answers {
				t.Errorf("%d, %q, %q; want Throttling;Sender in %s", w.Code, code, kind, c.answers)
			}
		})
	}
}

func TestAnErrorWithoutACodeIsTheServersOwn(t *testing.T) {
	t.Parallel()
	p := start(t, 2, ecsAPI("DescribeServices", refusing[ecs.DescribeServicesInput, ecs.DescribeServicesOutput](errors.New("it broke"))))
	err := clusterOf(p)
	var api smithy.APIError
	var said interface{ HTTPStatusCode() int }
	if !errors.As(err, &api) || api.ErrorCode() != awsapi.CodeInternal || !errors.As(err, &said) || said.HTTPStatusCode() != http.StatusInternalServerError {
		t.Errorf("%v, want 500 %s", err, awsapi.CodeInternal)
	}
	if n := len(p.Calls()); n != 2 {
		t.Errorf("%d calls, want the SDK to try twice", n)
	}
}

func TestRequestsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	const signature = "AWS4-HMAC-SHA256 Credential=K/20251222/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0"
	ecsOp := refusing[ecs.UpdateServiceInput, ecs.UpdateServiceOutput](errors.New("it was understood"))
	p := start(t, 1, ecsAPI("UpdateService", ecsOp), elbAPI("ModifyRule", refusing[elasticloadbalancingv2.ModifyRuleInput, elasticloadbalancingv2.ModifyRuleOutput](errors.New("it was understood"))))
	const target, form = "AmazonEC2ContainerServiceV20141113.UpdateService", "Action=ModifyRule&Version=2015-12-01"
	for _, c := range []struct {
		fact, target, auth, encoding, body string
		status                             int
		says                               string
	}{
		{"unsigned JSON", target, "", "", "{}", 400, `"MissingAuthenticationTokenException"`},
		{"a bearer token", target, "Bearer x", "", "{}", 400, `"MissingAuthenticationTokenException"`},
		{"an unsigned form", "", "", "", form, 403, "<Type>Sender</Type></Error>"},
		{"what is not JSON", target, signature, "", "{", 400, "the body is not JSON"},
		{"a number where a string belongs", target, signature, "", `{"service": 4}`, 400, "service is not a string"},
		{"a string where a number belongs", target, signature, "", `{"desiredCount": "many"}`, 400, "desiredCount is not an integer"},
		{"a number too large for its field", target, signature, "", `{"desiredCount": 4294967296}`, 400, "desiredCount is not an integer"},
		{"half a task", target, signature, "", `{"desiredCount": 0.5}`, 400, "desiredCount is not an integer"},
		{"a list where a structure belongs", target, signature, "", `{"deploymentConfiguration": []}`, 400, "deploymentConfiguration is not a structure"},
		{"a form with a number that is none", "", signature, "", form + "&Actions.member.1.Order=first", 404, "Actions.0.Order is not an integer"},
		{"what is not compressed as it says", target, signature, "gzip", "{}", 400, "not compressed"},
		{"an unknown field", target, signature, "", `{"service": "a", "colour": {"of": ["it"]}}`, 500, "it was understood"},
		{"a null", target, signature, "", `{"service": null, "desiredCount": 3.0}`, 500, "it was understood"},
		{"a form with an unknown field", "", signature, "", form + "&Colour=red", 500, "it was understood"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"X-Amz-Target": c.target, "Authorization": c.auth, "Content-Encoding": c.encoding} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			status, body := answerTo(t, p, r)
			if status != c.status || !strings.Contains(body, c.says) {
				t.Errorf("%d %s, want %d %q", status, body, c.status, c.says)
			}
		})
	}
}
