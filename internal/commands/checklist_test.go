package commands_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestChecklistOfATarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.items = guide()
	for key, lasts := range map[string]time.Duration{cors: 720 * time.Hour, keys: time.Hour} {
		by := map[string]deploy.UserID{cors: "UERIN", keys: "UDAVE"}[key]
		if _, err := w.store.Attest(t.Context(), production, by, map[string]time.Duration{key: lasts}, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(2 * time.Hour)
	want := "The checklist of coditect-app/production, 4 items: 1 proved by machine when a release begins, 1 attested, 2 to attest.\n" +
		"Security\n" +
		"· HTTPS enforced · proved by machine when a release begins\n" +
		"✓ CORS policies configured · attested by @UERIN 2 h ago, until 2026-04-01 14:00 UTC\n" +
		"○ Keys rotated · attested by @UDAVE, expired 2026-03-02 15:00 UTC · to attest, by @UDAVE\n" +
		"Data\n" +
		"○ Backup restored once · to attest, by whoever may deploy or approve"
	if d := cmp.Diff(want, w.says("UMALLORY", "/deploy checklist coditect-app")); d != "" {
		t.Error(d)
	}
	has(t, w.says("UMALLORY", "/deploy coditect-app v1.2.4 --plan"),
		"\nChecklist: 4 items, 1 proved when it begins, 1 attested, 2 to attest: Security: Keys rotated (@UDAVE); Data: Backup restored once.\nTakes")

	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	has(t, w.says("UMALLORY", "/deploy checklist coditect-app production"),
		"\ncoditect-app-1 (v1.2.4, @UALICE) is at Preflight and waits since 2026-03-02 16:00 UTC for 2 of 4 checklist items", ". Press Attest in its thread.")

	if d := cmp.Diff("The catalog has no checklist for coditect-app/staging, so no release of it waits for one. Why: deployments/catalog/coditect-app.yaml",
		w.says("UALICE", "/deploy checklist coditect-app staging")); d != "" {
		t.Error(d)
	}
	has(t, w.says("UALICE", "/deploy help"), "/deploy checklist SERVICE [ENV]  what has to be so before a release, and who owes what")
}

func TestPlanWithAChecklistThatIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.items = guide()[:2]
	if _, err := w.store.Attest(t.Context(), production, "UERIN", map[string]time.Duration{cors: time.Hour}, ""); err != nil {
		t.Fatal(err)
	}
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "\nChecklist: 2 items, 1 proved when it begins, 1 attested.\nTakes")
}

func TestPlanNamesOnlyTheFirstOfManyItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 12 {
		w.catalog.items = append(w.catalog.items, deploy.Item{Key: fmt.Sprintf("g/%d", i), Text: fmt.Sprintf("Item %d", i), Lasts: time.Hour})
	}
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "\nChecklist: 12 items, 12 to attest: Item 0; Item 1; ", "; Item 9; and 2 more.\n")
}

func TestAChecklistThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.items = guide()
	w.redis.Close()
	for _, typed := range []string{"/deploy checklist coditect-app production", "/deploy coditect-app v1.2.4 --plan"} {
		want := "Redis does not answer; nothing was stored, nothing was started. Try again in a moment: " + typed
		if d := cmp.Diff(want, w.says("UALICE", typed)); d != "" {
			t.Error(d)
		}
	}
}
