package commands_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const instance = "coditect-postgres-production"

// database is the one of production, with scripts and no backup of its own, so that a release does not wait for one.
func database() *deploy.DatabaseSpec {
	return &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "p", Name: instance}, Name: "coditect",
		Backup:     deploy.BackupSpec{Within: 30 * time.Minute},
		Migrations: &deploy.MigrationSpec{Source: "gs://p-migrations/v1/", Approvals: 2, Within: 30 * time.Minute},
	}
}

// kept is a fake of what the cloud keeps.
type kept struct {
	list  []deploy.BackupRun
	err   error
	slow  bool // it answers when it is told to stop
	asked []deploy.InstanceRef
}

func (k *kept) Backups(ctx context.Context, i deploy.InstanceRef, limit int) ([]deploy.BackupRun, error) {
	k.asked = append(k.asked, i)
	if k.slow {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return k.list[:min(len(k.list), limit)], k.err
}

// stored is a world whose production has a database with backups, of which 1718 is the newest that is good.
func stored(t *testing.T) (*world, *kept) {
	t.Helper()
	w := newWorld(t)
	w.catalog.database = database()
	at := func(before time.Duration) time.Time { return morning.Add(-before) }
	k := &kept{list: []deploy.BackupRun{
		{ID: "1720", State: deploy.RunGoing, Started: at(time.Minute), OnDemand: true},
		{ID: "1719", State: deploy.RunFailed, Trouble: "the disk is full.", Started: at(20 * time.Minute), Ended: at(19 * time.Minute)},
		{ID: "1718", State: deploy.RunDone, Started: at(37 * time.Minute), Ended: at(35 * time.Minute), Size: 21 << 30 / 10, OnDemand: true,
			Description: deploy.BackupDescription("coditect-app-42", "v1.2.4", "backup/create")},
		{ID: "1700", State: deploy.RunDone, Started: at(25 * time.Hour), Ended: at(24 * time.Hour), Size: 2 << 30},
		{ID: "1699", State: deploy.RunDone, Started: at(50 * time.Hour), Ended: at(48 * time.Hour), OnDemand: true, Description: "before I go\non holiday"},
	}}
	w.backups = k
	w.handler = w.over(w.store)
	return w, k
}

// schema is what one script comes to.
func schema(from int64, class deploy.SchemaClass, name string, at time.Time, changes ...string) *deploy.Schema {
	return &deploy.Schema{Before: from, After: from + 1, Class: class, Done: true,
		Applied: []deploy.AppliedScript{{Version: from + 1, Name: name, At: at, Took: 2 * time.Second, Changes: changes}}}
}

// migrated is a world that has brought v1.2.3 with an addition to the schema, and v1.2.4 with what class says.
func migrated(t *testing.T, class deploy.SchemaClass) *world {
	t.Helper()
	w, _ := stored(t)
	w.schemas = map[string]*deploy.Schema{"v1.2.3": schema(12, deploy.Expand, "013_add_index.sql", morning, "+ index users_email on users")}
	w.carried("v1.2.3")
	w.schemas["v1.2.4"] = schema(13, class, "014_drop_user_name.sql", w.Now().Add(time.Second), "− column users.name", "+ column users.full_name")
	w.carried("v1.2.4")
	return w
}

// holder checks which release has production, if any.
func (w *world) holder(want deploy.ReleaseID) {
	w.t.Helper()
	if id, err := w.store.Holder(w.t.Context(), production); err != nil || id != want {
		w.t.Errorf("held by %q, %v; want %q", id, err, want)
	}
}

// pushes presses Promote for a gate that is not about a plan.
func (w *world) pushes(by deploy.UserID, id deploy.ReleaseID, step deploy.StepName) string {
	w.t.Helper()
	return w.presses(by, commands.Promote, id, step)
}
