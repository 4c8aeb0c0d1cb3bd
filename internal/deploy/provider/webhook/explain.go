package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// silence says that nothing came back.
func (n *Notifier) silence(ctx context.Context, op string, err error) error {
	e := &deploy.Error{Code: deploy.Unavailable, Op: op, Err: bare(err)}
	var slow interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil:
		e.Msg, e.Err = "the call to "+n.host+" was broken off", errors.Join(ctx.Err(), bare(err))
	case errors.As(err, &slow) && slow.Timeout():
		e.Msg = fmt.Sprintf("%s did not answer within %s", n.host, deploy.Planned(n.client.Timeout))
	default:
		e.Msg, e.Hint = n.host+" does not answer", "look whether SLIPWAY_WEBHOOK_URL is right and can be reached from the bot"
	}
	return e
}

// bare takes the address off an error of net/http, which puts the whole of it in front.
func bare(err error) error {
	if with := (*url.Error)(nil); errors.As(err, &with) {
		return with.Err
	}
	return err
}

// refused says what a status means that is not a 2xx.
func (n *Notifier) refused(op string, res *http.Response) error {
	e := &deploy.Error{Code: deploy.Invalid, Op: op, Msg: fmt.Sprintf("%s refuses the report (%d)", n.host, res.StatusCode), Hint: "look at the receiver's log"}
	switch s := res.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.Code, e.Hint = deploy.Forbidden, "correct SLIPWAY_WEBHOOK_SECRET, or what the receiver lets in"
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Code, e.Msg = deploy.NotFound, fmt.Sprintf("%s knows no such address (%d)", n.host, s)
		e.Hint = "correct SLIPWAY_WEBHOOK_URL"
	case s >= 300 && s < 400:
		e.Msg, e.Hint = fmt.Sprintf("%s points elsewhere (%d)", n.host, s), "set SLIPWAY_WEBHOOK_URL to the address that takes reports; redirects are not followed"
	case s == http.StatusTooManyRequests:
		e.Code, e.Msg, e.Hint = deploy.Unavailable, n.host+" asks Slipway to slow down", later(res.Header)
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500:
		e.Code, e.Msg, e.Hint = deploy.Unavailable, fmt.Sprintf("%s cannot take the report now (%d)", n.host, s), later(res.Header)
	}
	return e
}

func later(h http.Header) string {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		return "try again in " + deploy.Took(time.Duration(s)*time.Second)
	}
	return "try again later"
}
