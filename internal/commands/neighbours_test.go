package commands_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// A backup is of the whole instance: whoever else has a database there loses as much.
func TestARestoreInPlaceKnowsWhoElseIsInTheInstance(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.catalog.shared = database()
	busy := w.says("UALICE", "/deploy coditect-app v1.2.4 staging")
	has(t, busy, "coditect-app-1 brings coditect-app/staging to v1.2.4")
	has(t, w.says("UALICE", inPlace), "coditect-app/staging has a database in "+instance+", too, and a restore in place would overwrite it while coditect-app-1",
		"Nothing was started.", "Then: /rollback coditect-app production --database --in-place --backup 1718")
	w.holder("")
	w.says("UALICE", `/rollback coditect-app staging --reason "it waits"`)
	w.drive("coditect-app-1")
	has(t, w.says("UALICE", inPlace), "would be lost. So is the database of coditect-app/staging, which is in the same instance.")
	r := w.drive("coditect-app-2")
	if d := cmp.Diff([]deploy.Target{{Service: "coditect-app", Environment: "staging"}}, r.Restore.Also); d != "" {
		t.Errorf("also overwritten (-want +got):\n%s", d)
	}
}

// A new instance overwrites nobody's.
func TestARestoreToANewInstanceDoesNotWaitForOthers(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.catalog.shared = database()
	w.says("UALICE", "/deploy coditect-app v1.2.4 staging")
	has(t, w.says("UALICE", "/rollback coditect-app production --database --backup 1718"), "Nothing that runs is touched")
}
