package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// callTimeout bounds one call of the Web API. It is less than the lease of an announcement, so that a call whose
// outcome is not known ends while the announcer still has the lease.
const callTimeout = 6 * time.Second

// Tokens are the two tokens of the Slack app.
type Tokens struct {
	App Secret // xapp-…, opens sockets and nothing else
	Bot Secret // xoxb-…
}

// Options are what a Client may be given besides its tokens.
type Options struct {
	APIURL string         // instead of https://slack.com/api/
	Clock  deploy.Clock   // default deploy.SystemClock
	Log    zerolog.Logger // default nowhere
	Hurry  float64        // how many times Slack's rates may be exceeded; default 1, more is for a stand-in that takes it
}

// Client calls the Web API as one app. All of this package's parts share one, since they share its rates.
type Client struct {
	api   *sdk.Client
	http  *http.Client
	limit *limiter
	clock deploy.Clock
	log   zerolog.Logger

	mu   sync.Mutex
	self Identity
}

// Identity is who the bot token belongs to.
type Identity struct {
	Team string // team id
	User string // user id of the bot
	Bot  string // bot id
}

// New makes a client; it calls nobody. Close it when everything that uses it has stopped.
func New(tokens Tokens, opts *Options) *Client {
	if opts == nil {
		opts = &Options{Log: zerolog.Nop()}
	}
	c := &Client{
		http: &http.Client{Timeout: callTimeout, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: mostRounds, IdleConnTimeout: time.Minute,
		}},
		clock: opts.Clock,
		log:   opts.Log,
	}
	if c.clock == nil {
		c.clock = deploy.SystemClock{}
	}
	c.limit = newLimiter(c.clock.Now, max(opts.Hurry, 1))
	settings := []sdk.Option{sdk.OptionHTTPClient(c.http), sdk.OptionAppLevelToken(tokens.App.reveal())}
	if opts.APIURL != "" {
		settings = append(settings, sdk.OptionAPIURL(strings.TrimRight(opts.APIURL, "/")+"/"))
	}
	c.api = sdk.New(tokens.Bot.reveal(), settings...)
	return c
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Identity says who the bot is, asking Slack the first time only.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	c.mu.Lock()
	self := c.self
	c.mu.Unlock()
	if self.User != "" {
		return self, nil
	}
	err := c.call(ctx, methodAuth, func(ctx context.Context) error {
		answer, err := c.api.AuthTestContext(ctx)
		if err == nil {
			self = Identity{Team: answer.TeamID, User: answer.UserID, Bot: answer.BotID}
		}
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	c.mu.Lock()
	c.self = self
	c.mu.Unlock()
	return self, nil
}

// call waits for its turn and calls. Use it where somebody waits for the answer; the announcer asks the limiter
// itself. Codes as in judge.
func (c *Client) call(ctx context.Context, method string, do func(context.Context) error) error {
	for {
		wait := c.limit.take(method, "", 0)
		if wait == 0 {
			return c.callNow(ctx, method, do)
		}
		if deadline, ok := ctx.Deadline(); ok && c.clock.Now().Add(wait).After(deadline) {
			return &deploy.Error{Code: deploy.Unavailable, Op: "call " + method,
				Msg: fmt.Sprintf("Slack asks us to wait %s", wait.Round(time.Second)), Hint: "try again then"}
		}
		timer, stop := c.clock.NewTimer(wait)
		select {
		case <-timer:
		case <-ctx.Done():
			stop()
			return &deploy.Error{Code: deploy.Unavailable, Op: "wait to call " + method, Err: ctx.Err()}
		}
	}
}

// callNow calls without asking the limiter, and tells it of a 429.
func (c *Client) callNow(ctx context.Context, method string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.judge(method, do(ctx))
}

// whisper tells one person something in a channel. Slack does not keep it for who is not there.
func (c *Client) whisper(ctx context.Context, channel, user, text string) error {
	return c.call(ctx, methodWhisper, func(ctx context.Context) error {
		_, err := c.api.PostEphemeralContext(ctx, channel, user, sdk.MsgOptionText(text, false))
		return err
	})
}

// open opens a form for the person whose press gave the trigger.
func (c *Client) open(ctx context.Context, trigger string, form sdk.ModalViewRequest) error {
	return c.call(ctx, methodForm, func(ctx context.Context) error {
		_, err := c.api.OpenViewContext(ctx, trigger, form)
		return err
	})
}

// respond answers one person through the response_url of what they typed or pressed: five times in 30 minutes.
func (c *Client) respond(ctx context.Context, url, text string) error {
	return c.call(ctx, methodRespond, func(ctx context.Context) error {
		_, _, err := c.api.PostMessageContext(ctx, "", sdk.MsgOptionText(text, false), sdk.MsgOptionResponseURL(url, sdk.ResponseTypeEphemeral))
		return err
	})
}
