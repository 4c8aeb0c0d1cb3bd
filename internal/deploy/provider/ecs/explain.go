package ecs

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"slipway/internal/deploy"
)

const (
	rightsHint = "allow the bot's role ecs:DescribeServices, ecs:ListServiceDeployments, ecs:DescribeServiceDeployments, ecs:DescribeServiceRevisions, " +
		"ecs:ListTaskDefinitions, ecs:DescribeTaskDefinition, ecs:ListTasks, ecs:DescribeTasks, ecs:RegisterTaskDefinition, ecs:UpdateService, " +
		"ecs:StopServiceDeployment, ecs:ContinueServiceDeployment, ecs:TagResource, and iam:PassRole for the roles of the task definition; " +
		"elasticloadbalancing:DescribeRules, DescribeListeners, DescribeTargetGroups and DescribeTargetHealth; for weights that Slipway moves also " +
		"ModifyRule and ModifyListener, ecs:DescribeTaskSets, CreateTaskSet, UpdateTaskSet, DeleteTaskSet and UpdateServicePrimaryTaskSet"
	loginHint = "look at the bot's AWS credentials: they may have ended, or be those of another account"
	quotaHint = "look at the account's API rate limits if it goes on"
	laterHint = "see https://health.aws.amazon.com if it goes on"
)

// meaning is what a code of AWS's says to a program and to a person.
type meaning struct {
	code  deploy.Code
	msg   string
	words bool // AWS's own words follow msg
	hint  string
}

var (
	forbidden = meaning{deploy.Forbidden, "AWS does not let Slipway do this", true, rightsHint}
	stranger  = meaning{deploy.Forbidden, "AWS does not know who Slipway is", false, loginHint}
	slower    = meaning{deploy.Unavailable, "AWS asks Slipway to slow down", false, quotaHint}
	silent    = meaning{deploy.Unavailable, "AWS does not answer", false, laterHint}
	refused   = meaning{deploy.Invalid, "Amazon ECS refuses this", true, "compare the catalog and the service with what Amazon ECS allows"}
	elsewhere = meaning{deploy.Conflict, "the service is not in a state in which Amazon ECS does this", true, "look at the service, then try again"}
	noCluster = meaning{deploy.NotFound, "", false, "correct cluster and region in the catalog, or create it once with `aws ecs create-cluster`"}
)

// meanings is for the codes of AWS's errors. What is not here is Unavailable if AWS says that it is its own fault, and
// Invalid if not.
var meanings = map[string]meaning{
	"AccessDeniedException":       forbidden,
	"AccessDenied":                forbidden,
	"UnauthorizedOperation":       forbidden,
	"BlockedException":            {deploy.Forbidden, "AWS has blocked the account", true, "ask AWS support why"},
	"UnrecognizedClientException": stranger,
	"InvalidSignatureException":   stranger,
	"SignatureDoesNotMatch":       stranger,
	"ExpiredTokenException":       stranger,
	"ExpiredToken":                stranger,
	"InvalidClientTokenId":        stranger,
	"MissingAuthenticationToken":  stranger,
	"IncompleteSignature":         stranger,
	"OptInRequired":               stranger,

	"UpdateInProgressException": elsewhere,
	"ConflictException":         elsewhere,
	"ResourceInUseException":    elsewhere,
	"ResourceInUse":             elsewhere,
	"LimitExceededException":    {deploy.Invalid, "a limit of Amazon ECS is reached", true, "ask AWS for a higher quota, or tidy up"},

	"UnsupportedFeatureException": {deploy.Invalid, "Amazon ECS does not do this here", true, "look whether the region and the launch type have what the strategy needs"},
	"UnknownOperationException":   {deploy.Invalid, "what answers is not Amazon ECS", false, "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_ECS"},
}

// gone are the codes of what does not exist.
var gone = map[string]bool{
	"ServiceNotFoundException": true, "ServiceNotActiveException": true, "ServiceDeploymentNotFoundException": true,
	"ResourceNotFoundException": true, "TaskSetNotFoundException": true, "RuleNotFound": true, "ListenerNotFound": true,
	"TargetGroupNotFound": true, "LoadBalancerNotFound": true,
}

// thing is what a call was about, for when it is not there.
type thing struct{ name, hint string }

func aService(s deploy.ServiceRef) thing {
	return thing{
		"service " + s.Name + " in cluster " + s.Project + " (" + s.Region + ")",
		"correct cluster, region and service in the catalog, or create the service once with `aws ecs create-service`",
	}
}

func aRevision(name deploy.RevisionName) thing {
	return thing{"task definition " + string(name), "it may have been deregistered by hand; `aws ecs list-task-definitions` shows what is left"}
}

func aDeployment(arn string) thing {
	return thing{"deployment " + lastPart(arn), "Amazon ECS forgets deployments after 90 days; the service itself shows what became of it"}
}

func aRule(arn string) thing {
	return thing{"listener rule " + lastPart(arn), "correct rule in the catalog; `aws elbv2 describe-rules` shows what there is"}
}

// explain makes an error of a call about a thing one of ours. ctx is the caller's: when it has ended, that is the reason,
// and errors.Is finds context.Canceled or context.DeadlineExceeded. The code of what is one of ours already stays.
func explain(ctx context.Context, op string, about thing, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the call to AWS was broken off", Err: errors.Join(ended, err)}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	m := silent
	var answer smithy.APIError
	var nowhere *net.DNSError
	switch {
	case errors.As(err, &nowhere) && nowhere.IsNotFound:
		m.msg, m.hint = "AWS has no address "+shortened(nowhere.Name, 100), "correct the region in the catalog, or look at the DNS of where the bot runs"
	case errors.Is(err, context.DeadlineExceeded):
		m.msg = "AWS did not answer in time"
	case errors.As(err, &answer):
		m = meaningOf(about, err, answer)
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: m.msg, Hint: m.hint, Err: err}
}

// meaningOf is what an answer means, with AWS's own words where they are for people.
func meaningOf(about thing, err error, answer smithy.APIError) meaning {
	code := answer.ErrorCode()
	m, known := meanings[code]
	_, fast := throttled[code]
	switch {
	case known:
	case fast:
		m = slower
	case code == "ClusterNotFoundException":
		m = noCluster
		m.msg = "the cluster of " + about.name + " does not exist"
	case gone[code]:
		return meaning{deploy.NotFound, about.name + " does not exist", false, about.hint}
	case answer.ErrorFault() == smithy.FaultServer || status(err) >= 500 || status(err) == 0:
		m = silent
	case status(err) == 401 || status(err) == 403:
		m = forbidden
	default:
		m = refused
	}
	if words := oneLine(answer.ErrorMessage()); m.words && words != "" {
		m.msg += ": " + words
	}
	return m
}

// status is the HTTP status of an answer; 0 if there was none.
func status(err error) int {
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) {
		return res.HTTPStatusCode()
	}
	return 0
}

// codeOf is the code of AWS's in an error, if there is one.
func codeOf(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

// wordsOf is what AWS says in an error; empty if it is not AWS's.
func wordsOf(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorMessage()
	}
	return ""
}

// oneLine makes AWS's words fit into a message: one line of at most 400 bytes.
func oneLine(s string) string { return shortened(s, 400) }

func shortened(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

// lastPart is the last part of an ARN.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
