package elb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"slipway/internal/sandbox/elb"
)

func TestRequestsAreSharedExactlyByWeight(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name        string
		blue, green int
		n           int
		want        map[string]int
	}{
		{"ten percent of ten is one", 90, 10, 10, map[string]int{"blue": 9, "green": 1}},
		{"one percent of a hundred is one", 99, 1, 100, map[string]int{"blue": 99, "green": 1}},
		{"a half of four is two", 1, 1, 4, map[string]int{"blue": 2, "green": 2}},
		{"nothing means nothing", 100, 0, 20, map[string]int{"blue": 20}},
		{"no weight at all means no answer", 0, 0, 3, map[string]int{"503 Service Temporarily Unavailable": 3}},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, elb.Options{}).both()
			weigh(p, x.blue, x.green)
			same(t, "answers", x.want, p.split(p.lb.URL(), x.n))
			same(t, "the test listener, which has weights of its own", map[string]int{"blue": 2}, p.split(p.lb.TestURL(), 2))
		})
	}
}

func TestTrafficFollowsWeightsOnlyAfterSettle(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Settle: 30 * time.Second}).both()
	weigh(p, 0, 100)
	p.clock.Advance(10 * time.Second)
	weigh(p, 50, 50)
	configured, _ := p.Weights(p.lb.Rule)
	same(t, "configured", map[string]int{p.blue: 50, p.green: 50}, configured)
	for _, x := range []struct {
		after       time.Duration
		blue, green int
		want        map[string]int
	}{
		{19 * time.Second, 100, 0, map[string]int{"blue": 4}},
		{time.Second, 0, 100, map[string]int{"green": 4}}, // the first change, though there is a second one
		{9 * time.Second, 0, 100, map[string]int{"green": 4}},
		{time.Second, 50, 50, map[string]int{"blue": 2, "green": 2}},
	} {
		p.clock.Advance(x.after)
		same(t, "in effect", map[string]int{p.blue: x.blue, p.green: x.green}, p.InEffect(p.lb.Rule))
		same(t, "answers", x.want, p.split(p.lb.URL(), 4))
	}
}

func TestHeldWeightsWaitForFinish(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Hold: true, Settle: time.Second}).both()
	weigh(p, 0, 100)
	p.clock.Advance(time.Hour)
	same(t, "before", map[string]int{"blue": 3}, p.split(p.lb.URL(), 3))
	p.Finish()
	same(t, "after", map[string]int{"green": 3}, p.split(p.lb.URL(), 3))
	same(t, "in effect", map[string]int{p.blue: 0, p.green: 100}, p.InEffect(p.lb.Rule))
}

func TestAChangeThatIsOnItsWayDoesNotUndoALaterOne(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{Settle: 30 * time.Second}).both()
	weigh(p, 0, 100)
	if err := p.SetActions(p.lb.Rule, elb.Forward(elb.Share(p.blue, 7))); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(time.Minute)
	same(t, "in effect", map[string]int{p.blue: 7}, p.InEffect(p.lb.Rule))
}

func TestWhoDoesNotWaitForTheAnswerIsNoError(t *testing.T) {
	t.Parallel()
	heard := &sink{}
	p := start(t, elb.Options{Metrics: heard})
	arrived, left := make(chan struct{}), make(chan struct{})
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-r.Context().Done()
			close(left)
		}
	}))
	t.Cleanup(app.Close)
	p.add(p.blue, elb.Target{ID: "10.0.0.1", Port: 8080, Addr: strings.TrimPrefix(app.URL, "http://")})
	p.clock.Advance(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.lb.URL()+"/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { _, err := user.Do(req); over <- err }()
	<-arrived
	cancel()
	<-left
	if err := <-over; err == nil {
		t.Error("who left was answered")
	}
	until(t, "request is counted", func() bool { return len(p.Counts("coditect")) > 0 })
	same(t, "counts", map[string]elb.Count{"": {Requests: 1}}, p.Counts("coditect"))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, line := range heard.all {
		if !strings.HasPrefix(line, "hosts of") {
			t.Errorf("it was told: %s", line)
		}
	}
}

func TestStickinessBeatsWeights(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{}).both()
	sticky := elb.Forward(elb.Share(p.blue, 100), elb.Share(p.green, 0))
	sticky.ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(3600)}
	if err := p.SetActions(p.lb.Rule, sticky); err != nil {
		t.Fatal(err)
	}
	res, _ := ask(t, user, p.lb.URL())
	cookie := res.Cookies()[0]
	if cookie.Name != "AWSALBTG" || !cookie.Expires.Equal(noon.Add(time.Minute+time.Hour)) {
		t.Errorf("the cookie: %v", cookie)
	}
	back := func() string {
		_, body := ask(t, user, p.lb.URL(), "Cookie", cookie.Name+"="+cookie.Value)
		return body
	}
	weigh(p, 0, 100)
	if got := back(); got != "blue" {
		t.Errorf("who was held is answered by %s", got)
	}
	if _, got := ask(t, user, p.lb.URL()); got != "green" {
		t.Errorf("who is new is answered by %s", got)
	}
	p.RemoveTarget(p.blue, "10.0.0.1")
	if got := back(); got != "503 Service Temporarily Unavailable\n" {
		t.Errorf("who is held to an emptied group is answered %q", got)
	}
	p.clock.Advance(time.Hour)
	if got := back(); got != "green" {
		t.Errorf("after the cookie's time, answered by %s", got)
	}
}

func TestWithoutAHealthyTargetTheLoadBalancerAnswers(t *testing.T) {
	t.Parallel()
	heard := &sink{}
	p := start(t, elb.Options{Metrics: heard, HealthEvery: time.Hour})
	app := p.serves(p.blue, "10.0.0.1", "blue", nil)
	status := func() int {
		res, _ := ask(t, user, p.lb.URL()+"/api")
		return res.StatusCode
	}
	got := []int{status()}
	p.clock.Advance(time.Minute)
	got = append(got, status())
	app.Close() // and the next check is far off
	got = append(got, status())
	same(t, "statuses before it is healthy, while it answers, and when it no longer does", []int{503, 200, 502}, got)
	if err := p.Close(); err != nil { // what is in flight is told by then
		t.Fatal(err)
	}
	same(t, "counts", map[string]elb.Count{p.blue: {Requests: 1}, "": {Requests: 2, Errors: 2}}, p.Counts("coditect"))
	lb, blue := strings.TrimPrefix(suffix(p.lb.ARN), "loadbalancer/"), suffix(p.blue)
	if !strings.HasPrefix(lb, "app/coditect/") || !strings.HasPrefix(blue, "targetgroup/coditect-blue/") {
		t.Errorf("ARNs: %s, %s", p.lb.ARN, p.blue)
	}
	same(t, "metrics", []string{
		"hosts of " + blue + " " + lb + " 0/1", "no answer of  " + lb, "hosts of " + blue + " " + lb + " 1/0",
		blue + " " + lb + " 200", "no answer of " + blue + " " + lb,
	}, heard.all)
}

// suffix is an ARN without service, region and account.
func suffix(arn string) string { return strings.SplitN(arn, ":", 6)[5] }

type sink struct {
	mu  sync.Mutex
	all []string
}

func (s *sink) hear(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, fmt.Sprintf(format, args...))
}

func (s *sink) Request(group, balancer string, status int, _ time.Duration) {
	s.hear("%s %s %d", group, balancer, status)
}

func (s *sink) Unanswered(group, balancer string) { s.hear("no answer of %s %s", group, balancer) }

func (s *sink) Hosts(group, balancer string, healthy, unhealthy int) {
	s.hear("hosts of %s %s %d/%d", group, balancer, healthy, unhealthy)
}

func TestRulesAreTriedByPriority(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{})
	add := func(priority int, c types.RuleCondition, a types.Action) {
		t.Helper()
		if _, err := p.AddRule(p.lb.Listener, priority, []types.RuleCondition{c}, a); err != nil {
			t.Fatal(err)
		}
	}
	add(40, elb.PathIs("/admin*", "/*/secret?"), elb.Answer(403, "forbidden"))
	add(30, elb.HostIs("*.Example.com"), elb.Answer(200, "a host"))
	add(20, elb.HeaderIs("X-Canary", "yes*"), elb.Answer(200, "a header"))
	add(10, elb.PathIs("/old/*"), types.Action{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		StatusCode: types.RedirectActionStatusCodeEnumHttp301, Host: aws.String("new.example.com"), Path: aws.String("/new/#{path}"),
	}})
	if _, err := p.AddRule(p.lb.Listener, 40, nil, elb.Answer(200, "")); err == nil {
		t.Error("one priority was given twice")
	}
	for _, x := range []struct {
		path   string
		header []string
		want   string
	}{
		{"/admin/x", nil, "403 forbidden"},
		{"/a/b/secrets", nil, "403 forbidden"},
		{"/a/secret", nil, "503 503 Service Temporarily Unavailable"},
		{"/admin", []string{"Host", "shop.EXAMPLE.com:8080"}, "200 a host"},
		{"/admin", []string{"Host", "shop.example.com", "x-canary", "YES please"}, "200 a header"},
		{"/admin", []string{"x-canary", "no"}, "403 forbidden"},
		{"/old/x?y=1", []string{"Host", "shop.example.com"}, "301 https://new.example.com:443/new/old/x?y=1"},
	} {
		res, body := ask(t, user, p.lb.URL()+x.path, x.header...)
		got := fmt.Sprintf("%d %s", res.StatusCode, strings.TrimSpace(body))
		if to := res.Header.Get("Location"); to != "" {
			got = fmt.Sprintf("%d %s", res.StatusCode, to)
		}
		if got != x.want {
			t.Errorf("%s %v: %s, want %s", x.path, x.header, got, x.want)
		}
	}
}

func TestWhoHasNotLoggedInIsSentToDoSo(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{}).both()
	if err := p.SetActions(p.lb.Rule, ordered(login("s3cret"), elb.Forward(elb.Share(p.blue, 1)))...); err != nil {
		t.Fatal(err)
	}
	res, _ := ask(t, user, p.lb.URL())
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || to != "https://id.example.com/authorize?client_id=coditect" {
		t.Errorf("without a session: %d to %s", res.StatusCode, to)
	}
	if res, body := ask(t, user, p.lb.URL(), "Cookie", "AWSELBAuthSessionCookie-0=x"); body != "blue" {
		t.Errorf("with a session: %d %s", res.StatusCode, body)
	}
}

func login(secret string) types.Action {
	return types.Action{Type: types.ActionTypeEnumAuthenticateOidc, AuthenticateOidcConfig: &types.AuthenticateOidcActionConfig{
		Issuer: aws.String("https://id.example.com"), AuthorizationEndpoint: aws.String("https://id.example.com/authorize"),
		TokenEndpoint: aws.String("https://id.example.com/token"), UserInfoEndpoint: aws.String("https://id.example.com/user"),
		ClientId: aws.String("coditect"), ClientSecret: aws.String(secret),
	}}
}

// ordered gives actions their order.
func ordered(actions ...types.Action) []types.Action {
	for i := range actions {
		actions[i].Order = aws.Int32(int32(i + 1))
	}
	return actions
}

func TestPracticeUsersComeUntilTheyAreStopped(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{}).both()
	weigh(p, 50, 50)
	if err := p.StartTraffic("coditect", 100); err != nil {
		t.Fatal(err)
	}
	if got := p.TrafficRate(p.lb.ARN); got != 100 {
		t.Errorf("%g a second", got)
	}
	count := func() int { c := p.Counts("coditect"); return c[p.blue].Requests + c[p.green].Requests }
	until(t, "20 requests", func() bool { p.clock.Advance(10 * time.Millisecond); return count() >= 20 })
	p.StopTraffic("coditect")
	got := p.Counts("coditect")
	if d := got[p.blue].Requests - got[p.green].Requests; d < -1 || d > 1 || got[p.blue].Errors+got[p.green].Errors+got[""].Errors > 0 {
		t.Errorf("counts: %v", got)
	}
	p.clock.Advance(time.Minute)
	same(t, "after they were stopped", got, p.Counts("coditect"))
	if p.TrafficRate("coditect") != 0 || p.StartTraffic("nothing", 1) == nil || p.StartTraffic("coditect", -1) == nil {
		t.Error("a rate of what was stopped, or traffic that cannot be")
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("no %s within %s", what, within)
		}
	}
}
