package phase_test

import (
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// Releases that are under way carry these names: one that is gone or spelt otherwise parks them after an upgrade. A
// kind whose meaning changes gets a new name, and the old one stays for as long as a release may have it.
func TestKindsOfStepsAreNeverRenamed(t *testing.T) {
	t.Parallel()
	runners := phase.Runners(phase.Ports{})
	for _, kind := range []deploy.StepKind{
		"preflight.service.v1", "preflight.image.v1", "deploy.revision.v1", "health.http.v1", "traffic.shift.v1",
		"traffic.retire.v1", "rollback.traffic.v1", "rollback.verify.v1", "health.smoke.v1", "validate.functional.v1",
		"preflight.ready.v1", "preflight.propose.v1", "preflight.confirm.v1", "check.load.v1",
		"backup.create.v1", "backup.configuration.v1", "migrate.measure.v1", "migrate.apply.v1", "migrate.job.v1", "validate.database.v1",
		"rollback.database.v1", "restore.look.v1", "restore.clone.v1", "restore.inplace.v1", "restore.check.v1",
	} {
		if runners[kind] == nil {
			t.Errorf("nobody carries out %s any more", kind)
		}
	}
	if deploy.KindGate != "traffic.gate.v1" || deploy.KindBake != "traffic.bake.v1" {
		t.Errorf("gates are %s and bakes are %s now", deploy.KindGate, deploy.KindBake)
	}
}
