package phase_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

// vault is where the secrets of these tests are.
type vault map[string]string

func (v vault) Value(_ context.Context, _, name string) (string, error) {
	if value, ok := v[name]; ok {
		return value, nil
	}
	return "", &deploy.Error{Code: deploy.NotFound, Msg: "there is no secret " + name}
}

const apiKey = "key-5f2c8e91d7"

// guided are the smoke tests of the guide's 4.2 but for the first, and its integration tests of 6.1.
func guided() []deploy.Check {
	call := func(method, path string, c deploy.Call) deploy.Call {
		c.Method, c.Path, c.Timeout = method, path, 5*time.Second
		return c
	}
	smoke := func(name, path, expr string, headers map[string]string) deploy.Check {
		return deploy.Check{Name: name, Stage: deploy.Smoke, Within: time.Minute, Tries: 1,
			Calls: []deploy.Call{call("GET", path, deploy.Call{Headers: headers, Expect: deploy.Expect{JSON: []string{expr}}})}}
	}
	holder := map[string]string{"Authorization": "Bearer ${TOKEN}"}
	return []deploy.Check{
		smoke("API endpoint", "/api/v1/status", ".online == true", nil),
		smoke("Database connectivity", "/api/v1/db/ping", ".connected == true", nil),
		smoke("Authentication", "/api/v1/me", ".user.id != null", map[string]string{"Authorization": "Bearer ${secret:api-key}"}),
		{Name: "Users and resources", Stage: deploy.Functional, Within: time.Minute, Tries: 1,
			Calls: []deploy.Call{
				call("POST", "/api/v1/users", deploy.Call{Body: `{"email":"test@example.com","name":"Test User"}`, Capture: map[string]string{"USER_ID": ".id"}}),
				call("POST", "/api/v1/auth/login", deploy.Call{Body: `{"email":"test@example.com","password":"test123"}`, Capture: map[string]string{"TOKEN": ".token"}}),
				call("POST", "/api/v1/resources", deploy.Call{Headers: holder, Body: `{"name":"Test Resource"}`, Capture: map[string]string{"RESOURCE_ID": ".id"}}),
				call("GET", "/api/v1/resources/${RESOURCE_ID}", deploy.Call{Headers: holder, Expect: deploy.Expect{JSON: []string{`.name == "Test Resource"`}}}),
			},
			Cleanup: []deploy.Call{call("DELETE", "/api/v1/resources/${RESOURCE_ID}", deploy.Call{Headers: holder})},
		},
	}
}

func TestTheGuidesChecksAreToldToARealService(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		broken string
		state  deploy.State
		says   []string
	}{
		"all is well": {"", deploy.Succeeded, []string{
			"3 of 3 smoke checks passed", "\n✓ API endpoint  1 call, ", "\n✓ Authentication  1 call, ",
			"1 of 1 functional check passed\n✓ Users and resources  4 calls, ",
		}},
		"a smoke check fails before any traffic": {"/api/v1/me", deploy.Failed, []string{
			"1 of 3 smoke checks failed: Authentication\n✗ Authentication: ", "GET http://", "/api/v1/me answered 500, expected 200 to 299", "\n✓ API endpoint  1 call, ",
			"it is healthy, and does not pass its smoke checks",
		}},
		"a functional check fails at 100 %": {"/api/v1/resources", deploy.RolledBack, []string{
			"3 of 3 smoke checks passed", "1 of 1 functional check failed: Users and resources\n✗ Users and resources: call 3 of 4", "POST http://",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ports := w.ports
			ports.Checker = httpcheck.New(&httpcheck.Options{Secrets: vault{"api-key": apiKey}})
			w.use(ports)
			w.cloud.Behaviour(serviceID, "v1.2.4").SetBroken(tc.broken)
			p := w.checked("", guided()...).end().is(tc.state).tells(tc.says...)
			if strings.Contains(p.story(), apiKey) {
				t.Errorf("the journal shows a secret:\n%s", p.story())
			}
			if tc.state != deploy.Succeeded {
				w.wantServes("app-00001=100")
			}
		})
	}
}
