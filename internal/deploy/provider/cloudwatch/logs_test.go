package cloudwatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudwatch"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/sandbox/awsapi"
)

var busy = metricstest.Sample{Requests: 1, CPU: 0.5, Memory: 0.5, Instances: 1}

const group = "/ecs/coditect-web"

func logQuery(limit int) deploy.LogQuery {
	return deploy.LogQuery{Service: ref, Revision: candidate, From: start.Add(time.Minute), To: start.Add(10 * time.Minute), Limit: limit}
}

func texts(t *testing.T, c *cloudwatch.CloudWatch, q deploy.LogQuery) []string {
	t.Helper()
	got, err := c.Errors(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i, line := range got {
		if i > 0 && line.At.After(got[i-1].At) {
			t.Errorf("not the newest first: %v", got)
		}
		all = append(all, line.Text)
	}
	return all
}

func TestErrorsAreThoseOfTheRevision(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	write := func(stream string, minute int, text string) {
		p.Log(group, stream, start.Add(time.Duration(minute)*time.Minute), text)
	}
	write("web/app/new1", 0, "ERROR too early")
	write("web/app/new1", 1, `ERROR relation "user_prefs" does not exist`)
	write("web/app/new2", 2, "INFO all is well")
	write("web/app/old1", 3, "ERROR of the version before")
	write("web/app/new2", 4, "panic: nil map")
	write("side/app/new2", 5, "ERROR of another container")
	write("web/app/new2", 11, "ERROR too late")
	tests := map[string]struct {
		place cloudwatch.Place
		limit int
		want  []string
		tasks []string
	}{
		"by its tasks":                    {cloudwatch.Place{LogGroup: group, LogStreamPrefix: "web/app"}, 10, []string{"panic: nil map", `ERROR relation "user_prefs" does not exist`}, []string{"new1", "new2", "new3"}},
		"by its prefix":                   {cloudwatch.Place{LogGroup: group, LogStreamPrefix: "web/app/old"}, 10, []string{"ERROR of the version before"}, nil},
		"all of a group of its own":       {cloudwatch.Place{LogGroup: group}, 10, []string{"ERROR of another container", "panic: nil map", "ERROR of the version before", `ERROR relation "user_prefs" does not exist`}, nil},
		"no more than are wanted, newest": {cloudwatch.Place{LogGroup: group}, 2, []string{"ERROR of another container", "panic: nil map"}, nil},
		"none if none are wanted":         {cloudwatch.Place{LogGroup: group}, 0, nil, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, p.api.Addr(), among{places{candidate: tc.place}, tc.tasks}, cloudwatch.Options{})
			if diff := cmp.Diff(tc.want, texts(t, c, logQuery(tc.limit))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsAreSearchedForPastEmptyPages(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Log(group, "web/app/1", start.Add(time.Minute), "ERROR long ago")
	for i := range 1500 {
		p.Log(group, "web/app/1", start.Add(time.Minute+time.Duration(i)*time.Millisecond), "INFO")
	}
	c := connect(t, p.api.Addr(), places{candidate: {LogGroup: group}}, cloudwatch.Options{})
	p.Log(group, "web/app/1", start.Add(9*time.Minute), "ERROR just now")
	for limit, want := range [][]string{nil, {"ERROR just now"}, {"ERROR just now", "ERROR long ago"}} {
		if diff := cmp.Diff(want, texts(t, c, logQuery(limit))); diff != "" {
			t.Errorf("%d wanted (-want +got):\n%s", limit, diff)
		}
	}
}

func TestWhatIsSaidOfALine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line string
		want []string
	}{
		"a secret is masked":                      {"ERROR connect postgres://app:hunter2@db/app failed", []string{"ERROR connect postgres://app:***@db/app failed"}},
		"it is one line":                          {"Traceback (most recent call last):\n  File \"a.py\"\nKeyError", []string{`Traceback (most recent call last): File "a.py" KeyError`}},
		"a structured line is its message":        {`{"level":"error","msg":"no table","table":"user_prefs"}`, []string{"no table"}},
		"with its error":                          {`{"severity":"ERROR","message":"load","error":"refused"}`, []string{"load: refused"}},
		"a structured warning is no error":        {`{"level":"warn","msg":"retry","error":"refused"}`, nil},
		"a structured line without a level is":    {`{"msg":"Error: boom"}`, []string{"Error: boom"}},
		"a line that only seems to be structured": {`{error`, []string{`{error`}},
		"a line is cut":                           {"ERROR " + strings.Repeat("x", 2000), []string{"ERROR " + strings.Repeat("x", 993) + "…"}},
		"a line without any of the words is none": {"listening on :8080", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			p.Log(group, "web/app/1", start.Add(2*time.Minute), tc.line)
			c := connect(t, p.api.Addr(), places{candidate: {LogGroup: group}}, cloudwatch.Options{})
			if diff := cmp.Diff(tc.want, texts(t, c, logQuery(10))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatLogsCannotAnswer(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Group(group)
	nameless, backwards := logQuery(1), logQuery(1)
	nameless.Revision, backwards.To = "", start
	tests := map[string]struct {
		place cloudwatch.Place
		q     deploy.LogQuery
		want  deploy.Code
		says  string
	}{
		"a revision that writes elsewhere": {cloudwatch.Place{}, logQuery(1), deploy.NotFound, "awslogs"},
		"a group that there is not":        {cloudwatch.Place{LogGroup: "/none"}, logQuery(1), deploy.NotFound, "log group"},
		"no revision":                      {cloudwatch.Place{LogGroup: group}, nameless, deploy.Invalid, "no revision"},
		"a window that ends before":        {cloudwatch.Place{LogGroup: group}, backwards, deploy.Invalid, "before it begins"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := connect(t, p.api.Addr(), places{candidate: tc.place}, cloudwatch.Options{}).Errors(t.Context(), tc.q)
			wantCode(t, err, tc.want, tc.says)
		})
	}
}

func TestLogsAreForbiddenAndThrottled(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]deploy.Code{"AccessDeniedException": deploy.Forbidden, "ThrottlingException": deploy.Unavailable} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			p.Group(group)
			p.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: code, Message: "no"}})
			_, err := connect(t, p.api.Addr(), places{candidate: {LogGroup: group}}, cloudwatch.Options{}).Errors(t.Context(), logQuery(1))
			wantCode(t, err, want, "CloudWatch Logs")
		})
	}
}
