package elb_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/elb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within bounds every wait, on however busy a machine.
const within = 60 * time.Second

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// practice is a load balancer in front of two target groups, on a clock that the test drives.
type practice struct {
	*elb.Server
	t           *testing.T
	clock       *elb.ManualClock
	blue, green string
	lb          elb.LoadBalancer
}

func start(t *testing.T, opts elb.Options) *practice {
	t.Helper()
	p := &practice{t: t, clock: elb.NewManualClock(noon)}
	if opts.Clock == nil {
		opts.Clock = p.clock
	}
	p.Server = elb.New(&opts)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	p.blue, p.green = p.AddTargetGroup("coditect-blue", "/health", 8080), p.AddTargetGroup("coditect-green", "/health", 8080)
	var err error
	if p.lb, err = p.AddLoadBalancer("coditect", p.blue, p.green); err != nil {
		t.Fatal(err)
	}
	return p
}

// serves puts a target that listens into a group. status is what it answers under /health.
func (p *practice) serves(group, id, body string, status func() int) *httptest.Server {
	p.t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && status != nil {
			w.WriteHeader(status())
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	p.t.Cleanup(app.Close)
	p.add(group, elb.Target{ID: id, Port: 8080, Addr: strings.TrimPrefix(app.URL, "http://")})
	return app
}

func (p *practice) add(group string, target elb.Target) {
	p.t.Helper()
	if err := p.AddTarget(group, target); err != nil {
		p.t.Fatal(err)
	}
}

// both has a healthy target in each group, which says the colour.
func (p *practice) both() *practice {
	p.serves(p.blue, "10.0.0.1", "blue", nil)
	p.serves(p.green, "10.0.0.2", "green", nil)
	p.clock.Advance(time.Minute)
	return p
}

// api is the real client in front of the server.
func (p *practice) api() *elbv2.Client {
	p.t.Helper()
	return elbv2.New(elbv2.Options{
		Region: elb.Region, BaseEndpoint: aws.String("http://" + p.wire()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAPRACTICE", "practice", ""),
	})
}

// wire is the address of an API server.
func (p *practice) wire() string {
	p.t.Helper()
	wire := awsapi.New(nil)
	wire.Handle(p.API())
	if err := wire.Start(""); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = wire.Close() })
	return wire.Addr()
}

// user is somebody without cookies who does not follow redirects.
var user = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ask asks once and gives the status and the body.
func ask(t *testing.T, client *http.Client, url string, header ...string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// split asks n times and counts the answers.
func (p *practice) split(url string, n int) map[string]int {
	p.t.Helper()
	got := map[string]int{}
	for range n {
		_, body := ask(p.t, user, url)
		got[strings.TrimSpace(body)]++
	}
	return got
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func weigh(p *practice, blue, green int) {
	p.t.Helper()
	if err := p.SetWeights(p.lb.Rule, map[string]int{p.blue: blue, p.green: green}); err != nil {
		p.t.Fatal(err)
	}
}

// health is what the API says of a group's targets: ID to state and reason.
func (p *practice) health(group string) map[string]string {
	p.t.Helper()
	out, err := p.DescribeTargetHealth(p.t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		p.t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range out.TargetHealthDescriptions {
		got[*d.Target.Id] = strings.TrimSpace(string(d.TargetHealth.State) + " " + string(d.TargetHealth.Reason))
	}
	return got
}

func forwardOf(t *testing.T, rules []types.Rule) *types.ForwardActionConfig {
	t.Helper()
	if len(rules) != 1 || len(rules[0].Actions) == 0 {
		t.Fatalf("rules: %+v", rules)
	}
	return rules[0].Actions[len(rules[0].Actions)-1].ForwardConfig
}
