package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"slipway/internal/deploy"
)

const (
	tokenHint = "set SLIPWAY_PROMETHEUS_TOKEN to a token that may query, or correct the one that is set"
	laterHint = "see whether Prometheus is up, and whether the bot can reach it"
)

// explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded.
func explain(ctx context.Context, op, host string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to Prometheus was broken off",
			Err: errors.Join(ended, err),
		}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	e := &deploy.Error{Code: deploy.Unavailable, Op: op, Hint: laterHint, Err: err}
	status, answer := statusError(0), (*v1.Error)(nil)
	switch {
	case errors.As(err, &status):
		e.Code, e.Msg, e.Hint = status.means(host)
	case errors.Is(err, context.DeadlineExceeded):
		e.Msg = "Prometheus at " + host + " did not answer in time"
	case errors.As(err, &answer):
		e.Code, e.Msg, e.Hint = means(answer, host)
	default:
		e.Msg = "Prometheus at " + host + " does not answer"
	}
	return e
}

func (e statusError) means(host string) (code deploy.Code, msg, hint string) {
	switch e {
	case http.StatusUnauthorized:
		return deploy.Forbidden, "Prometheus at " + host + " does not know who Slipway is", tokenHint
	case http.StatusForbidden:
		return deploy.Forbidden, "Prometheus at " + host + " does not let Slipway query", tokenHint
	case http.StatusNotFound:
		return deploy.NotFound, "there is no Prometheus at the address in the catalog, on " + host, "correct url: the API is below it, at /api/v1"
	case http.StatusTooManyRequests:
		return deploy.Unavailable, "Prometheus at " + host + " asks Slipway to slow down", "look less often if it goes on"
	}
	return deploy.Forbidden, "Prometheus at " + host + " sends Slipway elsewhere, as a login page does", "correct url, or set SLIPWAY_PROMETHEUS_TOKEN"
}

func means(e *v1.Error, host string) (code deploy.Code, msg, hint string) {
	switch e.Type {
	case v1.ErrBadData:
		return deploy.Invalid, "Prometheus at " + host + " refuses the query", "compare the names of metrics and labels in the catalog with those at Prometheus"
	case v1.ErrTimeout, v1.ErrCanceled:
		return deploy.Unavailable, "Prometheus at " + host + " took too long over the query", laterHint
	case v1.ErrExec:
		return deploy.Unavailable, "Prometheus at " + host + " could not work the query out", "the bot's log has the reason"
	case v1.ErrClient:
		return deploy.Invalid, "what answers at " + host + " does not take queries", "correct url in the catalog"
	case v1.ErrBadResponse:
		return deploy.Unavailable, "what " + host + " answers is not an answer of Prometheus", "correct url in the catalog if it goes on"
	case v1.ErrServer:
	}
	return deploy.Unavailable, "Prometheus at " + host + " does not answer queries at present", laterHint
}

// wrong is an answer that cannot be right. It is no answer: the next look asks again.
func wrong(metric, format string, args ...any) error {
	return &deploy.Error{
		Code: deploy.Unavailable,
		Msg:  "what Prometheus says of " + metric + " cannot be right: " + fmt.Sprintf(format, args...),
		Hint: "look at the metric in Prometheus if it goes on",
	}
}
