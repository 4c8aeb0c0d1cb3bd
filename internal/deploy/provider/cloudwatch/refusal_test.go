package cloudwatch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudwatch"
	"slipway/internal/sandbox/awsapi"
)

func TestWhatAnErrorMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code   string
		status int
		want   deploy.Code
		says   string
	}{
		{"AccessDenied", 403, deploy.Forbidden, "cloudwatch:GetMetricData"},
		{"AccessDeniedException", 400, deploy.Forbidden, "cloudwatch:ListMetrics"},
		{"ExpiredTokenException", 400, deploy.Forbidden, "have expired"},
		{"ExpiredToken", 403, deploy.Forbidden, "have expired"},
		{"UnrecognizedClientException", 400, deploy.Forbidden, "AWS_PROFILE"},
		{"InvalidSignatureException", 403, deploy.Forbidden, "clock"},
		{"ThrottlingException", 400, deploy.Unavailable, "slow down"},
		{"Throttling", 400, deploy.Unavailable, "slow down"},
		{"ValidationError", 400, deploy.Invalid, "refuses the question"},
		{"InternalServiceFault", 500, deploy.Unavailable, "does not answer"},
		{"ServiceUnavailable", 503, deploy.Unavailable, "does not answer"},
	}
	for _, tc := range tests {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			p.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: tc.code, Message: "AWS's own words", Status: tc.status}})
			_, err := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}).Read(t.Context(), query(spec(time.Minute)))
			wantCode(t, err, tc.want, tc.says)
			if strings.Contains(deploy.Message(err), "own words") || !strings.Contains(err.Error(), "own words") {
				t.Errorf("the source's own words belong into the chain only: %v", err)
			}
		})
	}
}

func TestAReadingIsRepeatedWhileTheSourceIsAway(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Count: 2})
	if _, err := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}).Read(t.Context(), query(spec(time.Minute))); err != nil {
		t.Error(err)
	}
	if n := len(p.api.Calls()); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
}

func TestASourceThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Hang()
	c := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{Timeout: 20 * time.Millisecond})
	_, read := c.Read(t.Context(), query(spec(time.Minute)))
	_, logs := c.Errors(t.Context(), deploy.LogQuery{Service: ref, Revision: candidate, From: start, To: end, Limit: 1})
	for name, err := range map[string]error{"read": read, "check": c.Check(t.Context(), ref, spec(time.Minute)), "logs": logs} {
		if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "did not answer within 20ms") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsAskedOnceItIsClosed(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	c := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{})
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, err := c.Read(t.Context(), query(spec(time.Minute)))
	wantCode(t, err, deploy.Unavailable, "closed")
	if n := p.Calls(); n != 0 {
		t.Errorf("%d questions", n)
	}
}

// turning gives other credentials each time it is asked, and counts how often connections were let go.
type turning struct {
	keys   chan string
	closed *atomic.Int32
}

// counted is an HTTP client whose connections are let go.
type counted struct {
	*http.Client

	closed *atomic.Int32
}

func (c counted) CloseIdleConnections() {
	c.closed.Add(1)
	c.Client.CloseIdleConnections()
}

func (x turning) config(_ context.Context, region string) (aws.Config, error) {
	select {
	case key := <-x.keys:
		return aws.Config{
			Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
			HTTPClient: counted{&http.Client{Transport: &http.Transport{}}, x.closed},
		}, nil
	default:
		return aws.Config{}, errors.New("a broken file")
	}
}

func TestCredentialsAreReadAgainWhenTheyWereNotTaken(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	keys := make(chan string, 2)
	keys <- "AKIDOLD"
	keys <- "AKIDNEW"
	closed := &atomic.Int32{}
	c := cloudwatch.New(places(nil), &cloudwatch.Options{Endpoint: "http://" + p.api.Addr(), Config: turning{keys, closed}.config})
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	read := func() error {
		_, err := c.Read(t.Context(), query(spec(time.Minute)))
		return err
	}
	p.api.Inject(awsapi.Fault{Kind: awsapi.Expired, Count: 1})
	wantCode(t, read(), deploy.Forbidden, "have expired")
	for range 2 {
		if err := read(); err != nil {
			t.Errorf("with new ones: %v", err)
		}
	}
	p.api.Inject(awsapi.Fault{Kind: awsapi.Expired, Count: 1})
	wantCode(t, read(), deploy.Forbidden, "have expired")
	wantCode(t, read(), deploy.Forbidden, "configuration cannot be read")
	if n := closed.Load(); n != 2 {
		t.Errorf("the connections of %d clients were let go, want 2", n)
	}
}

func TestWithoutCredentialsNothingIsAsked(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	c := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{Credentials: credentials.NewStaticCredentialsProvider("", "", "")})
	_, err := c.Read(t.Context(), query(spec(time.Minute)))
	wantCode(t, err, deploy.Forbidden, "AWS_PROFILE")
	if n := p.Calls(); n != 0 {
		t.Errorf("%d questions", n)
	}
}

func TestTheEnvironmentSaysWhereItIs(t *testing.T) {
	p := newPractice(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://"+p.api.Addr())
	t.Setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://"+p.api.Addr())
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	p.Log(group, "web/app/1", start.Add(2*time.Minute), "ERROR boom")
	p.Write(ref.Name, candidate, start, 20, busy)
	c := cloudwatch.New(places{candidate: {LogGroup: group, TargetGroup: place(ref.Name, candidate).TargetGroup, LoadBalancer: balancer}}, nil)
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if m := read(t, c, query(spec(time.Minute))).Revisions[candidate]; m.Requests != 10 {
		t.Errorf("%+v", m)
	}
	if got := texts(t, c, logQuery(1)); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// lost does not find where anything is.
type lost struct{ err error }

func (l lost) Place(context.Context, deploy.ServiceRef, deploy.RevisionName) (cloudwatch.Place, error) {
	return cloudwatch.Place{}, l.err
}

func (l lost) Tasks(context.Context, deploy.ServiceRef, deploy.RevisionName) ([]string, error) {
	return nil, l.err
}

func TestAPlaceThatIsNotKnownIsNoAnswer(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	c := connect(t, p.api.Addr(), lost{&deploy.Error{Code: deploy.Unavailable, Msg: "ECS does not answer"}}, cloudwatch.Options{})
	_, err := c.Read(t.Context(), query(spec(time.Minute)))
	wantCode(t, err, deploy.Unavailable, "ECS does not answer")
	_, err = c.Errors(t.Context(), deploy.LogQuery{Service: ref, Revision: candidate, From: start, To: end, Limit: 1})
	wantCode(t, err, deploy.Unavailable, "ECS does not answer")
}

func TestCheckNamesTheDatabaseThatIsMissingInTheCatalog(t *testing.T) {
	t.Parallel()
	s := only(deploy.Objective{Metric: deploy.Connections})
	p := newPractice(t)
	wantCode(t, connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}).Check(t.Context(), ref, s), deploy.Invalid, "RDS")
}

func TestCheckNamesTheClusterThatIsMissing(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, candidate, start, 20, busy)
	other := ref
	other.Project = "misspelt"
	err := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}).Check(t.Context(), other, spec(time.Minute))
	wantCode(t, err, deploy.NotFound, "CPUUtilization of services of the cluster misspelt in us-east-1")
}
