package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"slipway/deployments"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudsql"
)

// checkedService is a catalog's file; DATABASE is what is looked at.
const checkedService = `service: app
image: gcr.io/my-gcp-project/coditect
channel: "#devops-oncall"
on_call: "@oncall"
platform: {kind: cloudrun, project: my-gcp-project, region: us-central1, service: coditect-app-production}
strategy: {kind: blue-green}
health: []
policy: {deploy: ["@platform"], approve: ["@oncall"]}
environments: {production: {}}
database: {DATABASE}
`

func TestCheckLooksAtDatabases(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), Databases: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, spec := range []cloudsql.InstanceSpec{{Name: "without-log", NoPointInTime: true}, {Name: "asleep"}} {
		if err := box.CloudSQL.Seed(spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.CloudSQL.Faults().Inject(cloudsql.Fault{Kind: cloudsql.NotRunning, Instance: "asleep"}); err != nil {
		t.Fatal(err)
	}
	if err := box.Secrets.Put("wrong-password", "hunter2"); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`@([^/]+)/`).FindStringSubmatch(box.CloudSQL.URL(cloudsql.GuideInstance, cloudsql.GuideDatabase))[1]
	const good, login = `instance: coditect-postgres-production`, `name: coditect, login: "${secret:migrations-url}"`
	for _, c := range []struct {
		name, database string
		want           []string // patterns, each in a line of its own
		none           string   // what is not there
	}{
		{"all is well", good + ", " + login + `, migrations: {from: "gs://my-gcp-project-migrations/${VERSION}/"}`,
			[]string{`^✓ app/production: database coditect on coditect-postgres-production runs, and Slipway gets in: PostgreSQL [0-9.]+.*, schema 13$`}, `✗`},
		{"a database that is off is left alone", `off: it is set up by hand`, nil, `(?i)database|✗`},
		{"a secret of the login is not there", good + `, name: coditect, login: "${secret:nowhere}"`,
			[]string{`^✗ app/production: .*secret nowhere`, `^✗ app/production: database coditect: .*secret nowhere`}, `gets in`},
		{"a password that is wrong, which is not shown", good + `, name: coditect, login: "postgres://coditect:${secret:wrong-password}@` + address + `/coditect?sslmode=disable"`,
			[]string{`^✗ app/production: database coditect: `}, `hunter2|gets in`},
		{"an instance that is not there", `instance: elsewhere, ` + login, []string{`^✗ app/production: .*elsewhere`, `^    → `}, `gets in`},
		{"an instance that does not run", `instance: asleep, ` + login,
			[]string{`^✗ app/production: asleep does not run: SUSPENDED \(BILLING_ISSUE\)$`, `^    → .*gcloud sql instances describe asleep --project my-gcp-project`}, `gets in`},
		{"no log for a point in time is a warning", `instance: without-log, ` + login,
			[]string{`^! app/production: without-log keeps no log`, `^    → gcloud sql instances patch without-log`, `gets in`}, `✗`},
		{"a bucket that is not there", good + ", " + login + `, migrations: {from: "gs://nowhere/${VERSION}/"}`,
			[]string{`^✗ app/production: migrations: .*nowhere`, `^    → `}, `gets in`},
		{"a registry that does not answer", good + ", " + login + `, migrations: {from: "oci://127.0.0.1:1/migrations:${VERSION}"}`,
			[]string{`^✗ app/production: migrations: `}, `gets in`},
		{"an artifact is named after its version, which is not there yet", good + ", " + login + `, migrations: {from: "oci://` + box.Registry.Addr() + `/migrations:${VERSION}"}`,
			[]string{`gets in`}, `✗`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			text := strings.ReplaceAll(checkedService, "DATABASE", c.database)
			if err := os.WriteFile(filepath.Join(folder, "app.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			env := map[string]string{"SLIPWAY_CATALOG": folder}
			for _, e := range box.Environ() {
				if key, value, _ := strings.Cut(e, "="); key != "SLIPWAY_CATALOG" {
					env[key] = value
				}
			}
			cfg, _ := readConfig(func(key string) string { return env[key] })
			b := unmade(cfg, zerolog.Nop())
			defer b.close()
			if err := b.loadCatalog(t.Context()); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			r := &findings{to: &out}
			b.checkSecrets(t.Context(), r)
			b.checkDatabases(t.Context(), r)
			for _, want := range c.want {
				if !regexp.MustCompile(`(?m)` + want).MatchString(out.String()) {
					t.Errorf("nothing is like %s in\n%s", want, out.String())
				}
			}
			if found := regexp.MustCompile(c.none).FindString(out.String()); found != "" {
				t.Errorf("it says %q:\n%s", found, out.String())
			}
		})
	}
}
