package awsapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/sandbox/awsapi"
)

// counting is a server whose operations count how often they were carried out.
func counting(t *testing.T, tries int) (*practice, *atomic.Int64) {
	t.Helper()
	carriedOut := &atomic.Int64{}
	return start(t, tries,
		ecsAPI("DescribeServices", awsapi.Op(func(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
			carriedOut.Add(1)
			return nil, nil
		})),
		elbAPI("DescribeTargetGroups", awsapi.Op(func(context.Context, *elasticloadbalancingv2.DescribeTargetGroupsInput) (*elasticloadbalancingv2.DescribeTargetGroupsOutput, error) {
			carriedOut.Add(1)
			return nil, nil
		})),
	), carriedOut
}

func TestTheSDKTriesAgainAfterFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact       string
		fault      awsapi.Fault
		call       func(*practice) error
		carriedOut int64
		log        []string
	}{
		{"throttling in JSON", awsapi.Fault{Kind: awsapi.Refuse, Count: 2}, clusterOf, 1,
			[]string{"ecs.DescribeServices → ThrottlingException (refuse)", "ecs.DescribeServices → ThrottlingException (refuse)", "ecs.DescribeServices → OK"}},
		{"throttling in Query", awsapi.Fault{Kind: awsapi.Refuse, Count: 1}, groupsOf, 1,
			[]string{"elasticloadbalancing.DescribeTargetGroups → ThrottlingException (refuse)", "elasticloadbalancing.DescribeTargetGroups → OK"}},
		{"an answer that is lost", awsapi.Fault{Kind: awsapi.LoseAnswer, Count: 1}, clusterOf, 2,
			[]string{"ecs.DescribeServices → OK (lose-answer)", "ecs.DescribeServices → OK"}},
		{"an error of the server", awsapi.Fault{Kind: awsapi.Refuse, Count: 1, Error: awsapi.Error{Code: "ServerException", Message: "broken", Status: 500}}, clusterOf, 1,
			[]string{"ecs.DescribeServices → ServerException (refuse)", "ecs.DescribeServices → OK"}},
		{"of this operation of this API", awsapi.Fault{Kind: awsapi.Refuse, Count: 1, Operation: "ecs.DescribeServices"}, clusterOf, 1,
			[]string{"ecs.DescribeServices → ThrottlingException (refuse)", "ecs.DescribeServices → OK"}},
		{"of this operation of another API", awsapi.Fault{Kind: awsapi.Refuse, Operation: "logs.DescribeServices"}, clusterOf, 1,
			[]string{"ecs.DescribeServices → OK"}},
		{"of another operation", awsapi.Fault{Kind: awsapi.Refuse, Operation: "UpdateService"}, clusterOf, 1, []string{"ecs.DescribeServices → OK"}},
		{"a late answer that comes in time", awsapi.Fault{Kind: awsapi.Late, Delay: time.Millisecond}, clusterOf, 1, []string{"ecs.DescribeServices → OK (late)"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p, carriedOut := counting(t, 3)
			p.Inject(c.fault)
			if err := c.call(p); err != nil {
				t.Fatal(err)
			}
			if n := carriedOut.Load(); n != c.carriedOut {
				t.Errorf("carried out %d times, want %d", n, c.carriedOut)
			}
			var log []string
			for _, call := range p.Calls() {
				log = append(log, call.String())
			}
			if diff := cmp.Diff(c.log, log); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnExpiredTokenIsSaidAsEachProtocolSaysIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact, code string
		status     int
		call       func(*practice) error
	}{
		{"JSON", "ExpiredTokenException", http.StatusBadRequest, clusterOf},
		{"Query", "ExpiredToken", http.StatusForbidden, groupsOf},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p, carriedOut := counting(t, 1)
			p.Inject(awsapi.Fault{Kind: awsapi.Expired})
			err := c.call(p)
			var api smithy.APIError
			var said interface{ HTTPStatusCode() int }
			if !errors.As(err, &api) || api.ErrorCode() != c.code || !errors.As(err, &said) || said.HTTPStatusCode() != c.status {
				t.Errorf("%v, want %d %s", err, c.status, c.code)
			}
			p.ClearFaults()
			if err := c.call(p); err != nil || carriedOut.Load() != 1 {
				t.Errorf("once the faults are cleared: %v, carried out %d times", err, carriedOut.Load())
			}
		})
	}
}

func TestACallThatIsNotAnsweredEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact       string
		fault      awsapi.Fault
		done       bool // when the caller goes
		carriedOut int64
	}{
		{"never answered: nothing is carried out", awsapi.Fault{Kind: awsapi.NeverAnswer}, false, 0},
		{"answered far too late: it was carried out", awsapi.Fault{Kind: awsapi.Late, Delay: time.Hour}, true, 1},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p, carriedOut := counting(t, 1)
			p.Inject(c.fault)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			p.OnCall(func(heard awsapi.Call) {
				if heard.Done == c.done {
					giveUp()
				}
			})
			if _, err := p.ecs().DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{"coditect-app"}}); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want the caller to have gone", err)
			}
			if n := carriedOut.Load(); n != c.carriedOut {
				t.Errorf("carried out %d times, want %d", n, c.carriedOut)
			}
		})
	}
}

func TestWhatIsUnderWayGoesOnWhenTheCallerGoes(t *testing.T) {
	t.Parallel()
	came := errors.New("it was not called")
	s := awsapi.New(nil)
	s.Handle(ecsAPI("DescribeServices", awsapi.Op(func(ctx context.Context, _ *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		came = ctx.Err()
		return nil, nil
	})))
	ctx, gone := context.WithCancel(t.Context())
	gone()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DescribeServices")
	r.Header.Set("Authorization", sign)
	s.ServeHTTP(httptest.NewRecorder(), r)
	if came != nil {
		t.Error(came)
	}
}

func TestCloseEndsCallsThatAreNeverAnswered(t *testing.T) {
	t.Parallel()
	p, _ := counting(t, 1)
	p.Inject(awsapi.Fault{Kind: awsapi.NeverAnswer})
	arrived := make(chan struct{}, 1)
	p.OnCall(func(awsapi.Call) { arrived <- struct{}{} })
	came := make(chan error, 1)
	go func() { came <- clusterOf(p) }()
	<-arrived
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-came; err == nil {
		t.Error("the call was answered")
	}
	if err := p.Start(""); err == nil {
		t.Error("a closed server was started")
	}
}

func TestCallsAreWrittenDown(t *testing.T) {
	t.Parallel()
	p, _ := counting(t, 1)
	heard := make(chan awsapi.Call, 2)
	p.OnCall(func(c awsapi.Call) { heard <- c })
	if err := clusterOf(p); err != nil {
		t.Fatal(err)
	}
	in := &ecs.DescribeServicesInput{Services: []string{"coditect-app"}}
	want := awsapi.Call{At: noon, API: "ecs", Operation: "DescribeServices", Done: true, Input: in}
	ofInput := cmpopts.IgnoreUnexported(ecs.DescribeServicesInput{})
	if diff := cmp.Diff([]awsapi.Call{want}, p.Calls(), ofInput); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	arrived := want
	arrived.Done = false
	if diff := cmp.Diff([]awsapi.Call{arrived, want}, []awsapi.Call{<-heard, <-heard}, ofInput); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	p.ForgetCalls()
	if calls := p.Calls(); len(calls) != 0 {
		t.Errorf("forgotten, and still there: %v", calls)
	}
}

func TestFaultsAreUsedUp(t *testing.T) {
	t.Parallel()
	p, _ := counting(t, 1)
	p.Inject(awsapi.Fault{Kind: awsapi.Refuse, Count: 2})
	for i, want := range []int{1, 0} {
		if err := clusterOf(p); err == nil {
			t.Error("the fault did not happen")
		}
		if left := p.Faults(); len(left) != want || want == 1 && left[0].Count != 1 {
			t.Errorf("after %d: %v", i+1, left)
		}
	}
	if err := clusterOf(p); err != nil {
		t.Error(err)
	}
}

func TestServes(t *testing.T) {
	t.Parallel()
	p, _ := counting(t, 1)
	for operation, want := range map[string]bool{
		"DescribeServices": true, "ecs.DescribeServices": true, "elasticloadbalancing.DescribeTargetGroups": true,
		"DescribeService": false, "elasticloadbalancing.DescribeServices": false, "ecs.": false, "ecs": false, "": false,
	} {
		if got := p.Serves(operation); got != want {
			t.Errorf("%q is served: %v", operation, got)
		}
	}
}
