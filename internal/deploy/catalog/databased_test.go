package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// kept is sound with a database, of which staging and production have one each. Scripts come from a folder.
var kept = strings.Replace(sound, "platform: {service: app-production}", "platform: {service: app-production}\n    database: {instance: app-production}", 1) + `database:
  instance: app-staging
  name: app
  login: postgres://slipway:${secret:db-password}@10.0.0.5/app
  backup: {within: 20m}
  limits: {connections: 70%, transaction: 1m, lag: 10s, size: 500Gi}
  validate: false
  migrations:
    from: migrations
    table: ops.migrations
    lock_timeout: 2s
    statement_timeout: 3m
    large_table: 512Mi
    approvals: 3
    within: 15m
    checks:
      - {name: Addresses, sql: "SELECT count(*) = 0 FROM users WHERE email IS NULL; ", after: 20260101120000}
`

func keptBy(text string) fstest.MapFS {
	return fstest.MapFS{"app.yaml": file(text), "migrations/001_users.sql": file("CREATE TABLE users ();"), "migrations/v1/002_more.sql": file("SELECT 1;")}
}

// databaseOf is the database of an environment, from a text of the catalog.
func databaseOf(t *testing.T, text, environment string) *deploy.DatabaseSpec {
	t.Helper()
	c, err := load(t, keptBy(text))
	if err != nil {
		t.Fatal(err)
	}
	return resolve(t, c, environment).Database
}

func databaseInFull(instance string) *deploy.DatabaseSpec {
	return &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: instance},
		Name:     "app", Region: "us-central1", Login: "postgres://slipway:${secret:db-password}@10.0.0.5/app",
		Backup: deploy.BackupSpec{Within: 20 * time.Minute},
		Limits: deploy.DatabaseLimits{Connections: 0.7, Transaction: time.Minute, Lag: 10 * time.Second, Size: 500 << 30},
		Migrations: &deploy.MigrationSpec{
			Source: "migrations", Table: "ops.migrations", LockTimeout: 2 * time.Second, StatementTimeout: 3 * time.Minute,
			Large: 512 << 20, Approvals: 3, Within: 15 * time.Minute,
			Checks: []deploy.SQLCheck{{Name: "Addresses", SQL: "SELECT count(*) = 0 FROM users WHERE email IS NULL; ", After: 20260101120000}},
		},
	}
}

func TestADatabaseIsReadInFull(t *testing.T) {
	t.Parallel()
	for environment, instance := range map[string]string{"staging": "app-staging", "production": "app-production"} {
		if diff := cmp.Diff(databaseInFull(instance), databaseOf(t, kept, environment)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", environment, diff)
		}
	}
}

func TestDefaultsOfADatabase(t *testing.T) {
	t.Parallel()
	small := sound + "database: {instance: app, name: app, user: slipway@my-gcp-project.iam}\n"
	want := &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: "app"},
		Name:     "app", Region: "us-central1", User: "slipway@my-gcp-project.iam",
		Backup:   deploy.BackupSpec{Within: 30 * time.Minute},
		Limits:   deploy.DatabaseLimits{Connections: 0.8, Transaction: 5 * time.Minute, Lag: 30 * time.Second},
		Validate: true,
	}
	if diff := cmp.Diff(want, databaseOf(t, small, "staging")); diff != "" {
		t.Errorf("a database (-want +got):\n%s", diff)
	}
	scripts := strings.Replace(small, "iam}", "iam, project: other-project, region: europe-west1, migrations: {from: migrations/}}", 1)
	scripts = strings.Replace(scripts, "  staging:\n", "  staging:\n    database: {off: not there yet}\n", 1) // two that migrate it would be one too many
	want.Instance.Project, want.Region = "other-project", "europe-west1"
	want.Migrations = &deploy.MigrationSpec{Source: "migrations", Table: "schema_migrations", LockTimeout: 2 * time.Second,
		StatementTimeout: 5 * time.Minute, Large: 1 << 30, Approvals: 2, Within: 30 * time.Minute}
	if diff := cmp.Diff(want, databaseOf(t, scripts, "production")); diff != "" {
		t.Errorf("with scripts (-want +got):\n%s", diff)
	}
	job := strings.Replace(scripts, "{from: migrations/}", "{job: app-migrate}", 1)
	want.Migrations = &deploy.MigrationSpec{Job: "app-migrate", Table: "schema_migrations", Within: 30 * time.Minute}
	if diff := cmp.Diff(want, databaseOf(t, job, "production")); diff != "" {
		t.Errorf("with a job (-want +got):\n%s", diff)
	}
}

func TestAnEnvironmentSaysOtherwiseOfItsDatabase(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact   string
		own    string // what the database of production says beside its instance
		change func(*deploy.DatabaseSpec)
	}{
		{"a name", "name: app2", func(d *deploy.DatabaseSpec) { d.Name = "app2" }},
		{"a project and a region", "project: other-project, region: europe-west1", func(d *deploy.DatabaseSpec) { d.Instance.Project, d.Region = "other-project", "europe-west1" }},
		{"another login", `login: "${secret:url}"`, func(d *deploy.DatabaseSpec) { d.Login = "${secret:url}" }},
		{"a user takes the place of the inherited login", "user: slipway@my-gcp-project.iam", func(d *deploy.DatabaseSpec) { d.Login, d.User = "", "slipway@my-gcp-project.iam" }},
		{"nothing is done with it", "off: it is being moved", func(d *deploy.DatabaseSpec) { d.Off = "it is being moved" }},
		{"no backup", "backup: {skip: made each hour}", func(d *deploy.DatabaseSpec) {
			d.Backup = deploy.BackupSpec{Skip: "made each hour", Within: 30 * time.Minute}
		}},
		{"a backup that says nothing", "backup: {}", func(*deploy.DatabaseSpec) {}},
		{"one limit of several", "limits: {lag: 1m}", func(d *deploy.DatabaseSpec) { d.Limits.Lag = time.Minute }},
		{"it is examined", "validate: true", func(d *deploy.DatabaseSpec) { d.Validate = true }},
		{"one key of the migrations", "migrations: {large_table: 2Gi}", func(d *deploy.DatabaseSpec) { d.Migrations.Large = 2 << 30 }},
		{"scripts from elsewhere", `migrations: {from: "oci://gcr.io/my-gcp-project/migrations:${VERSION}"}`, func(d *deploy.DatabaseSpec) {
			d.Migrations.Source = "oci://gcr.io/my-gcp-project/migrations:v1.2.4"
		}},
		{"no checks is something", "migrations: {checks: []}", func(d *deploy.DatabaseSpec) { d.Migrations.Checks = nil }},
		{"a job takes the place of the inherited scripts", "migrations: {job: migrate, args: [up]}", func(d *deploy.DatabaseSpec) {
			d.Migrations = &deploy.MigrationSpec{Job: "migrate", Args: []string{"up"}, Table: "ops.migrations", Within: 15 * time.Minute}
		}},
	} {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			want := databaseInFull("app-production")
			tc.change(want)
			text := strings.Replace(kept, "{instance: app-production}", "{instance: app-production, "+tc.own+"}", 1)
			if diff := cmp.Diff(want, databaseOf(t, text, "production")); diff != "" {
				t.Errorf("production (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(databaseInFull("app-staging"), databaseOf(t, text, "staging")); diff != "" {
				t.Errorf("staging changed too (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScriptsTakeThePlaceOfAnInheritedJob(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("    from: migrations\n", "    job: migrate\n    args: [up]\n").Replace(withoutScripts(kept))
	text = strings.Replace(text, "{instance: app-production}", "{instance: app-production, migrations: {from: migrations}}", 1)
	m := databaseOf(t, text, "production").Migrations
	if m.Source != "migrations" || m.Job != "" || m.Args != nil || m.Within != 15*time.Minute {
		t.Errorf("%+v", m)
	}
}

func TestALoginTakesThePlaceOfAnInheritedUser(t *testing.T) {
	t.Parallel()
	user := strings.Replace(kept, "login: postgres://slipway:${secret:db-password}@10.0.0.5/app", "user: slipway@my-gcp-project.iam", 1)
	user = strings.Replace(user, "{instance: app-production}", `{instance: app-production, login: "${secret:url}"}`, 1)
	if d := databaseOf(t, user, "production"); d.User != "" || d.Login != "${secret:url}" {
		t.Errorf("%+v", d)
	}
}

// withoutScripts takes out what stands beside from.
func withoutScripts(text string) string {
	before, after, _ := strings.Cut(text, "    table: ")
	_, within, _ := strings.Cut(after, "    within: ")
	within, _, _ = strings.Cut(within, "    checks:")
	return before + "    within: " + within
}

func TestADatabaseThatIsOffNeedsNothingElse(t *testing.T) {
	t.Parallel()
	text := strings.Replace(sound, "  staging:\n", "  staging:\n    database: {off: there is no server}\n", 1)
	if d := databaseOf(t, text, "staging"); d == nil || d.Off != "there is no server" || d.Instance.Name != "" || d.Migrates() {
		t.Errorf("%+v", d)
	}
	if d := databaseOf(t, text, "production"); d != nil {
		t.Errorf("the other environment has one too: %+v", d)
	}
}

func TestTheConfigurationIsKeptWhereThereIsADatabase(t *testing.T) {
	t.Parallel()
	for fact, tc := range map[string]struct {
		text string
		want bool
	}{
		"no database":                     {sound, false},
		"a database":                      {kept, true},
		"a database that is off":          {sound + "database: {off: elsewhere}\n", true},
		"no database, and asked for":      {sound + "snapshot: true\n", true},
		"a database, and not wanted":      {kept + "snapshot: false\n", false},
		"the environment says otherwise":  {strings.Replace(kept, "  production:\n", "  production:\n    snapshot: false\n", 1), false},
		"the environment says it for all": {strings.Replace(sound, "  production:\n", "  production:\n    snapshot: true\n", 1) + "snapshot: false\n", true},
	} {
		c, err := load(t, keptBy(tc.text))
		if err != nil {
			t.Errorf("%s: %v", fact, err)
			continue
		}
		if got := resolve(t, c, "production").Snapshot; got != tc.want {
			t.Errorf("%s: %t", fact, got)
		}
	}
}

func TestTheReleaseIsFilledIntoFromAndArgsAndNothingElse(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("from: migrations", `from: gs://app-${ENVIRONMENT}-migrations/${VERSION}/`, "name: Addresses, sql: \"SELECT", "name: Addresses, sql: \"SELECT '${VERSION}' <> '' OR").Replace(kept)
	d := databaseOf(t, text, "production")
	if got, want := d.Migrations.Source, "gs://app-production-migrations/v1.2.4/"; got != want {
		t.Errorf("from %q, want %q", got, want)
	}
	if got := d.Migrations.Checks[0].SQL; !strings.Contains(got, "'${VERSION}'") {
		t.Errorf("a check is filled in: %q", got)
	}
	if !strings.Contains(d.Login, "${secret:db-password}") {
		t.Errorf("login %q", d.Login)
	}
	job := strings.Replace(kept, "{instance: app-production}", `{instance: app-production, migrations: {job: migrate, args: ["--to=${VERSION}", "${ENVIRONMENT}", "$${HOME}"]}}`, 1)
	if diff := cmp.Diff([]string{"--to=v1.2.4", "production", "${HOME}"}, databaseOf(t, job, "production").Migrations.Args); diff != "" {
		t.Error(diff)
	}
}

func TestAResolvedDatabaseIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	job := strings.Replace(kept, "{instance: app-production}", "{instance: app-production, migrations: {job: migrate, args: [up]}}", 1)
	c, err := load(t, keptBy(job))
	if err != nil {
		t.Fatal(err)
	}
	for _, environment := range c.Environments("app") {
		want, mine := resolve(t, c, environment), resolve(t, c, environment)
		mine.Database.Name, mine.Database.Migrations.Table = "x", "x"
		for i := range mine.Database.Migrations.Checks {
			mine.Database.Migrations.Checks[i].Name = "x"
		}
		for i := range mine.Database.Migrations.Args {
			mine.Database.Migrations.Args[i] = "x"
		}
		if diff := cmp.Diff(want, resolve(t, c, environment)); diff != "" {
			t.Errorf("%s: changing one answer changed the next (-want +got):\n%s", environment, diff)
		}
	}
}

func TestACopyHasTheDatabaseAndItsScripts(t *testing.T) {
	t.Parallel()
	odd := strings.Replace(kept, `sql: "SELECT count`, `sql: "-- it's: odd #1\nSELECT count`, 1)
	odd = strings.Replace(odd, "{instance: app-production}", `{instance: app-production, off: "moved: \"soon\"", migrations: {from: "migrations/${VERSION}"}}`, 1) + "snapshot: false\n"
	src := keptBy(odd)
	original, err := load(t, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []string{"", "there is no PostgreSQL here: none is installed"} {
		dst := t.TempDir()
		for range 2 { // again makes no difference
			if err := catalog.Rewrite(src, dst, catalog.Rewriting{Speed: 60, DatabaseOff: off}); err != nil {
				t.Fatal(err)
			}
		}
		copied, err := catalog.Load(dst)
		if err != nil {
			t.Fatal(err)
		}
		for _, environment := range []string{"staging", "production"} {
			want, got := resolve(t, original, environment).Database, resolve(t, copied, environment)
			if want.Off == "" {
				want.Off = off
			}
			if diff := cmp.Diff(want, got.Database); diff != "" || got.Snapshot {
				t.Errorf("%s with %q (-want +got):\n%s", environment, off, diff)
			}
		}
		for _, name := range []string{"001_users.sql", "v1/002_more.sql"} {
			text, err := os.ReadFile(filepath.Join(dst, "migrations", name))
			if err != nil || string(text) != string(src["migrations/"+name].Data) {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
	}
}

func TestACommandInAFolderOfScriptsMayBeExecutedInTheCopy(t *testing.T) {
	t.Parallel()
	src := keptBy(strings.Replace(kept, "from: migrations\n", "from: scripts\n", 1))
	src["scripts/smoke.sh"] = file("exit 0\n")
	other := strings.NewReplacer("service: app\n", "service: aardvark\n", "app-staging", "aardvark-staging", "app-production", "aardvark-production").Replace(sound)
	src["aardvark.yaml"] = file(other + "checks: [{name: Old, stage: smoke, command: [scripts/smoke.sh], beside_the_bot: true}]\n")
	if err := catalog.Rewrite(src, t.TempDir(), catalog.Rewriting{}); err != nil {
		t.Error(err)
	}
}

func TestAnEmptyFolderOfScriptsIsCopied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app.yaml"), []byte(kept), 0o644); err != nil {
		t.Fatal(err)
	}
	dst := t.TempDir()
	if err := catalog.Rewrite(os.DirFS(dir), dst, catalog.Rewriting{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dst, "migrations")); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAReasonThatIsNoLineIsNotWritten(t *testing.T) {
	t.Parallel()
	dst := filepath.Join(t.TempDir(), "out")
	err := catalog.Rewrite(keptBy(kept), dst, catalog.Rewriting{DatabaseOff: "a\nb"})
	if _, wrote := os.Stat(dst); deploy.CodeOf(err) != deploy.Invalid || wrote == nil {
		t.Errorf("%v", err)
	}
}
