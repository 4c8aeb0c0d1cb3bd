package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAProblemOfADatabaseIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range [][]broken{databaseProblems, loginProblems, backupProblems, migrationProblems, fromProblems, jobProblems, sqlProblems, databasesProblems} {
		for _, tc := range table {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				got := strings.ReplaceAll(problemsOf(t, keptBy(replaced(t, kept, tc))), "app.yaml:", "")
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		}
	}
}

var databaseProblems = []broken{
	{"no problem there", "", "", ``},
	{"an unknown key", "  validate: false", "  validates: false", `45:3: unknown key "validates"; did you mean "validate"?`},
	{"an instance with its project and region", "instance: app-staging", "instance: my-gcp-project:us-central1:app-staging", `40:13: instance "my-gcp-project:us-central1:app-staging" is not the name of a Cloud SQL instance; write "app-staging"; its project and its region have keys of their own`},
	{"an instance with capitals", "instance: app-staging", "instance: App", `40:13: instance "App" is not the name of a Cloud SQL instance; lower case letters, digits and hyphens, beginning with a letter`},
	{"an instance that is too long with its project", "instance: app-staging", "instance: a" + strings.Repeat("b", 84), `40:13: project and instance have 100 characters, at most 98 are allowed; with the colon between them`},
	{"no instance", "  instance: app-staging\n", "", `33:3: staging has no database.instance; write it here, or at the top for all environments; off says why nothing is done with the database`},
	{"no name", "  name: app\n", "", `33:3: staging has no database.name; write it here, or at the top for all environments; off says why nothing is done with the database
38:5: production has no database.name; write it here, or at the top for all environments; off says why nothing is done with the database`},
	{"a name with a space", "  name: app\n", "  name: my app\n", `41:9: name "my app" is not the name of a database; letters, digits, _ and -, not beginning with a digit, at most 63`},
	{"a project that is none", "  name: app\n", "  name: app\n  project: X\n", `42:12: project "X" is not a project id; 6 to 30 lower case letters, digits and hyphens`},
	{"a zone for a region", "  name: app\n", "  name: app\n  region: us-central1-a\n", `42:11: region "us-central1-a" is not a region; that is a zone; its region is "us-central1"`},
	{"off for no reason", "  name: app\n", "  name: app\n  off: true\n", `42:8: off must be text, not true; put it in quotes: "true"`},
	{"off for an empty reason", "  name: app\n", "  name: app\n  off: \"\"\n", `42:8: off is empty; say why nothing is done with it`},
	{"a reason that is too long", "  name: app\n", "  name: app\n  off: " + strings.Repeat("x", 301) + "\n", `42:8: off has 301 characters, at most 300 are allowed`},
	{"a snapshot that is neither", "database:\n", "snapshot: often\ndatabase:\n", `39:11: snapshot must be true or false, not text`},
}

const login = "login: postgres://slipway:${secret:db-password}@10.0.0.5/app"

var loginProblems = []broken{
	{"neither login nor user", "  " + login + "\n", "", `33:3: staging has no database.login; write login (postgres://… with ${secret:NAME}) or user (an IAM user of Cloud SQL)
38:5: production has no database.login; write login (postgres://… with ${secret:NAME}) or user (an IAM user of Cloud SQL)`},
	{"both login and user", login, login + "\n  user: slipway@my-gcp-project.iam", `43:9: user stands beside login; write one: an address, or a user of Cloud SQL's connector`},
	{"a password", "${secret:db-password}", "hunter2", `42:10: login has a password in it; keep it in a secret, and write ${secret:NAME}`},
	{"a password as a parameter", login, "login: postgres://slipway@10.0.0.5/app?password=hunter2", `42:10: login has a password in it; keep it in a secret, and write ${secret:NAME}`},
	{"a reference of the release", login, "login: postgres://slipway:${secret:db-password}@10.0.0.5/app-${ENVIRONMENT}", `42:10: login refers to ${ENVIRONMENT}, which is not filled in here; only ${secret:NAME} is; environments may have logins of their own`},
	{"the version of a secret", "${secret:db-password}", "${secret:db-password:3}", `42:10: login: ${secret:db-password:3} is no placeholder; did you mean "${secret:db-password}", its newest version?`},
	{"another kind of database", login, "login: mysql://slipway@10.0.0.5/app", `42:10: login is not the address of a database; write postgres://USER:${secret:NAME}@HOST/DATABASE, or keep all of it in a secret: ${secret:NAME}`},
	{"an address without a host", login, "login: postgres:///app", `42:10: login is not the address of a database; write postgres://USER:${secret:NAME}@HOST/DATABASE, or keep all of it in a secret: ${secret:NAME}`},
	{"an address that cannot be read", login, "login: \"postgres://slipway:hunter2@[::1/app\"", `42:10: login is not an address; write postgres://USER:${secret:NAME}@HOST/DATABASE, or keep all of it in a secret: ${secret:NAME}`},
	{"a socket of Cloud SQL", login, "login: postgres://slipway@/app?host=/cloudsql/p:r:i", ``},
	{"all of it in a secret", login, "login: ${secret:db-url}", ``},
	{"a service account in full", login, "user: slipway@my-gcp-project.iam.gserviceaccount.com", `42:9: user "slipway@my-gcp-project.iam.gserviceaccount.com" is not an IAM user of a database; write "slipway@my-gcp-project.iam": a database knows a service account without .gserviceaccount.com`},
	{"a user who is no address", login, "user: slipway", `42:9: user "slipway" is not an IAM user of a database; write it like slipway@my-gcp-project.iam`},
}

var backupProblems = []broken{
	{"no time for a backup", "within: 20m", "within: 0s", `43:20: within 0s is out of range; more than 0s, at most 24h`},
	{"more time than there is", "within: 20m", "within: 25h", `43:20: within 25h0m0s is out of range; more than 0s, at most 24h`},
	{"a backup that is skipped and made", "within: 20m", "within: 20m, skip: why not", `43:31: skip stands beside within; either there is a backup, or there is not`},
	{"a backup skipped for no reason", "within: 20m", "skip: true", `43:18: skip must be text, not true; put it in quotes: "true"`},
	{"a backup skipped for an empty reason", "within: 20m", "skip: \"\"", `43:18: skip is empty; say why there is no backup`},
	{"nobody let in", "connections: 70%", "connections: 0%", `44:25: connections 0% lets nobody in; more than 0%, at most 100%`},
	{"connections without a unit", "connections: 70%", "connections: 70", `44:25: connections 70 has no unit; write 70% if you mean that many in a hundred`},
	{"no transactions at all", "transaction: 1m", "transaction: 0s", `44:43: transaction 0s is out of range; more than 0s, at most 168h`},
	{"replicas without lag", "lag: 10s", "lag: 0s", `44:52: lag 0s is out of range; more than 0s, at most 168h`},
	{"a size as others write it", "size: 500Gi", "size: 500GB", `44:63: size "500GB" is not a size; did you mean "500Gi"?`},
}

var migrationProblems = []broken{
	{"migrations from nowhere", "    from: migrations\n", "", `46:3: staging has migrations from nowhere; write from (gs://…, oci://… or a folder of the catalog) or job`},
	{"a table that has to be quoted", "table: ops.migrations", "table: my-table", `48:12: table "my-table" is not the name of a table; letters, digits and _, with or without its schema: ops.schema_migrations`},
	{"a table of a database", "table: ops.migrations", "table: app.ops.migrations", `48:12: table "app.ops.migrations" is not the name of a table; letters, digits and _, with or without its schema: ops.schema_migrations`},
	{"no time to wait", "lock_timeout: 2s", "lock_timeout: 0s", `49:19: lock_timeout 0s is out of range; more than 0s, at most 1h`},
	{"a lock waited for too long", "lock_timeout: 2s", "lock_timeout: 2h", `49:19: lock_timeout 2h0m0s is out of range; more than 0s, at most 1h`},
	{"no time to run", "statement_timeout: 3m", "statement_timeout: 0s", `50:24: statement_timeout 0s is out of range; more than 0s, at most 24h`},
	{"no time for all", "within: 15m", "within: 0s", `53:13: within 0s is out of range; more than 0s, at most 24h`},
	{"a size that is none", "large_table: 512Mi", "large_table: big", `51:18: large_table "big" is not a size; write it like 512Mi or 2Gi`},
	{"no people", "approvals: 3", "approvals: 0", `52:16: approvals 0 is out of range; 1 to 20`},
	{"more people than there are", "[\"@oncall\", U0CAROL]", "[U0BOB, U0CAROL]", `52:16: approvals of migrations is 3, more than the 2 who may approve; it is for what is risky on a large table`},
	{"nobody for what is risky", "    - {percent: 100, approve: true}\nhealth:\n  - {path: /health, status: 200, version: true, timeout: 2s}\npolicy:\n  deploy: [\"@platform\"]\n  approve: [\"@oncall\", U0CAROL]",
		"    - {percent: 100}\nhealth:\n  - {path: /health, status: 200, version: true, timeout: 2s}\npolicy:\n  deploy: [\"@platform\"]\n  approve: []", `28:12: nobody may approve, but staging asks for approval of risky migrations`},
}

var fromProblems = []broken{
	{"a folder that is not there", "from: migrations\n", "from: migration\n", `47:11: there is no folder migration in the catalog's folder; did you mean "migrations"?`},
	{"a folder in a folder that is not there", "from: migrations\n", "from: db/migrations\n", `47:11: there is no folder db/migrations in the catalog's folder; there is no folder db either`},
	{"a folder of the version", "from: migrations\n", "from: migrations/${VERSION}\n", ``},
	{"a folder for the version in none that is there", "from: migrations\n", "from: sql/${VERSION}/\n", `47:11: there is no folder sql in the catalog's folder`},
	{"a folder that only the version names", "from: migrations\n", "from: ${VERSION}\n", `47:11: from "${VERSION}" is not a folder of the catalog; write its path from there, such as migrations, or gs://BUCKET/PREFIX/ or oci://HOST/REPOSITORY:TAG`},
	{"a folder outside", "from: migrations\n", "from: ../migrations\n", `47:11: from "../migrations" is not a folder of the catalog; write its path from there, such as migrations, or gs://BUCKET/PREFIX/ or oci://HOST/REPOSITORY:TAG`},
	{"a file", "from: migrations\n", "from: app.yaml\n", `47:11: app.yaml is not a folder`},
	{"nothing", "from: migrations\n", "from: \"\"\n", `47:11: from "" is not a folder of the catalog; write its path from there, such as migrations, or gs://BUCKET/PREFIX/ or oci://HOST/REPOSITORY:TAG`},
	{"a prefix without its end", "from: migrations\n", "from: gs://app-migrations/${VERSION}\n", `47:11: from "gs://app-migrations/${VERSION}" does not end with /; write "gs://app-migrations/${VERSION}/": without it v1.2.4 would be v1.2.40 as well`},
	{"a bucket without its end", "from: migrations\n", "from: gs://app-migrations\n", `47:11: from "gs://app-migrations" does not end with /; write "gs://app-migrations/": without it v1.2.4 would be v1.2.40 as well`},
	{"a bucket that is none", "from: migrations\n", "from: gs://B/\n", `47:11: from "gs://B/" is not in a bucket; write gs://BUCKET/PREFIX/`},
	{"a bucket", "from: migrations\n", "from: gs://app-migrations/\n", ``},
	{"an artifact without a tag", "from: migrations\n", "from: oci://gcr.io/my-gcp-project/migrations\n", `47:11: from "oci://gcr.io/my-gcp-project/migrations" is not an artifact; write oci://HOST/REPOSITORY:TAG`},
	{"an artifact by digest", "from: migrations\n", "from: oci://gcr.io/my-gcp-project/migrations@sha256:" + strings.Repeat("0", 64) + "\n", ``},
	{"an artifact of a registry with a port", "from: migrations\n", "from: oci://localhost:5000/migrations:${VERSION}\n", ``},
	{"another scheme", "from: migrations\n", "from: s3://app-migrations/\n", `47:11: from "s3://app-migrations/" is of no kind that is known; write gs://…, oci://… or a folder of the catalog`},
	{"an unknown reference", "from: migrations\n", "from: gs://app-migrations/${VERSON}/\n", `47:11: from refers to the unknown ${VERSON}; did you mean "${VERSION}"?`},
	{"a secret", "from: migrations\n", "from: gs://app-migrations/${secret:key}/\n", `47:11: from refers to the unknown ${secret:key}; there is ${VERSION} and ${ENVIRONMENT}; write $${ if you mean the characters`},
}

var jobProblems = []broken{
	{"scripts and a job", "    from: migrations\n", "    from: migrations\n    job: migrate\n", `48:10: job stands beside from; the schema is changed by scripts or by a job`},
	{"what is for scripts, beside a job", "    from: migrations\n", "    job: migrate\n", `49:19: lock_timeout is for scripts, and stands beside job; what a job does, only the job knows
50:24: statement_timeout is for scripts, and stands beside job; what a job does, only the job knows
51:18: large_table is for scripts, and stands beside job; what a job does, only the job knows
52:16: approvals is for scripts, and stands beside job; what a job does, only the job knows
55:7: checks is for scripts, and stands beside job; what a job does, only the job knows`},
	{"arguments beside scripts", "    from: migrations\n", "    from: migrations\n    args: [up]\n", `48:11: args stands beside from; they are for a job`},
	{"a job that is no name", "migrations:\n    from: migrations\n    table: ops.migrations\n    lock_timeout: 2s\n    statement_timeout: 3m\n    large_table: 512Mi\n    approvals: 3\n", "migrations:\n    job: My_Job\n    args: [\"${secret:key}\", \"${VERSON}\", \"a\\0\"]\n    #", `47:10: job "My_Job" is not a name; lower case letters, digits and hyphens, beginning with a letter
48:12: a job gets no secrets in its args; others can see them; the job may have secrets of its own
48:29: an argument refers to the unknown ${VERSON}; did you mean "${VERSION}"?
48:42: an argument has a zero byte
51:7: checks is for scripts, and stands beside job; what a job does, only the job knows`},
}

var sqlProblems = []broken{
	{"a check without a name", "name: Addresses, ", "", `55:9: the check has no name`},
	{"a check without a query", "sql: \"SELECT count(*) = 0 FROM users WHERE email IS NULL; \", ", "", `55:9: the check has no sql`},
	{"an empty query", "SELECT count(*) = 0 FROM users WHERE email IS NULL; ", " ; -- nothing", `55:32: sql is empty; write a query that gives true, such as SELECT count(*) = 0 FROM users WHERE email IS NULL`},
	{"two statements", "IS NULL; ", "IS NULL; SELECT 1", `55:32: sql has 2 statements; a check is one query; write another check`},
	{"a semicolon in a text", "IS NULL; ", "= ';' OR email = $a$;$a$ OR email = 'it''s;' /* ; */", ``},
	{"a name of two lines", "name: Addresses", `name: "a\nb"`, `55:16: name "a\nb" cannot be shown in one line; write a few words`},
	{"two checks of one name", "    checks:\n", "    checks:\n      - {name: Addresses, sql: SELECT true}\n", `56:16: check "Addresses" stands here twice; the other is on line 55`},
	{"a number with zeros before it", "after: 20260101120000", "after: 014", `55:95: after must be the number of a script, above 0, not 014; write 14`},
	{"no number", "after: 20260101120000", "after: first", `55:95: after must be the number of a script, above 0, not text`},
	{"the number of no script", "after: 20260101120000", "after: 0", `55:95: after must be the number of a script, above 0, not 0`},
}

var databasesProblems = []broken{
	{"two environments that migrate one database", "{instance: app-production}", "{validate: true}", `40:13: app/production and app/staging both migrate the database app of app-staging; the other is at cat/40; give each its own, or write migrations in one of them only`},
	{"two environments with one database, one of which is off", "{instance: app-production}", "{off: see staging}", ``},
	{"two environments with a database each in one instance", "{instance: app-production}", "{name: live}", ``},
	{"two environments with a table each", "{instance: app-production}", "{migrations: {table: live}}", ``},
}
