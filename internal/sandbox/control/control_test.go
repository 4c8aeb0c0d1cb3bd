package control_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/logging"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/scans"
	"slipway/internal/sandbox/secrets"
	"slipway/internal/sandbox/storage"
	"slipway/internal/sandbox/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const production = "coditect-app-production"

// practice is the parts of a sandbox, with the API in front of them and no bot.
type practice struct {
	*control.Client
	workspace *workspace.Workspace
	cloud     *cloudrun.Server
	registry  *registry.Registry
	monitor   *monitoring.Server
	logs      *logging.Server
	secrets   *secrets.Server
	scans     *scans.Server
	storage   *storage.Server
	forgotten int
	redis     []bool // what was asked of Redis
	stopped   chan struct{}
}

func newPractice(t *testing.T, change ...func(*control.Server)) *practice {
	t.Helper()
	p := &practice{stopped: make(chan struct{}), workspace: workspace.New(nil), monitor: monitoring.New(nil), logs: logging.New(nil), secrets: secrets.New(nil),
		scans: scans.New(nil), storage: storage.New("uploads")}
	p.cloud = cloudrun.New(&cloudrun.Options{Metrics: p.monitor, Logs: p.logs})
	p.monitor.Database("db", 100, time.Now().Add(-10*time.Minute))
	var err error
	if p.registry, err = registry.New(&registry.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.3"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.cloud.Seed(cloudrun.GuideServices()[0], "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	api := &control.Server{Workspace: p.workspace, CloudRun: p.cloud, Registry: p.registry, Stopped: p.stopped, Monitoring: p.monitor, Logging: p.logs, Secrets: p.secrets, Scans: p.scans, Storage: p.storage,
		Redis:  func(down bool) error { p.redis = append(p.redis, down); return nil },
		Forget: func() error { p.forgotten++; return nil }}
	for _, c := range change {
		c(api)
	}
	server := httptest.NewServer(api.Handler())
	p.Client = &control.Client{URL: server.URL, HTTP: server.Client()}
	t.Cleanup(func() {
		p.stop()
		server.Close()
		if err := errors.Join(p.workspace.Close(), p.cloud.Close(), p.registry.Close(), p.monitor.Close(), p.logs.Close(), p.secrets.Close()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *practice) stop() {
	select {
	case <-p.stopped:
	default:
		close(p.stopped)
	}
}

func TestEveryFaultIsReachableByName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line string
		on   func(p *practice) bool
	}{
		"refuse": {"cloudrun refuse UpdateService times=2 code=PERMISSION_DENIED service=" + production, active(cloudrun.Fault{
			Kind: cloudrun.Refuse, Method: "UpdateService", Code: 7, Count: 2, Service: production})},
		"delay":          {"cloudrun delay delay=2s", active(cloudrun.Fault{Kind: cloudrun.Delay, Delay: 2 * time.Second})},
		"late effect":    {"cloudrun late-effect UpdateService delay=2s", active(cloudrun.Fault{Kind: cloudrun.LateEffect, Method: "UpdateService", Delay: 2 * time.Second})},
		"never answer":   {"cloudrun never-answer GetRevision", active(cloudrun.Fault{Kind: cloudrun.NeverAnswer, Method: "GetRevision"})},
		"lose answer":    {"cloudrun lose-answer", active(cloudrun.Fault{Kind: cloudrun.LoseAnswer})},
		"late answer":    {"cloudrun late-answer GetOperation delay=1s", active(cloudrun.Fault{Kind: cloudrun.LateAnswer, Method: "GetOperation", Delay: time.Second})},
		"etag conflict":  {"cloudrun etag-conflict", active(cloudrun.Fault{Kind: cloudrun.EtagConflict})},
		"settle stuck":   {"cloudrun settle-stuck times=1", active(cloudrun.Fault{Kind: cloudrun.SettleStuck, Count: 1})},
		"revision stuck": {"cloudrun revision-stuck", active(cloudrun.Fault{Kind: cloudrun.RevisionStuck})},
		"traffic skew":   {"cloudrun traffic-skew", active(cloudrun.Fault{Kind: cloudrun.TrafficSkew})},
		"slow application": {"app v1.2.4 latency=300ms", func(p *practice) bool {
			return p.cloud.Behaviour(production, "v1.2.4").Latency() == 300*time.Millisecond
		}},
		"unhealthy application that crashes": {"app v1.2.4 unhealthy crash errors=5%", func(p *practice) bool {
			b := p.cloud.Behaviour(production, "v1.2.4")
			return b.Unhealthy() && b.CrashOnStart()
		}},
		"application in staging that says another version": {"app v1.2.4 says=v1.2.2 service=coditect-app-staging", func(p *practice) bool {
			return p.cloud.Behaviour("coditect-app-staging", "v1.2.4").Version() == "v1.2.2" &&
				p.cloud.Behaviour(production, "v1.2.4").Version() == ""
		}},
		"application that says why it fails": {`app v1.2.4 errors=5% message="relation \"orders\" does not exist"`, func(p *practice) bool {
			return p.cloud.Behaviour(production, "v1.2.4").Message() == `relation "orders" does not exist`
		}},
		"application that uses too much": {"app v1.2.4 cpu=95% memory=97%", func(p *practice) bool {
			cpu, memory := p.cloud.Behaviour(production, "v1.2.4").Use()
			return cpu == 0.95 && memory == 0.97
		}},
		"application of which one endpoint is broken": {"app v1.2.4 broken=/api/v1/me", func(p *practice) bool {
			return p.cloud.Behaviour(production, "v1.2.4").Broken("/api/v1/me")
		}},
		"Secret Manager down":            {"secrets down", kept(secrets.Fault{Down: true})},
		"no scan may be read":            {"scans denied", scanned(scans.Fault{Denied: true})},
		"scans have not ended":           {"scans scanning", scanned(scans.Fault{Scanning: true})},
		"bucket that may not be read":    {"storage denied uploads", func(p *practice) bool { return p.storage.Denied("uploads") }},
		"secret that is missing":         {"secrets missing api-key", kept(secrets.Fault{Missing: []string{"api-key"}})},
		"secret that may not be read":    {"secrets denied api-key", kept(secrets.Fault{Denied: []string{"api-key"}})},
		"traffic":                        {"traffic 2/s", sends(production, 2)},
		"traffic of so many":             {"traffic 400", sends(production, 400)},
		"Monitoring down":                {"monitoring down", monitored(monitoring.Fault{Down: true})},
		"Monitoring late and slow":       {"monitoring late=30s slow=5s", monitored(monitoring.Fault{Late: 30 * time.Second, Slow: 5 * time.Second})},
		"Monitoring without samples":     {"monitoring missing", monitored(monitoring.Fault{Missing: true})},
		"Monitoring with what cannot be": {"monitoring nan", monitored(monitoring.Fault{NaN: true})},
		"Monitoring that knows nobody":   {"monitoring refuse=PERMISSION_DENIED", monitored(monitoring.Fault{Refuse: codes.PermissionDenied})},
		"Logging down":                   {"logging down", func(p *practice) bool { return p.logs.IsDown() }},
		"method that is refused":         {"slack chat.update error=channel_not_found times=1", answers("chat.update", "channel_not_found")},
		"method that is limited":         {"slack chat.postMessage retry-after=2s", status("chat.postMessage", http.StatusTooManyRequests)},
		"method in trouble":              {"slack auth.test status=503", status("auth.test", http.StatusServiceUnavailable)},
		"any method":                     {"slack * status=500", status("users.info", http.StatusInternalServerError)},
		"method whose answer is lost":    {"slack auth.test lose-reply", status("auth.test", 0)},
		"Slack down":                     {"slack down", status("auth.test", 0)},
		"acknowledgements lost":          {"slack refuse-acks", nil},
		"connections cut":                {"slack drop", nil},
		"connections warned":             {"slack disconnect warning", nil},
		"connections renewed":            {"slack disconnect refresh_requested", nil},
		"app switched off":               {"slack disconnect link_disabled", nil},
		"registry down":                  {"registry down", func(p *practice) bool { return registryStatus(p) == 0 }},
		"registry that knows nobody":     {"registry unauthorised slow=1ms", func(p *practice) bool { return registryStatus(p) == http.StatusUnauthorized }},
		"Redis down":                     {"redis down", func(p *practice) bool { return cmp.Equal(p.redis, []bool{true}) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			if c.on != nil && c.on(p) {
				t.Fatal("it is on before anybody asked")
			}
			if err := p.Fault(t.Context(), c.line); err != nil {
				t.Fatal(err)
			}
			if c.on == nil {
				return
			}
			if !c.on(p) {
				t.Fatal("it was taken, and is not on")
			}
			if err := p.Mend(t.Context()); err != nil {
				t.Fatal(err)
			}
			if name != "Redis down" && c.on(p) {
				t.Error("it is still on after everything was mended")
			}
		})
	}
}

func active(want cloudrun.Fault) func(*practice) bool {
	return func(p *practice) bool { return cmp.Equal(p.cloud.Faults().Active(), []cloudrun.Fault{want}) }
}

func sends(service string, rate float64) func(*practice) bool {
	return func(p *practice) bool { return p.cloud.TrafficRate(service) == rate }
}

func monitored(want monitoring.Fault) func(*practice) bool {
	return func(p *practice) bool { return p.monitor.Fault() == want }
}

func scanned(want scans.Fault) func(*practice) bool {
	return func(p *practice) bool { return p.scans.Fault() == want }
}

func kept(want secrets.Fault) func(*practice) bool {
	return func(p *practice) bool { return cmp.Equal(p.secrets.Fault(), want) }
}

// ask calls a method of the practice Slack; 0 is no answer.
func ask(p *practice, method string) (int, string) {
	server := httptest.NewServer(p.workspace.Handler())
	defer server.Close()
	req, err := http.NewRequest(http.MethodPost, server.URL+"/api/"+method, strings.NewReader("channel=C0ONCALL&text=x&ts=1&user=U0ALICE"))
	if err != nil {
		return -1, err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+workspace.BotToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return roundTrip(server.Client(), req)
}

func roundTrip(client *http.Client, req *http.Request) (int, string) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, body.String()
}

func status(method string, want int) func(*practice) bool {
	return func(p *practice) bool { got, _ := ask(p, method); return got == want }
}

func answers(method, want string) func(*practice) bool {
	return func(p *practice) bool { _, body := ask(p, method); return strings.Contains(body, want) }
}

func registryStatus(p *practice) int {
	req, err := http.NewRequest(http.MethodGet, "http://"+p.registry.Addr()+"/v2/", nil)
	if err != nil {
		return -1
	}
	got, _ := roundTrip(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, req)
	return got
}

func TestFaultThatWouldDoNothingIsRefused(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for line, says := range map[string]string{
		"":                                   "is not a fault; there are:",
		"cloudrun":                           "is not a fault; there are:",
		"moon down":                          `nothing is called "moon"; there are:`,
		"cloudrun refus UpdateService":       `no fault is called "refus"`,
		"cloudrun refuse UpdateServce":       `"UpdateServce" is no call of Cloud Run such as UpdateService`,
		"cloudrun refuse UpdateService 3":    `"3" means nothing to "cloudrun"`,
		"cloudrun refuse time=3":             `time= means nothing to "cloudrun"`,
		"cloudrun refuse times=x":            "times=x is not a number",
		"cloudrun refuse times=-1":           "times=-1 is not a number",
		"cloudrun refuse code=NOPE":          "code=NOPE is not a gRPC code such as UNAVAILABLE",
		"cloudrun delay delay=2":             "delay=2 is not a time such as 2s",
		"app unhealthy":                      "of which version? For example: app v1.2.4 unhealthy",
		"app errors=5%":                      "of which version?",
		"app v1.2.4 sick":                    `"sick" means nothing to "app"`,
		"app v1.2.4 errors=many":             "errors=many is not a percentage such as 5%",
		"app v1.2.4 errors=500%":             "errors=500% is not a percentage",
		"app v1.2.4 latency=-1s":             "latency=-1s is not a time",
		"slack chat.postMesage status=500":   `"chat.postMesage" is no method of the practice Slack`,
		"slack chat.update stauts=500":       `stauts= means nothing to "slack"`,
		"slack chat.update lose-replies":     `"lose-replies" means nothing to "slack"`,
		"slack down 5s":                      "slack down takes nothing after it",
		"slack disconnect":                   "takes one reason: warning, refresh_requested, link_disabled",
		"slack disconnect because":           "takes one reason",
		"registry dwon":                      `"dwon" means nothing to "registry"`,
		"registry slow=soon":                 "slow=soon is not a time",
		`app v1.2.4 message="half`:           "a quote is not closed in app v1.2.4",
		"app v1.2.4 cpu=fast":                "cpu=fast is not a percentage",
		"app v1.2.4 memory=101%":             "memory=101% is not a percentage",
		"traffic much":                       `how many requests a second? For example: traffic 2/s, not "much"`,
		"traffic -1":                         "-1 requests a second are not between 0 and 2000",
		"traffic NaN":                        "NaN requests a second are not between",
		"traffic 5/s service=nobody":         `no service is called "nobody"`,
		"traffic 5/s 6/s":                    `"6/s" means nothing to "traffic"`,
		"traffic 5/s rate=6":                 `rate= means nothing to "traffic"`,
		"monitoring away":                    `"away" means nothing to "monitoring"`,
		"monitoring latte=3s":                `latte= means nothing to "monitoring"`,
		"monitoring late=soon":               "late=soon is not a time",
		"monitoring slow=soon":               "slow=soon is not a time",
		"monitoring refuse=NOPE":             "refuse=NOPE is not a gRPC code such as UNAVAILABLE",
		"monitoring refuse=OK":               "refuse=OK refuses nothing",
		"monitoring down late=3s":            "say monitoring down, or monitoring up",
		"logging late":                       "say logging down, or logging up",
		"logging down slow=1s":               "say logging down, or logging up",
		"app v1.2.4 broken":                  `"broken" means nothing to "app"`,
		"app v1.2.4 broken=me":               "broken=me is not a path such as /api/v1/me",
		"secrets":                            "is not a fault; there are:",
		"secrets gone":                       "say secrets down, secrets up, secrets missing NAME, or secrets denied NAME",
		"secrets down api-key":               "say secrets down",
		"secrets missing":                    "say secrets down",
		"secrets missing nothing":            `no secret is called "nothing"; there are: api-key, database-url`,
		"secrets denied api-key slow=1s":     "say secrets down",
		"database full":                      `"full" means nothing to "database"`,
		"database instance=db":               "how many of its connections?",
		"database connections=all":           "connections=all is not a percentage",
		"database connections=5% instance=x": `no database instance is called "x"; there are: db`,
		"redis gone":                         "say redis down, or redis up",
	} {
		err := p.Fault(t.Context(), line)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %q", line, err, says)
		}
	}
	if p.monitor.Fault() != (monitoring.Fault{}) || p.logs.IsDown() || !kept(secrets.Fault{})(p) || p.cloud.TrafficRate(production) != 0 {
		t.Error("something of what was refused is on")
	}
	if on := p.cloud.Faults().Active(); len(on) > 0 {
		t.Errorf("switched on all the same: %v", on)
	}
}

func TestAppFaultReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for _, line := range []string{"app v1.2.4 unhealthy says=v9 latency=1s broken=/api/v1/me", "app v1.2.4 crash"} {
		if err := p.Fault(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	b := p.cloud.Behaviour(production, "v1.2.4")
	if b.Unhealthy() || b.Version() != "" || b.Latency() != 0 || b.Broken("/api/v1/me") || !b.CrashOnStart() {
		t.Error("it adds up")
	}
}

func TestRedisOfAnotherIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPractice(t, func(s *control.Server) { s.Redis = nil })
	if err := p.Fault(t.Context(), "redis down"); err == nil || !strings.Contains(err.Error(), "a Redis of yours") {
		t.Errorf("redis down: %v", err)
	}
	if err := p.Mend(t.Context()); err != nil {
		t.Errorf("mend: %v", err)
	}
}

func TestUsageNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	lines := strings.Split(control.FaultUsage, "\n")
	if len(lines) < 6 {
		t.Fatalf("usage:\n%s", control.FaultUsage)
	}
	kinds := strings.Split(strings.Split(lines[0], "   ")[1], ", ")
	for _, kind := range kinds {
		if err := p.Fault(t.Context(), "cloudrun "+kind); err != nil {
			t.Errorf("the usage names %s: %v", kind, err)
		}
	}
	err := p.Fault(t.Context(), "cloudrun nothing")
	if err == nil {
		t.Fatal("a kind that is none was taken")
	}
	known := strings.Fields(strings.Trim(err.Error()[strings.Index(err.Error(), "["):], "[]"))
	if diff := cmp.Diff(known, kinds); diff != "" {
		t.Errorf("kinds of Cloud Run's faults, in the code and in the usage (-code +usage):\n%s", diff)
	}
}

func TestWhatPeopleCannotDoIsSaid(t *testing.T) {
	t.Parallel()
	p, ctx := newPractice(t), t.Context()
	private := func(person string) error { _, err := p.Private(ctx, person); return err }
	channel := func(name string) error { _, err := p.Channel(ctx, name); return err }
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"a stranger types":         {p.Type(ctx, "nobody", "devops-oncall", "hello"), "nobody"},
		"somewhere else":           {p.Type(ctx, "alice", "nowhere", "hello"), "nowhere"},
		"a button that is not":     {p.Click(ctx, "alice", "devops-oncall", "Launch", false), "no such button; there is no button at all"},
		"a button that never was":  {p.Click(ctx, "alice", "devops-oncall", "Launch", true), "no such button"},
		"a channel that is not":    {channel("nowhere"), "nowhere"},
		"what a stranger is shown": {private("nobody"), "nobody"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", name, c.err, c.says)
		}
	}
}

func TestAFormIsFilledInOnceItIsOpen(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	slackServer := httptest.NewServer(p.workspace.Handler())
	t.Cleanup(slackServer.Close)
	p.workspace.SetBaseURL(slackServer.URL)
	api := slack.New(workspace.BotToken, slack.OptionAppLevelToken(workspace.AppToken), slack.OptionAPIURL(slackServer.URL+"/api/"), slack.OptionHTTPClient(slackServer.Client()))
	mode := socketmode.New(api)
	ctx, cancel := context.WithCancel(t.Context())
	var bot sync.WaitGroup
	bot.Go(func() { _ = mode.RunContext(ctx) })
	t.Cleanup(func() {
		cancel()
		bot.Wait()
	})
	triggers, reasons := make(chan string, 1), make(chan string, 1)
	bot.Go(func() {
		for {
			select {
			case e := <-mode.Events:
				switch data := e.Data.(type) {
				case slack.SlashCommand:
					_ = mode.Ack(*e.Request)
					triggers <- data.TriggerID
				case slack.InteractionCallback:
					_ = mode.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"why": "say more"}))
					reasons <- data.View.State.Values["why"]["reason"].Value
				}
			case <-ctx.Done():
				return
			}
		}
	})
	if err := p.workspace.Wait(ctx, func() bool { return len(p.workspace.Connections()) == 1 }); err != nil {
		t.Fatal(err)
	}
	if err := p.Type(ctx, "bob", "devops-oncall", "/deploy"); err != nil {
		t.Fatal(err)
	}
	plain := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	filled := make(chan error, 1)
	go func() { filled <- p.Fill(ctx, "bob", map[string]string{"Reason": "internal service"}) }()
	view := slack.ModalViewRequest{Type: slack.VTModal, Title: plain("Waive"), Submit: plain("Waive it"), Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewInputBlock("why", plain("Reason"), nil, slack.NewPlainTextInputBlockElement(nil, "reason"))}}}
	if _, err := api.OpenViewContext(ctx, <-triggers, view); err != nil {
		t.Fatal(err)
	}
	if err := <-filled; err != nil {
		t.Fatal(err)
	}
	if got := <-reasons; got != "internal service" {
		t.Errorf("sent %q", got)
	}
	if seen, err := p.Private(ctx, "bob"); err != nil || !strings.Contains(seen, "form: Waive\n") || !strings.Contains(seen, "⚠ Reason: say more") {
		t.Errorf("bob sees %s, %v", seen, err)
	}
}

func TestRequestThatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"no JSON":            {http.MethodPost, "/v1/type", "hello", http.StatusBadRequest},
		"an unknown key":     {http.MethodPost, "/v1/type", `{"person":"alice","txt":"hello"}`, http.StatusBadRequest},
		"far too much":       {http.MethodPost, "/v1/type", `{"person":"` + strings.Repeat("a", 1<<20) + `"}`, http.StatusBadRequest},
		"no such place":      {http.MethodGet, "/v1/elsewhere", "", http.StatusNotFound},
		"the wrong way":      {http.MethodGet, "/v1/type", "", http.StatusMethodNotAllowed},
		"no modal is open":   {http.MethodPost, "/v1/submit", `{"person":"alice"}`, http.StatusConflict},
		"no such message":    {http.MethodGet, "/v1/thread?message=1", "", http.StatusNotFound},
		"traffic of no rate": {http.MethodPost, "/v1/traffic", `{"service":"coditect-app-production"}`, http.StatusBadRequest},
		"traffic to nobody":  {http.MethodPost, "/v1/traffic", `{"service":"nobody","rate":2}`, http.StatusBadRequest},
		"traffic by a word":  {http.MethodPost, "/v1/traffic", `{"rate":2,"speed":3}`, http.StatusBadRequest},
		"a mark of nothing":  {http.MethodGet, "/v1/changes?after=last", "", http.StatusBadRequest},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, p.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if got, body := roundTrip(p.HTTP, req); got != c.want {
			t.Errorf("%s: %d, want %d: %s", name, got, c.want, body)
		}
	}
}

func TestWhatIsTypedIsSeen(t *testing.T) {
	t.Parallel()
	p, ctx := newPractice(t), t.Context()
	if err := p.Type(ctx, "alice", "devops-oncall", "good morning"); err != nil {
		t.Fatal(err)
	}
	if seen, err := p.Channel(ctx, "devops-oncall"); err != nil || !strings.Contains(seen, "alice") || !strings.Contains(seen, "good morning") {
		t.Errorf("the channel shows %q, %v", seen, err)
	}
	if seen, err := p.Thread(ctx, "devops-oncall"); err != nil || !strings.Contains(seen, "no thread yet") {
		t.Errorf("the thread shows %q, %v", seen, err)
	}
	// There is no bot: the command fails, and only she hears of it.
	if err := p.Type(ctx, "alice", "devops-oncall", "/deploy coditect-app v1.2.4"); err != nil {
		t.Fatal(err)
	}
	if seen, err := p.Private(ctx, "alice"); err != nil || !strings.Contains(seen, "dispatch_failed") {
		t.Errorf("alice was shown %q, %v", seen, err)
	}
	all, _, err := p.Everything(ctx, "alice", "devops-oncall")
	if err != nil || len(all.Posts) != 2 || all.Posts[1].OnlyFor != "alice" {
		t.Errorf("alice sees %+v, %v", all, err)
	}
}

func TestWaitingForAChange(t *testing.T) {
	t.Parallel()
	p, ctx := newPractice(t), t.Context()
	mark, err := p.Changed(ctx, 0)
	if err != nil || mark < 1 {
		t.Fatalf("the first mark is %d, %v", mark, err)
	}
	type answer struct {
		mark int64
		err  error
	}
	wait := func(ctx context.Context, after int64) <-chan answer {
		out := make(chan answer, 1)
		go func() {
			next, err := p.Changed(ctx, after)
			out <- answer{next, err}
		}()
		return out
	}
	for name, change := range map[string]func() error{
		"in Slack":     func() error { return p.Type(ctx, "bob", "devops-oncall", "hello") },
		"in Cloud Run": func() error { return p.cloud.Faults().Inject(cloudrun.Fault{Kind: cloudrun.Refuse}) },
	} {
		waiting := wait(ctx, mark)
		select {
		case a := <-waiting:
			t.Fatalf("answered %d, %v before anything changed %s", a.mark, a.err, name)
		case <-time.After(30 * time.Millisecond):
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		a := <-waiting
		if a.err != nil || a.mark <= mark {
			t.Fatalf("answered %d, %v after a change %s; the mark was %d", a.mark, a.err, name, mark)
		}
		mark = p.rest(t, a.mark)
	}

	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if a := <-wait(short, mark); !errors.Is(a.err, context.DeadlineExceeded) || a.mark != mark {
		t.Errorf("who stops waiting gets %d, %v", a.mark, a.err)
	}
	waiting := wait(ctx, mark)
	p.stop()
	if a := <-waiting; a.err != nil || a.mark != mark {
		t.Errorf("at the end of the sandbox who waits gets %d, %v", a.mark, a.err)
	}
}

// rest waits until nothing changes any more: one thing that happens may be several changes.
func (p *practice) rest(t *testing.T, mark int64) int64 {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		next, err := p.Changed(ctx, mark)
		cancel()
		if err != nil {
			return mark
		}
		mark = next
	}
}

func TestTheChecklistIsForgotten(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	if err := p.Fault(t.Context(), "checklist forgotten"); err != nil || p.forgotten != 1 {
		t.Errorf("forgotten %d times, %v", p.forgotten, err)
	}
	elsewhere := newPractice(t, func(s *control.Server) { s.Forget = nil })
	if err := elsewhere.Fault(t.Context(), "checklist forgotten"); err == nil || !strings.Contains(err.Error(), "not the sandbox's own") {
		t.Errorf("with a Redis of somebody else: %v", err)
	}
}
