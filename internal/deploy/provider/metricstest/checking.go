package metricstest

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
)

var checking = []fact{
	{"a source that knows every metric is all right", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		if err := m.Check(t.Context(), h.Service, h.Spec); err != nil {
			t.Error(err)
		}
	}},
	{"metrics that do not exist are found, all at once", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Forget(deploy.ErrorRate)
		one := m.Check(t.Context(), h.Service, h.Spec)
		wantCode(t, "one metric missing", one, deploy.NotFound)
		h.Forget(deploy.Memory)
		both := m.Check(t.Context(), h.Service, h.Spec)
		wantCode(t, "two metrics missing", both, deploy.NotFound)
		if deploy.Hint(both) == "" || !strings.Contains(deploy.Message(both), deploy.Message(one)) || len(deploy.Message(both)) <= len(deploy.Message(one)) {
			t.Errorf("hint %q, and the first of %q is %q", deploy.Hint(both), deploy.Message(both), deploy.Message(one))
		}
	}},
	{"a metric that no objective needs may be missing", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Forget(deploy.Memory)
		if err := m.Check(t.Context(), h.Service, objectives(h.Spec, deploy.ErrorRate, deploy.CPU)); err != nil {
			t.Error(err)
		}
	}},
	{"a database that is never reported is found", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		d := *h.Spec.Database
		d.Instance = "misspelt"
		h.Spec.Database = &d
		err := m.Check(t.Context(), h.Service, h.Spec)
		wantCode(t, "check", err, deploy.NotFound)
		if !strings.Contains(deploy.Message(err), "misspelt") {
			t.Errorf("the message does not name it: %q", deploy.Message(err))
		}
	}},
}

// report has everything reported once.
func (h Harness) report() {
	h.Write(h.Service.Name, stable, h.Start, 20, busy)
	h.Open(h.Start, 20, 1)
}
