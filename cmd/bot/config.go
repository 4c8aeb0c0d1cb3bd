package main

import (
	"fmt"
	"os"
	"strings"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

// config is the environment of `bot run`, as docs/configuration.md lists it.
type config struct {
	tokens   slack.Tokens
	slackURL string // override; empty for Slack itself
	redisURL string
	replicas int // that must confirm an intent
	catalog  string
	channel  string
	listen   string
	logLevel string
	runURL   string // override of Cloud Run's endpoint
}

// readConfig reads what get knows; the error names everything that is missing at once.
func readConfig(get func(string) string) (config, error) {
	or := func(key, standard string) string {
		if v := get(key); v != "" {
			return v
		}
		return standard
	}
	c := config{
		tokens:   slack.Tokens{App: slack.Secret(get("SLACK_APP_TOKEN")), Bot: slack.Secret(get("SLACK_BOT_TOKEN"))},
		slackURL: get("SLACK_API_URL"),
		redisURL: get("REDIS_URL"),
		catalog:  or("SLIPWAY_CATALOG", "deployments/catalog"),
		channel:  or("SLIPWAY_CHANNEL", "#devops-oncall"),
		listen:   or("SLIPWAY_LISTEN", "127.0.0.1:8081"),
		logLevel: or("SLIPWAY_LOG_LEVEL", "info"),
		runURL:   get("CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"),
	}
	var wrong []string
	for _, need := range []struct{ key, prefix, remedy string }{
		{"SLACK_APP_TOKEN", "xapp-", "make one with the scope connections:write under Basic Information of the Slack app"},
		{"SLACK_BOT_TOKEN", "xoxb-", "it is under OAuth & Permissions once the Slack app is installed"},
		{"REDIS_URL", "", "for example redis://127.0.0.1:6379/0"},
	} {
		switch v := get(need.key); {
		case v == "":
			wrong = append(wrong, need.key+" is not set: "+need.remedy)
		case !strings.HasPrefix(v, need.prefix):
			wrong = append(wrong, fmt.Sprintf("%s does not begin with %s: %s", need.key, need.prefix, need.remedy))
		}
	}
	if v := get("SLIPWAY_REDIS_REPLICAS"); v != "" {
		if _, err := fmt.Sscanf(v, "%d", &c.replicas); err != nil || c.replicas < 0 {
			wrong = append(wrong, "SLIPWAY_REDIS_REPLICAS is not a number of replicas")
		}
	}
	if len(wrong) > 0 {
		return config{}, &deploy.Error{Code: deploy.Invalid, Op: "read the environment", Msg: strings.Join(wrong, "; "),
			Hint: "`bot sandbox` needs none of it"}
	}
	return c, nil
}

// owner names this process among the replicas.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
