package ecr

import (
	"context"
	"errors"

	"github.com/aws/smithy-go"

	"slipway/internal/deploy"
)

type meaning struct {
	code deploy.Code
	msg  string
	hint string
}

const allow = "allow the bot's role ecr:GetAuthorizationToken and ecr:DescribeImageScanFindings"

var (
	forbidden = meaning{deploy.Forbidden, "Amazon ECR does not let Slipway in", allow}
	busy      = meaning{deploy.Unavailable, "Amazon ECR asks Slipway to slow down", "look at the account's ECR quotas if it goes on"}
	gone      = meaning{deploy.NotFound, "Amazon ECR has no such image any more", "push the image again"}
	refused   = meaning{deploy.Invalid, "Amazon ECR refuses the question about the image", "see that image in the catalog is account.dkr.ecr.region.amazonaws.com/repository"}
	unscanned = meaning{deploy.NotFound, "Amazon ECR has not scanned the image", "turn scan on push on, or start one: `aws ecr start-image-scan`"}
	unknown   = meaning{deploy.NotFound, "Amazon ECR cannot scan images of this kind", "attach a report of another scanner to it"}
)

// meanings is for the codes of AWS's errors. What is not here is Unavailable if AWS says that it is its own fault, and
// Invalid if not.
var meanings = map[string]meaning{
	"ScanNotFoundException":         unscanned,
	"ImageNotFoundException":        gone,
	"RepositoryNotFoundException":   gone,
	"UnsupportedImageTypeException": unknown,
	"AccessDeniedException":         forbidden,
	"UnrecognizedClientException":   forbidden,
	"InvalidSignatureException":     forbidden,
	"ExpiredTokenException":         forbidden,
	"ExpiredToken":                  forbidden,
	"InvalidClientTokenId":          forbidden,
	"MissingAuthenticationToken":    forbidden,
	"IncompleteSignature":           forbidden,
	"ThrottlingException":           busy,
	"TooManyRequestsException":      busy,
	"RequestLimitExceeded":          busy,
	"LimitExceededException":        busy,
}

// explain makes an error of a call one of ours. ctx is the caller's.
func (e *ECR) explain(ctx context.Context, op string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the call to Amazon ECR was broken off", Err: errors.Join(ended, err)}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	m := meaning{deploy.Unavailable, "Amazon ECR does not answer", "see https://health.aws.amazon.com if it goes on"}
	var answer smithy.APIError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		m.msg = "Amazon ECR did not answer within " + e.opts.Timeout.String()
	case errors.As(err, &answer):
		if known, is := meanings[answer.ErrorCode()]; is {
			m = known
		} else if answer.ErrorFault() == smithy.FaultClient {
			m = refused
		}
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: m.msg, Hint: m.hint, Err: err}
}
