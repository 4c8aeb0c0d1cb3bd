package slack

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// pauseUnsaid is how long a method rests when Slack says that it is called too often but not until when.
const pauseUnsaid = 30 * time.Second

// unavailable are refusals that say nothing about what was asked.
var unavailable = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited"}

// missing are refusals because something is not there.
var missing = []string{"user_not_found", "users_not_found", "user_not_visible", "channel_not_found", "no_such_subteam",
	"subteam_not_found", "message_not_found", "thread_not_found", "file_not_found"}

// judge turns an error of slack-go into one of ours: Unavailable (no answer, throttled, Slack's own trouble),
// NotFound, Forbidden (token, scope, not a member) or Invalid. It tells the limiter of a 429.
func (c *Client) judge(method string, err error) error {
	if err == nil {
		return nil
	}
	out := &deploy.Error{Code: deploy.Unavailable, Op: "call " + method, Err: withoutURL(err)}
	code := refusal(err)
	if limited, ok := errors.AsType[*sdk.RateLimitedError](err); ok {
		c.limit.pause(method, limited.RetryAfter)
		out.Msg = "Slack asks us to call less often"
		return out
	}
	status, isStatus := errors.AsType[sdk.StatusCodeError](err)
	switch {
	case code == "ratelimited", code == "rate_limited", isStatus && status.Code == http.StatusTooManyRequests:
		c.limit.pause(method, pauseUnsaid)
		out.Msg = "Slack asks us to call less often"
	case code == "" || slices.Contains(unavailable, code):
		out.Msg = "Slack did not answer"
	case slices.Contains(missing, code):
		out.Code, out.Msg = deploy.NotFound, "Slack does not know it: "+code
	case fatal[code] != "":
		out.Code, out.Msg, out.Hint = deploy.Forbidden, "Slack refuses the bot: "+code, fatal[code]
	case refused[code] != "":
		out.Code, out.Msg, out.Hint = deploy.Forbidden, "Slack refuses: "+code, refused[code]
	default:
		out.Code, out.Msg = deploy.Invalid, "Slack refuses: "+code
	}
	return out
}

// refusal is the word with which Slack refused, "" if it did not answer at all.
func refusal(err error) string {
	answer, _ := errors.AsType[sdk.SlackErrorResponse](err)
	return answer.Err
}

// inDoubt says that a call may have had its effect although we do not know.
func inDoubt(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*sdk.RateLimitedError](err); ok {
		return false
	}
	if status, ok := errors.AsType[sdk.StatusCodeError](err); ok {
		return status.Code >= http.StatusInternalServerError
	}
	code := refusal(err)
	return code == "" || slices.Contains(unavailable, code)
}

// withoutURL takes the address out of a transport error: a response_url lets its holder answer.
func withoutURL(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// fatal are the refusals that no waiting mends, and what to do about each. A socket that meets one ends.
var fatal = map[string]string{
	"invalid_auth":            "the token is wrong or of another workspace: set SLACK_APP_TOKEN and SLACK_BOT_TOKEN again",
	"not_authed":              "no token was sent: set SLACK_APP_TOKEN and SLACK_BOT_TOKEN",
	"account_inactive":        "the app was uninstalled or its user deactivated: install it again",
	"token_revoked":           "the token was revoked: install the app again and take the new one",
	"token_expired":           "the token has expired: turn token rotation off, install the app again and take the new one",
	"missing_scope":           "the token lacks a scope: compare the app with deployments/slack/manifest.yaml and install it again; the app token needs connections:write",
	"not_allowed_token_type":  "the two tokens are mixed up: SLACK_APP_TOKEN is xapp-…, SLACK_BOT_TOKEN is xoxb-…",
	"link_disabled":           "Socket Mode is off for this app: turn it on in its settings",
	"team_access_not_granted": "the app may not act in this workspace: ask its administrator to grant access",
}

// refused are other refusals for which there is a remedy to name.
var refused = map[string]string{
	"not_in_channel":    "invite @slipway to the channel",
	"is_archived":       "the channel is archived: name another in the catalog",
	"restricted_action": "the workspace does not let the bot post there: ask its administrator",
	"no_permission":     "the token lacks a permission: compare the app with deployments/slack/manifest.yaml",

	"file_uploads_disabled":       "the workspace takes no files: ask its administrator; what is written is shown all the same",
	"file_type_not_allowed":       "the workspace takes no files of this type: ask its administrator",
	"file_upload_size_restricted": "the workspace takes no files of this size: ask its administrator",
	"storage_limit_reached":       "the workspace has no room for files: ask its administrator",
}
