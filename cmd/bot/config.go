package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/github"
	"slipway/internal/deploy/provider/webhook"
	"slipway/internal/telemetry"
)

// config is the environment of `bot run`, as docs/configuration.md lists it.
type config struct {
	tokens     slack.Tokens
	slackURL   string // override; empty for Slack itself
	redisURL   string
	replicas   int // that must confirm an intent
	catalog    string
	channel    string
	listen     string
	logLevel   string
	runURL     string // override of Cloud Run's endpoint
	seeURL     string // override of Cloud Monitoring's endpoint
	logURL     string // override of Cloud Logging's endpoint
	keyURL     string // override of Secret Manager's endpoint
	scanURL    string // override of Artifact Analysis' endpoint
	bucketURL  string // override of Cloud Storage's endpoint
	sqlURL     string // override of Cloud SQL's endpoint
	privateSQL bool   // databases are reached at their private addresses
	commands   bool   // of the catalog may run beside the bot
	aws        awsConfig
	promAuth   string // bearer token for Prometheus
	github     github.Options
	webhook    webhook.Options
	lease      time.Duration
	// watchPeriod is how often CloudWatch reports; 0: each minute, as AWS does.
	watchPeriod time.Duration
}

// problem is something to mend before the bot can run, and how.
type problem struct{ what, remedy string }

// problems is everything to mend that was found at once; empty means that all is well.
type problems []problem

// err is nil if there are no problems. It names all of them, a line each.
func (p problems) err(op string) error {
	if len(p) == 0 {
		return nil
	}
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = "\n  " + x.what + ": " + x.remedy
	}
	return &deploy.Error{Code: deploy.Invalid, Op: op, Msg: strings.Join(lines, ""),
		Hint: "`bot check` looks at the rest; `bot sandbox` needs none of it"}
}

// The lease is how long the releases of a replica that died wait for another. Below the least of it, a Redis that
// is a little slow would cost a replica its releases again and again.
const (
	standardLease = 15 * time.Second
	leastLease    = 500 * time.Millisecond
)

// readConfig reads what get knows, and lists everything that is missing or cannot be right.
func readConfig(get func(string) string) (config, problems) {
	or := func(key, standard string) string {
		if v := get(key); v != "" {
			return v
		}
		return standard
	}
	c := config{
		tokens:     slack.Tokens{App: slack.Secret(get("SLACK_APP_TOKEN")), Bot: slack.Secret(get("SLACK_BOT_TOKEN"))},
		slackURL:   get("SLACK_API_URL"),
		redisURL:   get("REDIS_URL"),
		catalog:    or("SLIPWAY_CATALOG", "deployments/catalog"),
		channel:    or("SLIPWAY_CHANNEL", "#devops-oncall"),
		listen:     or("SLIPWAY_LISTEN", "127.0.0.1:8081"),
		logLevel:   or("SLIPWAY_LOG_LEVEL", "info"),
		runURL:     get("CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"),
		seeURL:     get("CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"),
		logURL:     get("CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING"),
		keyURL:     get("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"),
		scanURL:    get("CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS"),
		bucketURL:  get("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"),
		sqlURL:     get("CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL"),
		privateSQL: get("SLIPWAY_CLOUDSQL_IP") == "private",
		commands:   get("SLIPWAY_COMMANDS") == "allow",
		promAuth:   get("SLIPWAY_PROMETHEUS_TOKEN"),
		github:     github.Options{Repository: get("SLIPWAY_GITHUB_REPO"), Token: github.Token(get("SLIPWAY_GITHUB_TOKEN")), URL: get("SLIPWAY_GITHUB_URL")},
		webhook:    webhook.Options{URL: get("SLIPWAY_WEBHOOK_URL"), Secret: webhook.Secret(get("SLIPWAY_WEBHOOK_SECRET"))},
	}
	c.aws = readAWS(get)
	var wrong problems
	var err error
	if v := get("SLIPWAY_CLOUDWATCH_PERIOD"); v != "" {
		if c.watchPeriod, err = time.ParseDuration(v); err != nil || c.watchPeriod < time.Second {
			wrong = append(wrong, problem{"SLIPWAY_CLOUDWATCH_PERIOD is not a time of at least 1s", "leave it out: it is for the sandbox"})
		}
	}
	if c.lease, err = time.ParseDuration(or("SLIPWAY_LEASE", standardLease.String())); err != nil || c.lease < leastLease {
		wrong = append(wrong, problem{fmt.Sprintf("SLIPWAY_LEASE is not a time of at least %s", leastLease), "leave it out for " + standardLease.String()})
	}
	wrong = append(wrong, missing(get)...)
	if v := get("SLIPWAY_REDIS_REPLICAS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			wrong = append(wrong, problem{"SLIPWAY_REDIS_REPLICAS is not a number of replicas", "for example 1"})
		}
		c.replicas = n
	}
	if _, err := bugReports(c); err != nil {
		wrong = append(wrong, problem{"bug reports: " + deploy.Message(err), deploy.Hint(err)})
	}
	if _, err := net.ResolveTCPAddr("tcp", c.listen); err != nil {
		wrong = append(wrong, problem{fmt.Sprintf("SLIPWAY_LISTEN is %q, which is no address", c.listen), "for example 127.0.0.1:8081"})
	}
	if _, err := telemetry.NewLog(io.Discard, c.logLevel); err != nil {
		wrong = append(wrong, problem{"SLIPWAY_LOG_LEVEL: " + err.Error(), "leave it out for info"})
	}
	return c, wrong
}

// missing lists the variables that nothing goes without, and those of them that cannot be right.
func missing(get func(string) string) (wrong problems) {
	for _, need := range []struct{ key, prefix, remedy string }{
		{"SLACK_APP_TOKEN", "xapp-", "make one with the scope connections:write under Basic Information of the Slack app"},
		{"SLACK_BOT_TOKEN", "xoxb-", "it is under OAuth & Permissions once the Slack app is installed"},
		{"REDIS_URL", "", "for example redis://127.0.0.1:6379/0"},
	} {
		switch v := get(need.key); {
		case v == "":
			wrong = append(wrong, problem{need.key + " is not set", need.remedy})
		case !strings.HasPrefix(v, need.prefix):
			wrong = append(wrong, problem{need.key + " does not begin with " + need.prefix, need.remedy})
		}
	}
	return wrong
}

// newOwner names this process among the replicas. A host and a number of a process are not enough: two containers
// on the network of one host have both in common.
func newOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}
