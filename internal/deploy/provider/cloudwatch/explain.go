package cloudwatch

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"slipway/internal/deploy"
)

// meaning is what an error of AWS's means to us. %s in it is the service.
type meaning struct {
	code deploy.Code
	msg  string
	hint string
}

// The services, as people know them.
const (
	ofMetrics = "CloudWatch"
	ofLogs    = "CloudWatch Logs"
)

const laterHint = "Slipway asks again by itself; see https://health.aws.amazon.com if it goes on"

var (
	forbidden = meaning{deploy.Forbidden, "%s does not let Slipway read", "allow the bot's role cloudwatch:GetMetricData, cloudwatch:ListMetrics and logs:FilterLogEvents"}
	expired   = meaning{deploy.Forbidden, "%s does not take Slipway's AWS credentials: they have expired", "renew them; a role renews its own"}
	strange   = meaning{deploy.Forbidden, "%s does not take Slipway's AWS credentials", "look at AWS_PROFILE and the keys of the account the bot runs as, and at its clock"}
	busy      = meaning{deploy.Unavailable, "%s asks Slipway to slow down", "look at the account's CloudWatch quotas if it goes on, or look less often"}
	refused   = meaning{deploy.Invalid, "%s refuses the question", "compare region, cluster, service and windows in the catalog with what is at AWS"}
	gone      = meaning{deploy.NotFound, "%s has nothing of that name", "see that the region is right in the catalog and that the log group of the task definition exists"}
	silent    = meaning{deploy.Unavailable, "%s does not answer", laterHint}
	partial   = meaning{deploy.Unavailable, "%s has answered in part only", laterHint}
)

// meanings is for the codes of AWS's errors, as JSON and CBOR, or the older Query, spell them. What is not here is
// Unavailable if AWS says that it is its own fault, and Invalid if not.
var meanings = map[string]meaning{
	"AccessDenied": forbidden, "AccessDeniedException": forbidden, "UnauthorizedOperation": forbidden, "OptInRequired": forbidden, "NotAuthorized": forbidden,
	"ExpiredToken": expired, "ExpiredTokenException": expired, "RequestExpired": expired,
	"UnrecognizedClientException": strange, "InvalidClientTokenId": strange, "InvalidSignatureException": strange, "SignatureDoesNotMatch": strange,
	"MissingAuthenticationToken": strange, "MissingAuthenticationTokenException": strange, "IncompleteSignature": strange,
	"Throttling": busy, "ThrottlingException": busy, "ThrottledException": busy, "TooManyRequestsException": busy, "RequestLimitExceeded": busy,
	"LimitExceeded": busy, "LimitExceededException": busy, "RequestThrottled": busy,
	"ResourceNotFoundException": gone, "ResourceNotFound": gone,
}

// errPart says that an answer is not whole.
var errPart = errors.New("the answer is not whole")

// explain makes an error of a call one of ours. ctx is the caller's.
func (c *CloudWatch) explain(ctx context.Context, service, op string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the call to " + service + " was broken off", Err: errors.Join(ended, err)}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	m := silent
	var answer smithy.APIError
	switch {
	case errors.Is(err, errPart):
		m = partial
	case errors.Is(err, context.DeadlineExceeded):
		m.msg = "%s did not answer within " + c.opts.Timeout.String()
	case errors.As(err, &answer):
		if known, is := meanings[answer.ErrorCode()]; is {
			m = known
		} else if answer.ErrorFault() == smithy.FaultClient {
			m = refused
		}
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: fmt.Sprintf(m.msg, service), Hint: m.hint, Err: err}
}

// wrong is an answer that cannot be right. It is no answer: the next look asks again.
func wrong(metric, format string, args ...any) error {
	return &deploy.Error{
		Code: deploy.Unavailable,
		Msg:  "what CloudWatch says of " + metric + " cannot be right: " + fmt.Sprintf(format, args...),
		Hint: laterHint,
	}
}
