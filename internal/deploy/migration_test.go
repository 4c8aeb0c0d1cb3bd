package deploy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// applied are scripts of a set that the database has written down.
func applied(set deploy.ScriptSet, versions ...int64) []deploy.AppliedScript {
	var list []deploy.AppliedScript
	for _, s := range set.Scripts {
		for _, v := range versions {
			if s.Version == v {
				list = append(list, deploy.AppliedScript{Version: v, Name: s.Name, Sum: s.Sum, Release: "coditect-app-41"})
			}
		}
	}
	return list
}

var dropsUsers = deploy.Statement{Line: 3, Text: "ALTER TABLE users DROP COLUMN email", Class: deploy.Contract,
	Risks: []deploy.Risk{{Rule: "drop-column", Table: "public.users", Why: "it is used", Safer: "stop using it first"}}}

func fileOf(s deploy.Script, statements int, alone bool) deploy.MigrationFile {
	return deploy.MigrationFile{Version: s.Version, Name: s.Name, Sum: s.Sum, Statements: statements, Alone: alone}
}

func TestWhatIsToBeMigrated(t *testing.T) {
	t.Parallel()
	set := scripts(t, "001_a.sql", "002_b.sql", "010_c.sql")
	risk := deploy.MigrationRisk{Risk: dropsUsers.Risks[0], File: "002_b.sql", Line: 3, Text: dropsUsers.Text}
	large := risk
	large.Bytes, large.Large = 2<<30, true
	small := risk
	small.Bytes = 1<<30 - 1
	makes := deploy.Statement{Line: 1, Makes: "public.users", Class: deploy.Expand}
	expands := deploy.Statement{Line: 1, Class: deploy.Expand}
	index := deploy.Statement{Line: 1, Text: "CREATE INDEX CONCURRENTLY", Alone: true, Handed: true, Class: deploy.Expand}
	for name, c := range map[string]struct {
		statements map[string][]deploy.Statement
		applied    []deploy.AppliedScript
		sizes      map[string]int64
		want       deploy.Migration
	}{
		"all of it": {statements: map[string][]deploy.Statement{"001_a.sql": {expands, expands}},
			want: deploy.Migration{To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[0], 2, false), fileOf(set.Scripts[1], 0, false), fileOf(set.Scripts[2], 0, false)}, Class: deploy.Expand}},
		"what is left": {applied: applied(set, 1, 2), statements: map[string][]deploy.Statement{"001_a.sql": {dropsUsers}},
			want: deploy.Migration{From: 2, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[2], 0, false)}}},
		"nothing": {applied: applied(set, 1, 2, 10), statements: map[string][]deploy.Statement{"010_c.sql": {dropsUsers}}, want: deploy.Migration{From: 10, To: 10}},
		"the database is further than the set": {applied: append(applied(set, 1, 2, 10), deploy.AppliedScript{Version: 11, Name: "011_d.sql", Sum: "x"}),
			want: deploy.Migration{From: 11, To: 11}},
		"others wrote it down, without a content": {applied: []deploy.AppliedScript{{Version: 10, Name: "V10"}, {Version: 1}, {Version: 2}}, want: deploy.Migration{From: 10, To: 10}},
		"something risky": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"002_b.sql": {expands, dropsUsers}},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 2, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{risk}, Class: deploy.Contract}},
		"on a large table": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"002_b.sql": {dropsUsers}}, sizes: map[string]int64{"public.users": 2 << 30},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{large}, Class: deploy.Contract}},
		"on a table just below": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"002_b.sql": {dropsUsers}}, sizes: map[string]int64{"public.users": 1<<30 - 1},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{small}, Class: deploy.Contract}},
		"on a large table that the search_path leads to": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"002_b.sql": {dropsUsers}}, sizes: map[string]int64{"app.users": 2 << 30, "old.users": 1, "app.superusers": 3 << 30},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{large}, Class: deploy.Contract}},
		"on a table that is there in another schema, and so is not made": {statements: map[string][]deploy.Statement{"001_a.sql": {makes}, "002_b.sql": {dropsUsers}}, sizes: map[string]int64{"app.users": 2 << 30},
			want: deploy.Migration{To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[0], 1, false), fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{large}, Class: deploy.Contract}},
		"on a table that is made in the same set": {statements: map[string][]deploy.Statement{"001_a.sql": {makes}, "002_b.sql": {dropsUsers}},
			want: deploy.Migration{To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[0], 1, false), fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Class: deploy.Contract}},
		"on a table that was made by what was applied": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"001_a.sql": {makes}, "002_b.sql": {dropsUsers}},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 0, false)}, Risks: []deploy.MigrationRisk{risk}, Class: deploy.Contract}},
		"on a table that is made after it": {applied: applied(set, 1), statements: map[string][]deploy.Statement{"002_b.sql": {dropsUsers}, "010_c.sql": {makes}},
			want: deploy.Migration{From: 1, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[1], 1, false), fileOf(set.Scripts[2], 1, false)}, Risks: []deploy.MigrationRisk{risk}, Class: deploy.Contract}},
		"outside of a transaction, in a file of its own": {applied: applied(set, 1, 2), statements: map[string][]deploy.Statement{"010_c.sql": {index}},
			want: deploy.Migration{From: 2, To: 10, Files: []deploy.MigrationFile{fileOf(set.Scripts[2], 1, true)}, Class: deploy.Expand}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.Source, c.want.Hash = set.Source, set.Hash
			for i := range c.want.Files {
				for _, st := range c.statements[c.want.Files[i].Name] {
					c.want.Files[i].Class = c.want.Files[i].Class.Worse(st.Class)
				}
			}
			got, err := deploy.PlanMigration(deploy.MigrationSpec{Large: 1 << 30}, set, c.statements, c.applied, c.sizes)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A risk without a table is of no table that could be made.
func TestARiskOfNoTableStays(t *testing.T) {
	t.Parallel()
	set := scripts(t, "001_a.sql")
	st := map[string][]deploy.Statement{"001_a.sql": {{Makes: "public.users"}, {Class: deploy.Unsure, Risks: []deploy.Risk{{Rule: "unknown"}}}}}
	m, err := deploy.PlanMigration(deploy.MigrationSpec{}, set, st, nil, nil)
	if err != nil || len(m.Risks) != 1 || m.Risks[0].Large || m.Class != deploy.Unsure {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestWhatCannotBeMigrated(t *testing.T) {
	t.Parallel()
	set := scripts(t, "001_a.sql", "002_b.sql", "003_c.sql")
	index := deploy.Statement{Line: 4, Alone: true, Handed: true}
	changed := applied(set, 1)
	changed[0].Sum = "another"
	unknown := applied(set, 1)
	unknown[0].Sum, unknown[0].Release = "another", ""
	for name, c := range map[string]struct {
		statements map[string][]deploy.Statement
		applied    []deploy.AppliedScript
		want       string
	}{
		"a script that was applied has changed":     {applied: changed, want: "001_a.sql was applied by coditect-app-41 with another content"},
		"nobody knows by whom":                      {applied: unknown, want: "001_a.sql was applied with another content"},
		"a script comes before what was applied":    {applied: applied(set, 1, 3), want: "002_b.sql was not applied and comes before 3, which was"},
		"an index made concurrently beside another": {statements: map[string][]deploy.Statement{"001_a.sql": {{Line: 1}, index}}, want: "001_a.sql line 4 cannot run in a transaction: put it into a file of its own"},
		"a statement that nobody could resume":      {statements: map[string][]deploy.Statement{"001_a.sql": {{Line: 2, Alone: true}}}, want: "001_a.sql line 2 cannot run in a transaction: Slipway could not tell"},
		"everything at once": {applied: append(changed, applied(set, 3)...), statements: map[string][]deploy.Statement{"003_c.sql": {{Line: 2, Alone: true}}},
			want: "001_a.sql was applied by coditect-app-41 with another content: a script that was applied is never changed; 002_b.sql was not applied and comes before 3, which was: give it a number above that"},
		"everything of what is pending": {statements: map[string][]deploy.Statement{"001_a.sql": {{Line: 2, Alone: true}}, "002_b.sql": {index, index}},
			want: "run it by hand, or in a job; 002_b.sql line 4 cannot run in a transaction: put it into a file of its own; 002_b.sql line 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := deploy.PlanMigration(deploy.MigrationSpec{}, set, c.statements, c.applied, nil)
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), c.want) || !strings.Contains(deploy.Hint(err), "migrations") {
				t.Errorf("%v (%s)", err, deploy.Hint(err))
			}
			if diff := cmp.Diff(deploy.Migration{}, m); diff != "" {
				t.Errorf("there is a plan all the same: %s", diff)
			}
		})
	}
}

func TestHowManyPeopleAPlanNeeds(t *testing.T) {
	t.Parallel()
	risky, large := deploy.MigrationRisk{File: "001_a.sql"}, deploy.MigrationRisk{File: "001_a.sql", Large: true}
	spec := func(policy, migrations int) deploy.Spec {
		return deploy.Spec{Policy: deploy.Policy{Approvals: policy}, Database: &deploy.DatabaseSpec{Migrations: &deploy.MigrationSpec{Approvals: migrations}}}
	}
	with := func(risks ...deploy.MigrationRisk) *deploy.Proposal {
		return &deploy.Proposal{Migration: &deploy.Migration{Risks: risks}}
	}
	for name, c := range map[string]struct {
		p    *deploy.Proposal
		spec deploy.Spec
		want int
	}{
		"no plan":                                {nil, spec(1, 2), 0},
		"no migration":                           {&deploy.Proposal{}, spec(1, 2), 0},
		"nothing risky":                          {with(), spec(3, 2), 0},
		"something risky":                        {with(risky), spec(1, 2), 1},
		"the policy asks nobody":                 {with(risky), spec(0, 2), 1},
		"the policy asks more":                   {with(risky), spec(3, 2), 3},
		"on a large table":                       {with(risky, large), spec(1, 2), 2},
		"on a large table, the policy asks more": {with(large), spec(3, 2), 3},
		"the catalog has no database":            {with(large), deploy.Spec{}, 1},
	} {
		if got := c.p.Needs(c.spec); got != c.want {
			t.Errorf("%s: %d people, want %d", name, got, c.want)
		}
	}
}

func TestWhatIsSealedOfAMigration(t *testing.T) {
	t.Parallel()
	r, p := proposed(t)
	migration := func(change func(*deploy.Migration)) deploy.Proposal {
		m := deploy.Migration{Source: "migrations", Hash: "a", From: 13, To: 14, Class: deploy.Contract,
			Files: []deploy.MigrationFile{{Version: 14, Name: "014_a.sql"}},
			Risks: []deploy.MigrationRisk{{Risk: deploy.Risk{Rule: "drop-column", Table: "public.users"}, Bytes: 4096}}}
		change(&m)
		with := p
		with.Migration = &m
		return with.Seal(r)
	}
	first := migration(func(*deploy.Migration) {})
	if first.Migration.Risks[0].Bytes != 4096 {
		t.Error("what is shown has lost the size of the table")
	}
	for name, c := range map[string]struct {
		change func(*deploy.Migration)
		same   bool
	}{
		"the table has grown":         {func(m *deploy.Migration) { m.Risks[0].Bytes = 8192 }, true},
		"the table is large by now":   {func(m *deploy.Migration) { m.Risks[0].Large = true }, false},
		"the scripts are others":      {func(m *deploy.Migration) { m.Hash = "b" }, false},
		"the schema is at another":    {func(m *deploy.Migration) { m.From = 12 }, false},
		"a file more":                 {func(m *deploy.Migration) { m.Files = append(m.Files, deploy.MigrationFile{}) }, false},
		"a risk less":                 {func(m *deploy.Migration) { m.Risks = nil }, false},
		"a job in place of scripts":   {func(m *deploy.Migration) { *m = deploy.Migration{Job: "migrate"} }, false},
		"the version may not go back": {func(m *deploy.Migration) { m.Class = deploy.Unsure }, false},
	} {
		if same := migration(c.change).Hash == first.Hash; same != c.same {
			t.Errorf("%s: the same hash: %t", name, same)
		}
	}
	if p.Seal(r).Hash == first.Hash {
		t.Error("no migration has the hash of one")
	}
}

func TestWhatHasChangedOfAMigrationSince(t *testing.T) {
	t.Parallel()
	m := func(hash string, from int64, risks ...deploy.MigrationRisk) *deploy.Migration {
		return &deploy.Migration{Source: "migrations", Hash: hash, From: from, Risks: risks}
	}
	risky, large := deploy.MigrationRisk{}, deploy.MigrationRisk{Large: true}
	for name, c := range map[string]struct {
		before, now *deploy.Migration
		want        []string
	}{
		"nothing":               {m("a", 13, risky), m("a", 13, risky), nil},
		"there is none":         {m("a", 13), nil, []string{"the schema is not changed any more"}},
		"there is one":          {nil, m("a", 13), []string{"the schema is to be changed"}},
		"somebody has migrated": {m("a", 13), m("a", 14), []string{"the schema is at 14, it was at 13"}},
		"other scripts":         {m("a", 13), m("b", 13), []string{"the scripts of migrations are others"}},
		"a table has grown":     {m("a", 13, risky), m("a", 13, large), []string{"risky statements: 1 (1 on large tables), there were 1 (0)"}},
		"a risk more":           {m("a", 13), m("b", 13, risky), []string{"the scripts of migrations are others", "risky statements: 1 (0 on large tables), there were 0 (0)"}},
	} {
		before, now := deploy.Proposal{Hash: "x", Migration: c.before}, deploy.Proposal{Hash: "x", Migration: c.now}
		if diff := cmp.Diff(c.want, now.Since(before)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What was planned and not applied does not count.
func TestTheClassOfWhatWasApplied(t *testing.T) {
	t.Parallel()
	m := deploy.Migration{Files: []deploy.MigrationFile{{Version: 14, Class: deploy.Expand}, {Version: 15}, {Version: 16, Class: deploy.Contract}}, Class: deploy.Contract}
	for want, versions := range map[deploy.SchemaClass][]int64{deploy.Unchanged: {15}, deploy.Expand: {14, 15}, deploy.Contract: {14, 15, 16}} {
		var applied []deploy.AppliedScript
		for _, v := range versions {
			applied = append(applied, deploy.AppliedScript{Version: v})
		}
		if got := m.ClassOf(applied); got != want {
			t.Errorf("%v: %q, want %q", versions, got, want)
		}
	}
}
