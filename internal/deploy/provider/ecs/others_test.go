package ecs_test

import (
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
)

func TestDeploymentOfSomebodyElseIsNotTouched(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.byHand()
			if s := r.look(); !s.Busy || s.Settled || s.Unrest == "" {
				t.Errorf("busy %v, unrest %q", s.Busy, s.Unrest)
			}
			before := r.writes()
			for name, call := range map[string]func() error{
				"stage":   func() error { _, err := r.p.Stage(t.Context(), r.q); return err },
				"preview": func() error { _, err := r.p.Preview(t.Context(), r.q); return err },
				"shift":   func() error { _, err := r.p.Shift(t.Context(), r.to(100)); return err },
			} {
				if err := call(); deploy.CodeOf(err) != deploy.Conflict || deploy.Hint(err) == "" {
					t.Errorf("%s: %v", name, err)
				}
			}
			if diff := cmp.Diff(before, r.writes()); diff != "" {
				t.Errorf("something was sent (-before +after):\n%s", diff)
			}
		})
	}
}

func TestReturnReplacesADeploymentOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.begin()
			r.reach(100)
			r.Finish()
			r.byHand()
			r.goHome()
			if s := r.look(); s.Percent(r.q.Baseline) != 100 || !s.Settled {
				t.Errorf("it came to %+v", s)
			}
		})
	}
}

func TestAnswerToAHookThatIsNoLongerThereIsAConflict(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.api.Inject(awsapi.Fault{
		Kind: awsapi.Refuse, Operation: "ContinueServiceDeployment", Count: 1,
		Error: awsapi.Error{Code: "InvalidParameterException", Message: "The service deployment is not paused at the lifecycle hook with this hookId.", Status: 400},
	})
	if op, err := r.p.Shift(t.Context(), r.to(10)); op != "" || deploy.CodeOf(err) != deploy.Conflict {
		t.Errorf("operation %q, %v", op, err)
	}
	r.reach(10)
}

func TestTaskDefinitionIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.lose("RegisterTaskDefinition")
	if _, err := r.p.Stage(t.Context(), r.q); deploy.CodeOf(err) != deploy.Unavailable {
		t.Fatalf("staged: %v", err)
	}
	r.p = r.connect(nil)
	r.begin()
	if n := r.ecs.Registrations(); n != 1 {
		t.Errorf("registered %d times", n)
	}
	if rev, err := r.p.Revision(t.Context(), r.ref, r.q.Candidate); err != nil || !rev.Ready || rev.Image != goodImage.Ref {
		t.Errorf("the candidate is %+v, %v", rev, err)
	}
	if rev, err := r.p.Revision(t.Context(), r.ref, "coditect-web:2"); err != nil || !rev.Ready {
		t.Errorf("by the name that ECS has for it: %+v, %v", rev, err)
	}
}

func TestWritesAreSentOnceUnlessTheyWereRefusedForGoingTooFast(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault awsapi.Fault
		calls int
		code  deploy.Code
	}{
		"too fast":         {awsapi.Fault{Kind: awsapi.Refuse, Count: 2}, 3, ""},
		"a lost answer":    {awsapi.Fault{Kind: awsapi.LoseAnswer, Count: 1}, 1, deploy.Unavailable},
		"a server's fault": {awsapi.Fault{Kind: awsapi.Refuse, Count: 1, Error: awsapi.Error{Code: "ServerException", Message: "x", Status: 500}}, 1, deploy.Unavailable},
		"ended login":      {awsapi.Fault{Kind: awsapi.Expired, Count: 1}, 1, deploy.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, sandbox.RollingService, nil)
			r.begin()
			tc.fault.Operation = "UpdateService"
			r.api.Inject(tc.fault)
			if _, err := r.p.Shift(t.Context(), r.to(100)); deploy.CodeOf(err) != tc.code {
				t.Errorf("it came to %v, want %q", err, tc.code)
			}
			n := 0
			for _, c := range r.api.Calls() {
				if _, is := c.Input.(*sdk.UpdateServiceInput); is {
					n++
				}
			}
			if n != tc.calls {
				t.Errorf("sent %d times, want %d", n, tc.calls)
			}
		})
	}
}

func TestErrorsOfAWSSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	for code, want := range map[string]struct {
		status int
		code   deploy.Code
		says   string
	}{
		"ClusterNotFoundException":    {400, deploy.NotFound, "the cluster of service coditect-app in cluster coditect-production (us-east-1) does not exist"},
		"ServiceNotFoundException":    {400, deploy.NotFound, "service coditect-app in cluster coditect-production (us-east-1) does not exist"},
		"ServiceNotActiveException":   {400, deploy.NotFound, "does not exist"},
		"AccessDeniedException":       {400, deploy.Forbidden, "does not let Slipway do this: words of AWS"},
		"ExpiredTokenException":       {400, deploy.Forbidden, "does not know who Slipway is"},
		"UnrecognizedClientException": {400, deploy.Forbidden, "does not know who Slipway is"},
		"ThrottlingException":         {400, deploy.Unavailable, "slow down"},
		"RequestLimitExceeded":        {400, deploy.Unavailable, "slow down"},
		"ServerException":             {500, deploy.Unavailable, "does not answer"},
		"InvalidParameterException":   {400, deploy.Invalid, "refuses this: words of AWS"},
		"ClientException":             {400, deploy.Invalid, "refuses this: words of AWS"},
		"UpdateInProgressException":   {400, deploy.Conflict, "words of AWS"},
		"SomethingNew":                {400, deploy.Invalid, "words of AWS"},
		"SomethingNewOfTheServer":     {503, deploy.Unavailable, "does not answer"},
		"UnknownOperationException":   {400, deploy.Invalid, "what answers is not Amazon ECS"},
	} {
		r.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: code, Message: "words of\n AWS", Status: want.status}})
		_, err := r.p.Describe(t.Context(), r.ref)
		r.Heal()
		if deploy.CodeOf(err) != want.code || !strings.Contains(deploy.Message(err), want.says) || deploy.Hint(err) == "" {
			t.Errorf("%s: code %q, message %q, hint %q", code, deploy.CodeOf(err), deploy.Message(err), deploy.Hint(err))
		}
	}
}

func TestOperationsThatAreNoneAreNotFound(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	const gone = "arn:aws:ecs:us-east-1:123456789012:service-deployment/coditect-production/coditect-app/gone"
	for _, op := range []deploy.Operation{"projects/p/locations/l/operations/o", "#rolling/live", gone + "#nothing/live", gone, gone + "#rolling/live"} {
		if done, err := r.p.Wait(t.Context(), op); done || deploy.CodeOf(err) != deploy.NotFound {
			t.Errorf("%s: done %v, %v", op, done, err)
		}
	}
}

func TestRetireWaitsForTheEndOfTheBake(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	r.shift(100)
	op, err := r.p.Retire(t.Context(), r.ref, r.q.Tag)
	if err != nil || op == "" {
		t.Fatalf("operation %q, %v", op, err)
	}
	if done, err := r.p.Wait(t.Context(), op); done || err != nil {
		t.Errorf("in progress: done %v, %v", done, err)
	}
	r.ok(r.finish(op))
	if op, err := r.p.Retire(t.Context(), r.ref, r.q.Tag); op != "" || err != nil {
		t.Errorf("at the end: %q, %v", op, err)
	}
}

func TestRollingIsCountedInTasks(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	if rev, err := r.p.Revision(t.Context(), r.ref, r.q.Candidate); err != nil || !rev.Ready || rev.Warm {
		t.Errorf("registered, it is %+v, %v", rev, err)
	}
	r.shift(100)
	if s := r.look(); !s.Busy || s.Unrest != "0 of 2 tasks run coditect-app:2" || s.Percent(r.q.Baseline) != 100 {
		t.Errorf("begun: %+v", s)
	}
	r.Finish()
	if s := r.look(); !s.Settled || s.Percent(r.q.Candidate) != 100 || s.Image != goodImage.Ref || s.Env["VERSION"] != goodImage.Version {
		t.Errorf("done: %+v", s)
	}
	if rev, err := r.p.Revision(t.Context(), r.ref, r.q.Baseline); err != nil || !rev.Ready || rev.Warm {
		t.Errorf("the baseline is %+v, %v", rev, err)
	}
}

func TestShareThatTasksCannotHaveIsRefused(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	if _, err := r.p.Shift(t.Context(), r.to(10)); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("before it has begun: %v", err)
	}
	r.shift(100)
	if _, err := r.p.Shift(t.Context(), r.to(10)); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("once it has begun: %v", err)
	}
	n := newRelease(t, sandbox.NativeService, nil)
	n.begin()
	n.reach(50)
	if _, err := n.p.Shift(t.Context(), n.to(10)); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "only goes further") {
		t.Errorf("weights that would fall: %v", err)
	}
}

func TestSnapshotIsWhatTheAWSToolShows(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	first, err := r.p.Snapshot(t.Context(), r.ref)
	r.ok(err)
	second, err := r.connect(nil).Snapshot(t.Context(), r.ref)
	r.ok(err)
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Errorf("two looks differ (-first +second):\n%s", diff)
	}
	var got struct {
		Service struct {
			ServiceName   string
			DesiredCount  int
			LoadBalancers []struct {
				AdvancedConfiguration struct{ ProductionListenerRule string }
			}
		}
		TaskDefinition struct {
			Family               string
			TaskDefinitionArn    string
			ContainerDefinitions []struct{ Image string }
		}
	}
	if err := json.Unmarshal(first, &got); err != nil {
		t.Fatal(err)
	}
	if got.Service.ServiceName != r.service || got.Service.DesiredCount != 2 || got.Service.LoadBalancers[0].AdvancedConfiguration.ProductionListenerRule != r.rule ||
		got.TaskDefinition.Family != r.service || got.TaskDefinition.ContainerDefinitions[0].Image == "" || !strings.Contains(string(first), `"taskDefinitionArn": "arn:aws:ecs:`) {
		t.Errorf("written down as %+v\n%s", got, first)
	}
}

func TestPlatformThatIsClosedIsUnavailable(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.ok(r.p.Close())
	r.ok(r.p.Close())
	if _, err := r.p.Describe(t.Context(), r.ref); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("described: %v", err)
	}
}

func TestServiceOfCodeDeployIsLookedAtAndNotChanged(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	_, err := r.ecs.Seed(sandbox.ServiceSpec{
		Name: "coditect-old", Tasks: 1, Image: goodImage.Ref, Controller: types.DeploymentControllerTypeCodeDeploy,
	})
	r.ok(err)
	ref := r.ref
	ref.Name = "coditect-old"
	s, err := r.p.Describe(t.Context(), ref)
	if base, bad := s.Baseline(); err != nil || bad != nil || base != "coditect-old:1" || s.Image != goodImage.Ref {
		t.Errorf("described as %+v, %v, %v", s, err, bad)
	}
	if rev, err := r.p.Revision(t.Context(), ref, "coditect-old:1"); err != nil || !rev.Ready {
		t.Errorf("its revision is %+v, %v", rev, err)
	}
	r.q.Service, r.ref = ref, ref
	for name, call := range map[string]func() error{
		"stage":   func() error { _, err := r.p.Stage(t.Context(), r.q); return err },
		"preview": func() error { _, err := r.p.Preview(t.Context(), r.q); return err },
		"shift":   func() error { _, err := r.p.Shift(t.Context(), r.to(100)); return err },
		"retire":  func() error { _, err := r.p.Retire(t.Context(), ref, "rc-42"); return err },
	} {
		if err := call(); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "update-service") {
			t.Errorf("%s: %v, hint %q", name, err, deploy.Hint(err))
		}
	}
	if w := r.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
}
