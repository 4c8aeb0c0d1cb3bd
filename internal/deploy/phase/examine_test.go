package phase_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestTheDatabaseIsExaminedOnceAllUsersAreThere(t *testing.T) {
	t.Parallel()
	const usual = "2.1 GB in 14 tables (largest: resources 1.2 GB), 3 foreign keys, 14 of 100 connections"
	const slow = "; slowest: SELECT * FROM resources WHERE id = $1, mean 12 ms (4,118 calls)"
	for name, c := range map[string]struct {
		before func(*keeper)
		state  deploy.State
		says   string // the step's note, or the reason
	}{
		"replicas and locks": {func(k *keeper) { k.report.Replicas, k.report.Lag, k.report.Blocked = 2, 300*time.Millisecond, 1 }, deploy.Succeeded,
			usual + ", 2 replicas at most 0.3 s behind, 1 connection waits for a lock, no invalid index" + slow},
		"no statistics":                       {func(k *keeper) { k.report.Statements, k.report.Slow = false, nil }, deploy.Succeeded, usual + ", no invalid index; which statements are slow is not known without pg_stat_statements"},
		"an index that was not valid before":  {func(k *keeper) { k.report.Invalid = []string{"index orders_idx on orders"} }, deploy.Succeeded, usual + ", not valid: index orders_idx on orders" + slow},
		"a constraint that is not valid yet":  {func(k *keeper) { k.report.Invalid = []string{"constraint users_email on users"} }, deploy.Succeeded, usual + ", not valid: constraint users_email on users" + slow},
		"an index of this release":            {func(k *keeper) { k.report.Invalid = []string{"index users_email"} }, deploy.RolledBack, "validate/database: not valid, and made by this release: index users_email; drop it concurrently and make it again"},
		"an index of this release, in full":   {func(k *keeper) { k.report.Invalid = []string{"index public.users_email on public.users"} }, deploy.RolledBack, "made by this release: index public.users_email on public.users"},
		"one of its name in another schema":   {func(k *keeper) { k.report.Invalid = []string{"index audit.users_email"} }, deploy.Succeeded, usual + ", not valid: index audit.users_email" + slow},
		"one whose name begins as ours":       {func(k *keeper) { k.report.Invalid = []string{"index users_email_old"} }, deploy.Succeeded, usual + ", not valid: index users_email_old" + slow},
		"connections, for good":               {func(k *keeper) { k.report.Connections = 93 }, deploy.RolledBack, "not finished after 5 min: the database coditect: 93 of 100 connections (93 %), limit 80 %"},
		"a replica that does not catch up":    {func(k *keeper) { k.report.Replicas, k.report.Lag = 1, time.Minute }, deploy.RolledBack, "a replica is 1:00 min behind, limit 30 s"},
		"no answer at first":                  {func(k *keeper) { k.fails["Examine"] = []error{ends(deploy.Unavailable, "no answer")} }, deploy.Succeeded, usual + ", no invalid index" + slow},
		"a command with a password in quotes": {func(k *keeper) { k.report.Slow[0].Text = "ALTER ROLE app PASSWORD '" + hushHush + "'" }, deploy.Succeeded, usual + ", no invalid index; slowest: ALTER …, mean 12 ms (4,118 calls)"},
		"a long statement": {func(k *keeper) { k.report.Slow[0].Text = "SELECT\n" + strings.Repeat("column_of_it, ", 12) }, deploy.Succeeded,
			usual + ", no invalid index; slowest: SELECT " + strings.Repeat("column_of_it, ", 5) + "col…, mean 12 ms (4,118 calls)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			k.db.scripts("014_users_email.sql", indexEmail)
			c.before(k.db)
			p := k.ask(k.migrating()).end()
			if c.state == deploy.Succeeded {
				p.is(c.state).notes("validate/database", c.says)
			} else {
				p.is(c.state, c.says)
				k.wantServes("app-00001=100")
			}
			if strings.Contains(p.story(), hushHush) {
				t.Errorf("the journal shows a password:\n%s", p.story())
			}
		})
	}
}

func TestWhatTheDatabaseSaysIsKeptAsEvidence(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.report.Blocked, k.db.report.Invalid, k.db.report.Connections = 3, []string{"index orders_idx"}, 95
	k.db.report.Slow = append(k.db.report.Slow, deploy.SlowQuery{Text: "SELECT pg_sleep($1)", Calls: 1, Mean: 1200 * time.Millisecond})
	p := k.ask(k.migrating()).until("validate/service").say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"}).end().is(deploy.RolledBack)
	want := []string{"schema at 14 after 014_user_prefs.sql (expand: safe to roll back)", "2.1 GB in 14 tables, 95 of 100 connections", "3 connections wait for a lock",
		"nearly all connections are in use: 95 of 100 connections", "not valid: index orders_idx", "slow: SELECT pg_sleep($1), mean 1,200 ms (1 call)"}
	if diff := cmp.Diff(want, p.r.Incident.Database); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	t.Run("what cannot be had is said", func(t *testing.T) {
		t.Parallel()
		k := newKept(newWorld(t))
		p := k.ask(k.migrating()).until("validate/service")
		k.db.fails["Examine"] = []error{ends(deploy.Unavailable, "no answer within 5 s")}
		p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"}).end().is(deploy.RolledBack)
		if in := p.r.Incident; len(in.Database) != 1 || !strings.Contains(strings.Join(in.Missing, "\n"), "the database: no answer within 5 s") {
			t.Errorf("evidence %+v", in)
		}
	})
}

func TestDiagnosisGoesByTheDatabase(t *testing.T) {
	t.Parallel()
	failing, slow := judged(finding(deploy.ErrorRate, deploy.Unhealthy)), judged(finding(deploy.LatencyP99, deploy.Unhealthy))
	after := func(r deploy.Release, class deploy.SchemaClass, names ...string) deploy.Release {
		r.Schema = &deploy.Schema{Before: 13, After: 13 + int64(len(names)), Class: class}
		for i, name := range names {
			r.Schema.Applied = append(r.Schema.Applied, deploy.AppliedScript{Version: 14 + int64(i), Name: name})
		}
		return r
	}
	missing := lines(`pq: column "plan" does not exist`)
	for name, c := range map[string]struct {
		r             deploy.Release
		in            deploy.Incident
		cause, remedy string
	}{
		"a column is missing after it was taken away": {after(failing, deploy.Contract, "014_drop_plan.sql"),
			deploy.Incident{Lines: missing, Database: []string{"schema at 14 after 014_drop_plan.sql (contract: v1.2.3 may not work with it)"}},
			"the code and the schema of the database do not fit (“pq: column \"plan\" does not exist”); schema at 14 after 014_drop_plan.sql (contract: v1.2.3 may not work with it)",
			"what 014_drop_plan.sql took away"},
		"a column is missing, and nothing was applied": {after(failing, ""), deploy.Incident{Lines: missing, Database: []string{"schema at 13, this release changed nothing of it"}},
			"the code and the schema of the database do not fit (“pq: column \"plan\" does not exist”); schema at 13, this release changed nothing of it", "a migration that its source does not have"},
		"a column is missing, of a database unknown": {failing, deploy.Incident{Lines: missing}, "the code and the schema of the database do not fit (“pq: column \"plan\" does not exist”)", "whether the migration of this version was run"},
		"connections wait":                           {failing, deploy.Incident{Lines: lines("oh"), Database: []string{"3 connections wait for a lock"}}, "connections wait for a lock in the database (3 connections wait for a lock)", "pg_stat_activity"},
		"connections are short":                      {failing, deploy.Incident{Database: []string{"nearly all connections are in use: 95 of 100 connections"}}, "the database is short of connections (nearly all connections are in use: 95 of 100 connections)", "pool"},
		"slow, and a connection waits":               {slow, deploy.Incident{Database: []string{"1 connection waits for a lock"}}, "connections wait for a lock in the database (1 connection waits for a lock)", "pg_stat_activity"},
		"slow, and an index is not valid":            {slow, deploy.Incident{Database: []string{"not valid: index orders_idx"}}, "an index of the database is not valid, and so not used (not valid: index orders_idx)", "make it again"},
		"slow, and a statement is slow": {slow, deploy.Incident{Database: []string{"slow: SELECT pg_sleep($1), mean 1,200 ms (1 call)"}},
			"neither CPU nor memory nor the database's connections are short, so probably the code or its queries", "; slowest in the database, since its statistics were begun: SELECT pg_sleep($1), mean 1,200 ms (1 call)"},
		"errors, and an index is not valid": {failing, deploy.Incident{Database: []string{"not valid: index orders_idx"}}, "the logs do not say why", "compare what changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := phase.Diagnose(c.r, c.in)
			if got.Cause != c.cause || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("%+v", got)
			}
		})
	}
}
