package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace/blockkit"
)

// shown is a message as people see it, which Slack takes.
func shown(t *testing.T, name string, d slack.Drawn) {
	t.Helper()
	raw, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	valid(t, raw)
	goldenText(t, name, seenBy(t, d))
}

func withJob(a *deploy.Ask) {
	withDatabase(a)
	a.Spec.Database.Migrations.Source, a.Spec.Database.Migrations.Job = "", "coditect-migrate"
}

func withoutServer(a *deploy.Ask) {
	withDatabase(a)
	a.Spec.Database.Off = "no PostgreSQL is installed here"
}

func job() *deploy.Migration {
	return &deploy.Migration{Job: "coditect-migrate", From: 13, To: 13, Class: deploy.Unsure}
}

func brokenScript() error {
	return &deploy.Error{Code: deploy.Invalid, Msg: "015_index_users.sql line 1: deadlock detected", Hint: "deploy again"}
}

func TestParentOfAReleaseWithADatabase(t *testing.T) {
	t.Parallel()
	at := func(m *deploy.Migration) *play { return start(t, newRelease(t, withDatabase)).migrates(m) }
	risky := func() *play { return at(contract()).until(approve).approves("U0BOB").approves("U0CAROL") }
	noBackup := func() *play {
		return at(expand()).breaks("backup/create", &deploy.Error{Code: deploy.Invalid, Msg: "backup 1718000000042 failed: quota"})
	}
	waived := noBackup()
	waived.now = waived.now.Add(time.Minute)
	r, entries := deploy.Apply(waived.release, deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: deploy.WithoutBackup, Reason: "only an index is added"}, waived.now)
	waived.keep(r, entries)
	bad := at(expand()).runs("migrate/apply").runs("migrate/apply")
	for name, p := range map[string]*play{
		"database-created":           at(expand()),
		"database-backup":            at(expand()).until("backup/create").after(time.Minute),
		"database-backup-failed":     noBackup(),
		"database-backup-waived":     waived.until("migrate/measure"),
		"database-migrating":         at(expand()).runs("migrate/apply").runs("migrate/apply").after(4 * time.Second),
		"database-migrated":          at(expand()).until("traffic/100"),
		"database-risky-waiting":     at(contract()).until(approve),
		"database-contract":          risky().until("validate/database"),
		"database-contract-done":     risky().until(""),
		"database-job":               start(t, newRelease(t, withJob)).migrates(job()).until("deploy/revision"),
		"database-off":               start(t, newRelease(t, withoutServer)),
		"database-migration-failed":  bad.breaks("migrate/apply", brokenScript()).until(""),
		"database-backup-stopped":    start(t, newRelease(t, func(a *deploy.Ask) { withDatabase(a); a.Spec.Snapshot = true })).migrates(expand()).until("backup/create").say(deploy.SignalRollBack, "U0BOB", "not today"),
		"database-across-done":       start(t, newRelease(t, across)).until("rollback/agree").say(deploy.SignalPromote, "U0BOB", "").until(""),
		"database-back-from-migrate": at(expand()).runs("migrate/apply").say(deploy.SignalRollBack, "U0BOB", "wrong file").until("rollback/database"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown(t, name, slack.DrawParent(p.release, p.now, true))
			raw, err := slack.DrawParent(p.release, p.now, false).JSON()
			if err != nil {
				t.Fatal(err)
			}
			valid(t, raw)
		})
	}
}

func TestStory(t *testing.T) {
	t.Parallel()
	at := func() *play { return start(t, newRelease(t, withDatabase)).migrates(expand()) }
	for name, p := range map[string]*play{
		"database-thread":        at().until(""),
		"database-thread-failed": at().runs("migrate/apply").runs("migrate/apply").breaks("migrate/apply", brokenScript()).until(""),
	} {
		var story []string
		for _, e := range p.entries {
			if m, ok := slack.DrawEntry(p.release, e); ok {
				story = append(story, m.Text())
			}
		}
		goldenText(t, name, strings.Join(story, "\n----\n")+"\n")
	}
}

func TestAQuestionAboutARiskyPlanSaysWhatIsRiskyAndWhoCounts(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, func(a *deploy.Ask) {
		withDatabase(a)
		a.Spec.Policy.RequesterMayApprove = true
	})).migrates(contract()).until(approve)
	shown(t, "database-risky-ask", slack.DrawAsk(p.release, approve, "<!subteam^S0ONCALL>", p.now))
	calm := start(t, newRelease(t, withDatabase)).migrates(expand()).until("backup/create")
	for _, e := range calm.entries {
		if m, ok := slack.DrawEntry(calm.release, e); ok && e.Step == "preflight/plan" {
			shown(t, "database-plan", m)
		} else if ok && e.Step == approve {
			t.Errorf("nobody was asked, and yet: %s", m.Text())
		}
	}
}

func TestAPlanWithAnyMigrationFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	huge := contract()
	for i := range 200 {
		huge.Files = append(huge.Files, deploy.MigrationFile{Version: int64(100 + i), Name: strings.Repeat("x", 300) + fmt.Sprint(i), Statements: 4000})
		k := huge.Risks[0]
		k.Text, k.Why, k.Safer, k.Table = strings.Repeat("<!channel> & ", 80), strings.Repeat("&", 900), strings.Repeat("<@U0BOB>", 90), strings.Repeat("t", 400)
		huge.Risks = append(huge.Risks, k)
	}
	p := start(t, newRelease(t, withDatabase)).migrates(huge).until(approve)
	d := slack.DrawAsk(p.release, approve, "", p.now)
	raw, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	valid(t, raw)
	for _, want := range []string{"and 181 files more", "and 187 risky statements more"} {
		if text := seenBy(t, d); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%.3000s", want, text)
		}
	}
	if marked := markedUp(t, raw); strings.Contains(marked, "<!channel>") || strings.Contains(marked, "<@U0BOB>") {
		t.Error("what stands in a script reaches people")
	}
}

// across is a rollback that leaves a schema which v1.2.3 may not work with.
func across(a *deploy.Ask) {
	withDatabase(a)
	a.Kind, a.Version, a.Baseline = deploy.Rollback, "v1.2.3", deploy.Revision{Name: "coditect-app-production-r41-1", Version: "v1.2.3"}
	a.Left, a.Reason = deploy.Left{Version: "v1.2.4"}, "the new page is wrong"
	a.Across = []deploy.Crossing{
		{Release: "coditect-app-41", Version: "v1.2.4", Class: deploy.Contract, Before: 13, After: 14, Names: []string{"014_drop_nick.sql"}, Changes: []string{"− column public.users.nick (text)", "+ table public.names"}},
		{Release: "coditect-app-40", Version: "v1.2.3-b", Class: deploy.Unsure, Before: 13, After: 13, Names: []string{"job coditect-migrate"}},
	}
}

func toClone(a *deploy.Ask) {
	withDatabase(a)
	a.Kind, a.Version, a.Reason = deploy.Restore, "", "look for lost rows"
	a.Restore = &deploy.RestorePlan{Instance: a.Spec.Database.Instance, Clone: "coditect-postgres-rollback-42", At: noon.Add(-37 * time.Minute)}
}

func inPlace(a *deploy.Ask) {
	toClone(a)
	a.Reason = "v1.2.4 has deleted rows"
	a.Restore = &deploy.RestorePlan{Instance: a.Spec.Database.Instance, InPlace: true, Backup: "1718000000041", At: noon.Add(-37 * time.Minute), Of: "coditect-app-41"}
}

func TestQuestionsThatTakeTwoPeople(t *testing.T) {
	t.Parallel()
	const who = "<!subteam^S0ONCALL>"
	for name, c := range map[string]struct {
		change func(*deploy.Ask)
		gate   deploy.StepName
		says   string // of what was approved
	}{
		"agree-rollback": {across, "rollback/agree", "Rollback"},
		"agree-restore":  {inPlace, "restore/agree", "Restore"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := func() *play { return start(t, newRelease(t, c.change)).until(c.gate) }
			expired := at().after(time.Hour)
			r, entries, _ := deploy.Decide(expired.release, expired.now)
			expired.keep(r, entries)
			p := at()
			ask := slack.DrawAsk(p.release, c.gate, who, p.now)
			shown(t, name, ask)
			shown(t, name+"-parent", slack.DrawParent(p.release, p.now, true))
			shown(t, name+"-expired", slack.DrawParent(expired.release, expired.now, true))
			shown(t, name+"-stopped", slack.DrawParent(at().say(deploy.SignalRollBack, "U0BOB", "").release, noon, true))
			approved := p.say(deploy.SignalPromote, "U0BOB", "")
			for i, b := range blockkit.Controls(blocksOf(t, ask)) {
				if want := []string{"promote", "roll_back"}[i]; b.ActionID != want || b.Value != "coditect-app-42|"+string(c.gate) {
					t.Errorf("button %d is %s %q", i, b.ActionID, b.Value)
				}
			}
			for want, p := range map[string]*play{
				"✓ " + c.says + " approved by @bob at ":   approved,
				"■ Expired at 13:0":                       expired,
				"■ Held by @carol at 12:0":                at().say(deploy.SignalPause, "U0CAROL", ""),
				"↩ Not approved: stopped by @bob at 12:0": at().say(deploy.SignalRollBack, "U0BOB", ""),
				"✗ Let go by @bob at 12:0":                at().say(deploy.SignalAbandon, "U0BOB", "break-glass"),
			} {
				m, ok := slack.DrawStamp(p.release, c.gate, who)
				if _, got, _ := strings.Cut(names.Markup(m.Text()), "\n"); !strings.HasPrefix(got, want) || !ok {
					t.Errorf("stamp %q, want %q…", got, want)
				}
			}
		})
	}
}

func TestARestoreSaysNothingOfTraffic(t *testing.T) {
	t.Parallel()
	clone := func() *play { return start(t, newRelease(t, toClone)) }
	place := func() *play {
		return start(t, newRelease(t, inPlace)).until("restore/agree").say(deploy.SignalPromote, "U0BOB", "")
	}
	cases := map[string]*play{
		"restore-clone-looking": clone().until("restore/look"),
		"restore-clone":         clone().until("restore/clone").after(3 * time.Minute),
		"restore-clone-done":    clone().until(""),
		"restore-clone-stopped": clone().until("restore/clone").say(deploy.SignalRollBack, "U0BOB", "not needed"),
		"restore-clone-failed":  clone().breaks("restore/clone", &deploy.Error{Code: deploy.Invalid, Msg: "the quota of instances is used up"}),
		"restore-place":         place().until("restore/restore").after(2 * time.Minute),
		"restore-place-done":    place().until(""),
		"restore-place-parked":  place().breaks("restore/restore", &deploy.Error{Code: deploy.Invalid, Msg: "the operation failed: internal error"}),
		"restore-place-let-go":  place().until("restore/restore").say(deploy.SignalAbandon, "os:root", "break-glass: Slack is down"),
		"restore-clone-held":    clone().until("restore/clone").say(deploy.SignalPause, "U0CAROL", "look first"),
		"restore-no-backup":     place().breaks("restore/backup", &deploy.Error{Code: deploy.Invalid, Msg: "backup 1718000000042 failed: quota"}),
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := slack.DrawParent(p.release, p.now, true)
			shown(t, name, d)
			raw, err := slack.DrawParent(p.release, p.now, false).JSON()
			if err != nil {
				t.Fatal(err)
			}
			valid(t, raw)
			for _, wrong := range []string{"traffic", "%", "revision", "v1.2", "Roll back", "version before"} {
				if text := strings.ReplaceAll(seenBy(t, d), "v1.2.4 has deleted rows", ""); strings.Contains(text, wrong) {
					t.Errorf("a restore speaks of %q:\n%s", wrong, text)
				}
			}
		})
	}
	var story []string
	for _, p := range []*play{cases["restore-clone-done"], cases["restore-place-parked"]} {
		for _, e := range p.entries {
			if m, ok := slack.DrawEntry(p.release, e); ok {
				story = append(story, m.Text())
			}
		}
	}
	goldenText(t, "restore-threads", strings.Join(story, "\n----\n")+"\n")
}

func TestTheCommandsOfANewInstanceAreShownWhole(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, toClone)).until("")
	want := "`gcloud secrets versions access latest --secret=url --project=my-gcp-project | sed 's|@[^/]*/|@10.0.0.9:5432/|' | gcloud secrets versions add url --data-file=-`"
	parent := slack.DrawParent(p.release, p.now, false).Text()
	var told string
	for _, e := range p.entries {
		if m, ok := slack.DrawEntry(p.release, e); ok && e.Step == "restore/check" {
			told = m.Text()
		}
	}
	for where, text := range map[string]string{"parent": parent, "thread": told} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: no %s in\n%s", where, want, text)
		}
	}
}

func TestAnIncidentSaysWhatBecameOfTheSchema(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, withDatabase)).migrates(expand()).until("validate/database").say(deploy.SignalRollBack, "U0BOB", "5xx").until("rollback/incident")
	in := &deploy.Incident{At: p.now, Back: p.now, Share: 100, Trigger: "5xx", Changed: []string{"image v1.2.3 → v1.2.4"},
		Database: []string{"schema at 15 after 014_add_user_preferences.sql, 015_index_users.sql (expand: safe to roll back)", "14 GB in 12 tables, 12 of 100 connections"}}
	p.release.Facts.MaxShare = 100
	p.concludes("rollback/incident", deploy.Outcome{Incident: in}, nil).until("")
	m := slack.DrawIncident(p.release, true, "")
	shown(t, "database-incident", m)
	off := p.release
	spec := *off.Spec.Database
	spec.Off = "left alone"
	off.Spec.Database = &spec
	buttons := func(r deploy.Release) (list []string) {
		for _, b := range blockkit.Controls(blocksOf(t, slack.DrawIncident(r, true, ""))) {
			list = append(list, b.ActionID)
		}
		return list
	}
	all := []string{"take", "bug", "database_options", "fix", "unlock", "report"}
	if diff := cmp.Diff(all, buttons(p.release)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(append([]string{"take", "bug"}, all[3:]...), buttons(off)); diff != "" {
		t.Errorf("with a database that is left alone: %s", diff)
	}
}
