package cloudsql_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/cloudsql"
)

func TestTheGuidesInstance(t *testing.T) {
	t.Parallel()
	p := start(t, nil, cloudsql.Guide())
	address := p.URL(cloudsql.GuideInstance, cloudsql.GuideDatabase)
	for sql, want := range map[string]string{
		"SELECT count(*) FROM users":     "200",
		"SELECT count(*) FROM resources": "500",
		"SELECT count(*) || ' ' || min(version) || ' ' || max(version) || ' ' || count(sha256) FROM schema_migrations":    "13 1 13 0",
		"SELECT current_user || ' owns ' || tableowner FROM pg_tables WHERE tablename = 'users'":                          "coditect owns coditect",
		"SELECT bool_and(data_type = 'ARRAY') FROM information_schema.columns WHERE column_name = 'changes'":              "t",
		"SELECT string_agg(usename, '') FROM pg_stat_activity WHERE pid = pg_backend_pid() AND query LIKE '%string_agg%'": "coditect",
	} {
		if got := ask(t, address, sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	got := p.get(cloudsql.GuideInstance)
	if got.GetConnectionName() != "my-gcp-project:us-central1:coditect-postgres-production" || got.GetState() != sqlpb.DatabaseInstance_RUNNABLE ||
		!got.GetSettings().GetBackupConfiguration().GetPointInTimeRecoveryEnabled().GetValue() || got.GetIpAddresses()[0].GetIpAddress() != "127.0.0.1" {
		t.Errorf("instance %v", got)
	}
	list, err := p.backups.List(p.ctx(), &sqlpb.SqlBackupRunsListRequest{Project: project, Instance: cloudsql.GuideInstance}).Next()
	if err != nil || list.GetType() != sqlpb.SqlBackupRunType_AUTOMATED || !list.GetEndTime().AsTime().Before(time.Now()) {
		t.Errorf("its backup of the night before: %v, %v", list, err)
	}
}

func TestTheGuidesMigrationsDoWhatTheirReleasesNeed(t *testing.T) {
	t.Parallel()
	scripts := cloudsql.Migrations()
	if diff := cmp.Diff([]string{"v1.3.0", "v1.3.1", "v1.4.0"}, slices.Sorted(maps.Keys(scripts))); diff != "" {
		t.Fatalf("releases (-want +got):\n%s", diff)
	}
	const check = "SELECT count(*) = 0 FROM users WHERE email IS NULL"
	cases := map[string]struct{ sql, want string }{
		"v1.3.0": {check, "t"},
		"v1.3.1": {check, "f"},
		"v1.4.0": {"SELECT count(*) = 0 FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'name'", "t"},
	}
	p := start(t, nil, cloudsql.Guide())
	for release, c := range cases {
		names := slices.Sorted(maps.Keys(scripts[release]))
		if names[0] != "014_add_user_preferences.sql" || names[1] != "015_index_users_created_at.sql" {
			t.Errorf("%s begins with %v", release, names)
		}
		sql := "BEGIN;"
		for _, name := range names {
			sql += string(scripts[release][name])
			if other := scripts["v1.3.0"][name]; other != nil && !cmp.Equal(other, scripts[release][name]) {
				t.Errorf("%s of %s is not that of v1.3.0", name, release)
			}
		}
		// It is not committed: the next one begins with what the guide has.
		if got := ask(t, p.URL(cloudsql.GuideInstance, cloudsql.GuideDatabase), sql+c.sql); got != c.want {
			t.Errorf("%s: %s = %q, want %q", release, c.sql, got, c.want)
		}
	}
}
