package catalog

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// longestInstance is what Cloud SQL allows for the project and the name of an instance, with the colon between them
// (cloud.google.com/sql/docs/postgres/instance-settings).
const longestInstance = 98

// checkData reports what a database lacks that something is done with, and what does not go together.
func (w whole) checkData() {
	d := w.Database
	if d == nil || d.Off != "" || w.excused("database") || w.excused(w.at("database")) {
		return
	}
	needed := []string{"database.instance", "database.name"}
	if w.Platform.kind() == deploy.ECS { // which has neither to be had
		needed = append(needed, "database.project", "database.region")
	}
	for _, key := range needed {
		if path := w.at(key); !w.has(path) && !w.excused(key) {
			w.problem(path, w.name+" has no "+key, "write it here, or at the top for all environments; off says why nothing is done with the database")
		}
	}
	if login := "database.login"; !w.has(w.at(login)) && !w.has(w.at("database.user")) && !w.excused(login) && !w.excused(w.at(login)) {
		w.problem(w.at(login), w.name+" has no database.login", "write login (postgres://… with ${secret:NAME}) or user (an IAM user of Cloud SQL)")
	}
	if ref := w.database().Instance; len(ref.Project)+1+len(ref.Name) > longestInstance && ref.Project != "" {
		w.must(false, w.at("database.instance"), fmt.Sprintf("project and instance have %d characters, at most %d are allowed", len(ref.Project)+1+len(ref.Name), longestInstance), "with the colon between them")
	}
	if m := d.Migrations; m != nil && m.From == "" && m.Job == "" && !w.excused(w.at("database.migrations.from")) && !w.excused(w.at("database.migrations.job")) {
		w.problem(under(w.at("database.migrations"), "from"), w.name+" has migrations from nowhere", "write from (gs://…, oci://… or a folder of the catalog) or job")
	}
}

// risks says how many people the riskiest migration needs; 0 if nobody is ever asked about one.
func (w whole) risks() int {
	d := w.Database
	if d == nil || d.Off != "" || deref(d.Migrations).From == "" {
		return 0
	}
	return max(d.Migrations.approvals(), 1)
}

// sharedDatabases reports two targets that would migrate one database: what one is meant to be tried in would change the
// other. Services that share a database each have a table of their own.
func sharedDatabases(all []whole) {
	type schema struct {
		instance deploy.InstanceRef
		name, by string
	}
	first := map[schema]whole{}
	for _, w := range all {
		d := w.database()
		if !d.Migrates() || d.Instance.Name == "" || d.Name == "" {
			continue
		}
		key := schema{d.Instance, d.Name, "table " + strings.TrimPrefix(d.Migrations.Table, "public.")}
		if d.Migrations.Job != "" {
			key.by = "job of " + w.file.Service
		}
		if other, taken := first[key]; taken {
			w.problem(w.at("database.instance"), w.target().String()+" and "+other.target().String()+" both migrate the database "+d.Name+" of "+d.Instance.Name,
				"the other is at "+other.rule(other.at("database.instance"))+"; give each its own, or write migrations in one of them only")
			continue
		}
		first[key] = w
	}
}
