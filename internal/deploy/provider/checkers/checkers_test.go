package checkers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/checkers"
)

// named is a checker that says its name.
type named string

func (n named) Run(context.Context, deploy.CheckRequest) (deploy.CheckReport, error) {
	return deploy.CheckReport{Note: string(n)}, nil
}

// jobs note what they are asked, and answer in turn.
type jobs struct {
	asked   []deploy.JobRequest
	answers []answer
}

type answer struct {
	output string
	err    error
}

func (j *jobs) Run(_ context.Context, q deploy.JobRequest) (deploy.JobReport, error) {
	if q.Within <= 0 || q.Within > 30*time.Second {
		return deploy.JobReport{}, &deploy.Error{Code: deploy.Internal, Msg: "no time"}
	}
	q.Within = 0
	j.asked = append(j.asked, q)
	a := j.answers[min(len(j.asked), len(j.answers))-1]
	return deploy.JobReport{Execution: "probe-1", Output: a.output}, a.err
}

var (
	redis   = &deploy.Dependency{Kind: deploy.Redis, Address: "redis://:${secret:redis}@cache:6379"}
	script  = &deploy.Command{Run: []string{"smoke.sh", "-v"}}
	calls   = []deploy.Call{{Method: "GET", Path: "/"}}
	service = deploy.ServiceRef{Project: "prod", Region: "us-central1", Name: "app"}
)

func request(c deploy.Check) deploy.CheckRequest {
	c.Name, c.Within, c.Tries = "it", 30*time.Second, max(c.Tries, 1)
	return deploy.CheckRequest{Check: c, BaseURL: "https://app", Service: service, Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"}}
}

func TestEachKindHasItsOwn(t *testing.T) {
	t.Parallel()
	all := checkers.New(checkers.Options{Stories: named("stories"), Dependencies: named("dependencies"), Commands: named("commands"), Jobs: &jobs{answers: []answer{{output: "jobs"}}}})
	none := checkers.New(checkers.Options{})
	for name, tc := range map[string]struct {
		check deploy.Check
		want  string // empty: Invalid
	}{
		"a story":               {deploy.Check{Calls: calls}, "stories"},
		"a dependency":          {deploy.Check{Dependency: redis}, "dependencies"},
		"a command":             {deploy.Check{Command: script}, "commands"},
		"a dependency in a job": {deploy.Check{Dependency: redis, Job: "probe"}, "jobs"},
		"a command in a job":    {deploy.Check{Command: script, Job: "probe"}, "jobs"},
		"nothing":               {deploy.Check{}, ""},
		"a story in a job":      {deploy.Check{Calls: calls, Job: "probe"}, ""},
		"nothing in a job":      {deploy.Check{Job: "probe"}, ""},
		"two at once":           {deploy.Check{Calls: calls, Command: script}, ""},
		"two others":            {deploy.Check{Dependency: redis, Command: script}, ""},
		"two others in a job":   {deploy.Check{Dependency: redis, Command: script, Job: "probe"}, ""},
	} {
		got, err := all.Run(t.Context(), request(tc.check))
		if tc.want != "" && (err != nil || got.Note != tc.want) || tc.want == "" && deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := none.Run(t.Context(), request(tc.check)); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s, with nobody there: %v", name, err)
		}
	}
}

func TestWhatAJobIsAsked(t *testing.T) {
	t.Parallel()
	j := &jobs{answers: []answer{{output: "starting\nRedis 7.0.15\n"}}}
	c := checkers.New(checkers.Options{Jobs: j})
	got, err := c.Run(t.Context(), request(deploy.Check{Dependency: redis, Job: "probe"}))
	if err != nil || got.Note != "Redis 7.0.15" || got.From != "job probe" || got.Tries != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	public := request(deploy.Check{Dependency: redis, Job: "probe"})
	public.Public = true
	for _, q := range []deploy.CheckRequest{public, request(deploy.Check{Command: script, Job: "scripts"})} {
		if _, err := c.Run(t.Context(), q); err != nil {
			t.Errorf("%v", err)
		}
	}
	env := map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"}
	want := []deploy.JobRequest{
		{Service: service, Job: "probe", Args: []string{"probe", "--kind", "redis", "--project", "prod", "--", "redis://:${secret:redis}@cache:6379"}, Env: env},
		{Service: service, Job: "probe", Args: []string{"probe", "--kind", "redis", "--project", "prod", "--public", "--", "redis://:${secret:redis}@cache:6379"}, Env: env},
		{Service: service, Job: "scripts", Args: []string{"smoke.sh", "-v", "https://app"}, Env: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production", "BASE_URL": "https://app"}},
	}
	if diff := cmp.Diff(want, j.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if script.Run[1] != "-v" || len(script.Run) != 2 {
		t.Errorf("the check was changed: %v", script.Run)
	}
}

func TestWhatAJobSaysOfAFailure(t *testing.T) {
	t.Parallel()
	bad := func(code deploy.Code) error {
		return &deploy.Error{Code: code, Msg: "the job ended badly. It wrote last:\nx", Hint: "look at its logs"}
	}
	for name, tc := range map[string]struct {
		check deploy.Check
		given []answer
		code  deploy.Code
		msg   string
		tries int
	}{
		"a probe": {deploy.Check{Dependency: redis, Job: "probe"}, []answer{{"bot: redis: Redis at cache:6379 does not accept connections; see that it runs", bad(deploy.Invalid)}},
			deploy.Invalid, "Redis at cache:6379 does not accept connections; see that it runs (seen from the job probe)", 1},
		"another image":    {deploy.Check{Dependency: redis, Job: "probe"}, []answer{{"no such option: --kind", bad(deploy.Invalid)}}, deploy.Invalid, "the job ended badly. It wrote last:\nx", 1},
		"a command":        {deploy.Check{Command: script, Job: "probe"}, []answer{{"bot: redis: x", bad(deploy.Invalid)}}, deploy.Invalid, "the job ended badly. It wrote last:\nx", 1},
		"no job":           {deploy.Check{Dependency: redis, Job: "probe"}, []answer{{"", bad(deploy.NotFound)}}, deploy.NotFound, "the job ended badly. It wrote last:\nx", 1},
		"again and again":  {deploy.Check{Command: script, Job: "probe", Tries: 2}, []answer{{"", bad(deploy.Invalid)}}, deploy.Invalid, "the job ended badly. It wrote last:\nx (2 times)", 2},
		"the second helps": {deploy.Check{Command: script, Job: "probe", Tries: 2}, []answer{{"", bad(deploy.Unavailable)}, {"fine", nil}}, "", "fine", 2},
	} {
		j := &jobs{answers: tc.given}
		got, err := checkers.New(checkers.Options{Jobs: j, Pause: time.Millisecond}).Run(t.Context(), request(tc.check))
		if tc.code == "" {
			if err != nil || got.Note != tc.msg || got.Tries != tc.tries {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			continue
		}
		if deploy.CodeOf(err) != tc.code || deploy.Message(err) != tc.msg || len(j.asked) != tc.tries || !strings.HasPrefix(err.Error(), `check "it": `) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
