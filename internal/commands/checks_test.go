package commands_test

import (
	"testing"

	"slipway/internal/deploy"
)

func TestPlanNamesItsChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.checks = []deploy.Check{
		{Name: "Users", Stage: deploy.Functional}, {Name: "API endpoint", Stage: deploy.Smoke}, {Name: "Authentication", Stage: deploy.Smoke},
	}
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"),
		"6. Health: the new revision must pass API endpoint, Authentication\n7. Traffic: 10 % to v1.2.4\n",
		"users must reach v1.2.4, as the platform reports and its health check says\n14. Validate: where users reach it, it must pass Users\n")
}
