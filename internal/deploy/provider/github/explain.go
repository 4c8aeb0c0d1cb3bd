package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	gogithub "github.com/google/go-github/v84/github"

	"slipway/internal/deploy"
)

const statusHint = "see https://www.githubstatus.com if it goes on"

// explain makes an error of a call one of ours. GitHub's own words are in the chain, for the log.
func (n *Notifier) explain(ctx context.Context, op string, err error) error {
	e := &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "GitHub does not answer", Hint: statusHint, Err: err}
	if ended := ctx.Err(); ended != nil {
		e.Msg, e.Hint, e.Err = "the call to GitHub was broken off", "", errors.Join(ended, err)
		return e
	}
	var primary *gogithub.RateLimitError
	var secondary *gogithub.AbuseRateLimitError
	var moved *gogithub.RedirectionError
	var otp *gogithub.TwoFactorAuthError
	var answer *gogithub.ErrorResponse
	switch {
	case errors.As(err, &primary):
		e.Msg = "GitHub asks Slipway to slow down"
		e.Hint = "it takes calls again at " + primary.Rate.Reset.UTC().Format("15:04:05 UTC")
	case errors.As(err, &secondary):
		e.Msg, e.Hint = "GitHub asks Slipway to slow down", "try again in a minute or later"
		if secondary.RetryAfter != nil {
			e.Hint = "try again in " + deploy.Took(*secondary.RetryAfter)
		}
	case errors.As(err, &moved):
		e.Code, e.Msg = deploy.Invalid, fmt.Sprintf("the repository %s has moved, or the address of GitHub has", n.repository())
		e.Hint = "correct SLIPWAY_GITHUB_REPO or SLIPWAY_GITHUB_URL"
	case errors.As(err, &otp):
		n.meaning(e, http.StatusUnauthorized, nil)
	case errors.As(err, &answer):
		n.meaning(e, answer.Response.StatusCode, answer.Response.Header)
	}
	return e
}

// meaning is what the status of an answer says to a program and to a person.
func (n *Notifier) meaning(e *deploy.Error, status int, header http.Header) {
	switch status {
	case http.StatusUnauthorized:
		e.Code, e.Msg, e.Hint = deploy.Forbidden, "GitHub does not accept the token", "set SLIPWAY_GITHUB_TOKEN to one that has not expired or been withdrawn"
	case http.StatusForbidden:
		e.Code, e.Msg = deploy.Forbidden, "GitHub does not let Slipway open issues in "+n.repository()
		e.Hint = "give the token the right to read and write issues of the repository (and, in an organisation, its approval)"
	case http.StatusNotFound:
		e.Code, e.Msg = deploy.NotFound, "GitHub shows this token no repository "+n.repository()
		e.Hint = "correct SLIPWAY_GITHUB_REPO, or give the token access to the repository"
	case http.StatusGone:
		e.Code, e.Msg = deploy.Invalid, "issues are switched off in "+n.repository()
		e.Hint = "switch them on in the settings of the repository, or name another in SLIPWAY_GITHUB_REPO"
	case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		e.Code, e.Msg = deploy.Invalid, "GitHub refuses the text of the report"
		e.Hint = "export the report and open the issue by hand; the log has GitHub's reason"
	case http.StatusTooManyRequests:
		e.Msg, e.Hint = "GitHub asks Slipway to slow down", "try again in a minute or later"
		if s, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
			e.Hint = "try again in " + deploy.Took(time.Duration(s)*time.Second)
		}
	case http.StatusRequestTimeout:
		e.Msg = "GitHub gave up waiting"
	default:
		e.Msg = fmt.Sprintf("GitHub has a failure of its own (%d)", status)
		if status < http.StatusInternalServerError {
			e.Code, e.Msg, e.Hint = deploy.Invalid, fmt.Sprintf("GitHub refuses the call (%d)", status), "the log has GitHub's reason"
		}
	}
}
