package sqlread_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/sqlread"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(t *testing.T, sql string) []deploy.Statement {
	t.Helper()
	list, err := sqlread.New(nil).Read(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

// short is a statement in one line: its line, class, what it makes, whether it is alone, and its risks.
func short(st deploy.Statement) string {
	class := string(st.Class)
	if st.Class == deploy.Unchanged {
		class = "unchanged"
	}
	s := strconv.Itoa(st.Line) + " " + class
	if st.Makes != "" {
		s += " makes " + st.Makes
	}
	if st.Handed {
		s += " handed"
	} else if st.Alone {
		s += " alone"
	}
	for _, r := range st.Risks {
		s += ", " + strings.TrimSpace(r.Rule+" "+r.Table)
	}
	return s
}

func TestWhatStatementsMean(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sql  string
		want []string
	}{
		"a table is made":                        {`CREATE TABLE users (id bigint PRIMARY KEY)`, []string{"1 expand makes public.users"}},
		"one that may be there":                  {`CREATE TABLE IF NOT EXISTS users (id int); INSERT INTO users VALUES (1)`, []string{"1 expand makes public.users", "1 unknown"}},
		"quoted, in a schema":                    {`CREATE TABLE "App"."My Users" (id int)`, []string{"1 expand makes App.My Users"}},
		"from a query":                           {`CREATE TABLE t AS SELECT 1; SELECT * INTO q FROM t`, []string{"1 expand makes public.t", "1 expand makes public.q"}},
		"what is fresh belongs to the script":    {"CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\nALTER TABLE t DROP COLUMN id", []string{"1 expand makes public.t", "2 expand", "3 expand, drop-column public.t"}},
		"a temporary table is nobody's":          {`CREATE TEMP TABLE w (id int); UPDATE w SET id = 1; DROP TABLE w`, []string{"1 unchanged makes pg_temp.w", "1 unchanged, update-all pg_temp.w", "1 expand, drop-table pg_temp.w"}},
		"search_path leads elsewhere":            {`SET search_path = app, public; CREATE TABLE t (id int); RESET search_path; DROP TABLE t`, []string{"1 unchanged", "1 expand makes app.t", "1 unchanged", "1 contract, drop-table public.t"}},
		"drop tables":                            {`DROP TABLE IF EXISTS a, s."B" CASCADE`, []string{"1 contract, drop-table public.a, drop-table s.B, cascade"}},
		"several changes, several risks":         {`ALTER TABLE users DROP COLUMN a, ALTER b SET NOT NULL, ADD c int`, []string{"1 contract, drop-column public.users, not-null public.users"}},
		"drop a column and what hangs on it":     {`ALTER TABLE users DROP a CASCADE`, []string{"1 contract, drop-column public.users, cascade public.users"}},
		"add a column":                           {`ALTER TABLE users ADD a text, ADD b timestamptz NOT NULL DEFAULT now(), ADD c int DEFAULT 1`, []string{"1 expand"}},
		"a default of its time":                  {`ALTER TABLE users ADD a date NOT NULL DEFAULT CURRENT_DATE`, []string{"1 expand"}},
		"a default that differs":                 {`ALTER TABLE users ADD a uuid DEFAULT gen_random_uuid()`, []string{"1 expand, rewrite public.users"}},
		"a default within another function":      {`ALTER TABLE users ADD a text DEFAULT md5(random()::text)`, []string{"1 expand, rewrite public.users"}},
		"a default by somebody's function":       {`ALTER TABLE users ADD a int DEFAULT app.mine()`, []string{"1 expand, rewrite public.users"}},
		"a number for each row":                  {`ALTER TABLE users ADD a bigserial; ALTER TABLE users ADD b int GENERATED ALWAYS AS IDENTITY; ALTER TABLE users ADD c int GENERATED ALWAYS AS (a + 1) STORED`, []string{"1 expand, rewrite public.users", "1 expand, rewrite public.users", "1 expand, rewrite public.users"}},
		"a column that must be given":            {`ALTER TABLE users ADD a int NOT NULL`, []string{"1 contract, not-null public.users"}},
		"and DEFAULT NULL gives nothing":         {`ALTER TABLE users ADD a int NOT NULL DEFAULT NULL`, []string{"1 contract, not-null public.users"}},
		"a column with constraints":              {`ALTER TABLE users ADD a int UNIQUE CHECK (a > 0) REFERENCES teams`, []string{"1 expand, constraint-scan public.users, constraint-scan public.users, constraint-scan public.users"}},
		"another type":                           {`ALTER TABLE users ALTER a TYPE bigint`, []string{"1 contract, rewrite public.users"}},
		"a type that may be the same":            {`ALTER TABLE users ALTER a TYPE varchar(80)`, []string{"1 unknown, rewrite public.users"}},
		"another type, worked out":               {`ALTER TABLE users ALTER a TYPE text USING lower(a)`, []string{"1 contract, rewrite public.users"}},
		"defaults and nulls":                     {`ALTER TABLE users ALTER a SET DEFAULT 1; ALTER TABLE users ALTER a DROP DEFAULT; ALTER TABLE users ALTER a DROP NOT NULL`, []string{"1 expand", "1 contract", "1 expand"}},
		"constraints that are looked at":         {`ALTER TABLE a ADD CHECK (x > 0), ADD FOREIGN KEY (x) REFERENCES b, ADD UNIQUE (x), ADD PRIMARY KEY (id), ADD EXCLUDE USING gist (r WITH &&)`, []string{"1 unknown" + strings.Repeat(", constraint-scan public.a", 5)}},
		"constraints that are not":               {`ALTER TABLE a ADD CHECK (x > 0) NOT VALID, ADD FOREIGN KEY (x) REFERENCES b NOT VALID, ADD CONSTRAINT u UNIQUE USING INDEX i`, []string{"1 unknown"}},
		"validated, dropped":                     {`ALTER TABLE a VALIDATE CONSTRAINT c; ALTER TABLE a DROP CONSTRAINT c`, []string{"1 expand", "1 unknown"}},
		"how a table is kept":                    {`ALTER TABLE a SET UNLOGGED; ALTER TABLE a SET LOGGED; ALTER TABLE a SET TABLESPACE s; ALTER TABLE a SET (fillfactor = 70)`, []string{"1 unknown, rewrite public.a", "1 expand, rewrite public.a", "1 expand, rewrite public.a", "1 expand"}},
		"row security":                           {`ALTER TABLE a ENABLE ROW LEVEL SECURITY; ALTER TABLE a DISABLE ROW LEVEL SECURITY; CREATE POLICY p ON a`, []string{"1 contract, row-security public.a", "1 unknown, row-security public.a", "1 unknown"}},
		"partitions":                             {`ALTER TABLE a ATTACH PARTITION b DEFAULT; ALTER TABLE a DETACH PARTITION b; ALTER TABLE a DETACH PARTITION b CONCURRENTLY`, []string{"1 expand, constraint-scan public.a", "1 contract, detach-partition public.a", "1 contract alone, detach-partition public.a"}},
		"names":                                  {`ALTER TABLE a RENAME TO b; ALTER TABLE a RENAME x TO y; ALTER INDEX i RENAME TO j; ALTER TABLE a RENAME CONSTRAINT c TO d; ALTER VIEW v RENAME TO w; ALTER TABLE a SET SCHEMA s`, []string{"1 contract, rename public.a", "1 contract, rename public.a", "1 expand", "1 unknown", "1 contract, rename", "1 contract, rename public.a"}},
		"a fresh table keeps being so":           {`CREATE TABLE t (a int); ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (1)`, []string{"1 expand makes public.t", "1 expand, rename public.t", "1 expand"}},
		"enums":                                  {`CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; ALTER TYPE e RENAME VALUE 'a' TO 'c'`, []string{"1 expand", "1 expand", "1 contract, rename"}},
		"indexes":                                {`CREATE INDEX i ON a (x); CREATE UNIQUE INDEX ON s.a (x); CREATE INDEX i ON ONLY a (x); DROP INDEX i; REINDEX TABLE a; REINDEX INDEX i`, []string{"1 expand, index-lock public.a", "1 unknown, index-lock s.a", "1 expand", "1 unknown, index-lock", "1 unchanged, index-lock public.a", "1 unchanged, index-lock"}},
		"indexes concurrently":                   {`CREATE INDEX CONCURRENTLY i ON a (x)`, []string{"1 expand handed"}},
		"a unique one":                           {`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x)`, []string{"1 unknown handed"}},
		"without a name":                         {`CREATE INDEX CONCURRENTLY ON a (x)`, []string{"1 expand alone"}},
		"dropped concurrently":                   {`DROP INDEX CONCURRENTLY IF EXISTS s.i`, []string{"1 unknown handed"}},
		"what no transaction takes":              {`REINDEX (CONCURRENTLY) TABLE a; REINDEX SCHEMA s; VACUUM a; VACUUM (FULL) a; CREATE DATABASE d; DROP DATABASE d; ALTER SYSTEM SET work_mem = '1MB'; CREATE TABLESPACE t LOCATION '/x'; DROP TABLESPACE t; CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p; CLUSTER`, []string{"1 unchanged alone", "1 unchanged alone, index-lock", "1 unchanged alone", "1 unchanged alone, rewrite public.a", "1 expand alone", "1 contract alone, drop-object", "1 unknown alone", "1 expand alone", "1 contract alone", "1 unknown alone", "1 unchanged alone, rewrite"}},
		"ANALYZE is let into one":                {`ANALYZE a; CLUSTER a USING i; REFRESH MATERIALIZED VIEW m; REFRESH MATERIALIZED VIEW CONCURRENTLY m`, []string{"1 unchanged", "1 unchanged, rewrite public.a", "1 unchanged, lock-table public.m", "1 unchanged"}},
		"rows":                                   {`INSERT INTO a VALUES (1); UPDATE a SET x = 1 WHERE y = 2; DELETE FROM a WHERE y = 2; MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE`, []string{"1 unknown", "1 unknown", "1 unknown", "1 unknown"}},
		"all rows":                               {`UPDATE a SET x = 1; DELETE FROM s.a; DELETE FROM a WHERE true; TRUNCATE a, b CASCADE`, []string{"1 unknown, update-all public.a", "1 contract, delete-all s.a", "1 contract, delete-all public.a", "1 contract, truncate public.a, truncate public.b, cascade"}},
		"all rows, by the way":                   {`WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x; WITH x AS (UPDATE a SET y = 1 RETURNING *) SELECT * FROM x`, []string{"1 contract, delete-all public.a", "1 unknown, update-all public.a"}},
		"queries":                                {`SELECT 1; SELECT 'FuncCall' FROM a; SELECT f(); SELECT * FROM a FOR UPDATE; VALUES (1)`, []string{"1 unchanged", "1 unchanged", "1 unknown, unseen", "1 unknown", "1 unchanged"}},
		"locks":                                  {`LOCK TABLE a; LOCK TABLE a IN SHARE MODE; LOCK TABLE a IN ROW SHARE MODE`, []string{"1 unchanged, lock-table public.a", "1 unchanged, lock-table public.a", "1 unchanged"}},
		"other objects are dropped":              {`DROP VIEW v; DROP FUNCTION f(int); DROP TYPE s.t; DROP SCHEMA s CASCADE; DROP SEQUENCE q; DROP EXTENSION e; DROP MATERIALIZED VIEW m; DROP TRIGGER t ON s.a; DROP ROLE r; DROP OWNED BY r`, []string{"1 contract, drop-object", "1 contract, drop-object", "1 contract, drop-object", "1 contract, drop-object, cascade", "1 contract, drop-object", "1 contract, drop-object", "1 contract, drop-object", "1 contract, drop-object s.a", "1 contract, drop-object", "1 contract, drop-object"}},
		"triggers":                               {`CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); CREATE TABLE n (id int); CREATE TRIGGER t AFTER UPDATE ON n EXECUTE FUNCTION f()`, []string{"1 unknown, trigger public.a", "1 expand makes public.n", "1 expand, trigger public.n"}},
		"grants":                                 {`GRANT SELECT ON a TO r; REVOKE SELECT ON a FROM r; REVOKE admin FROM r`, []string{"1 expand", "1 contract, revoke", "1 contract, revoke"}},
		"functions":                              {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1; DROP TABLE a; $x$;\nCREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;\nDO $$ BEGIN\nEXECUTE 'DROP TABLE a'; END $$;\nCALL p()", []string{"1 expand", "2 unknown", "3 unknown, unseen", "5 unknown, unseen"}},
		"views":                                  {`CREATE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW v AS SELECT 1`, []string{"1 expand", "1 unknown"}},
		"what only adds":                         {`CREATE SCHEMA s; CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE SEQUENCE q; CREATE DOMAIN d AS int; COMMENT ON TABLE a IS 'x'; CREATE STATISTICS st ON x, y FROM a`, []string{"1 expand", "1 expand", "1 expand", "1 expand", "1 expand", "1 expand"}},
		"what nobody has thought of":             {`ALTER SEQUENCE q RESTART; NOTIFY x; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r; ALTER TABLE a OWNER TO r; CREATE SCHEMA s CREATE TABLE t (id int)`, []string{"1 unknown", "1 unknown", "1 unknown", "1 unknown, revoke public.a", "1 unknown"}},
		"what carries out something else":        {`PREPARE p AS DELETE FROM users; EXECUTE p; CREATE RULE r AS ON SELECT TO a DO INSTEAD NOTHING; ALTER ROLE app SET search_path = x; ALTER TYPE t DROP ATTRIBUTE a CASCADE; REASSIGN OWNED BY a TO b`, []string{"1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen"}},
		"functions that nobody knows":            {`INSERT INTO a SELECT app.evil(); UPDATE a SET x = app.lower(x) WHERE y = 1; SELECT set_config('search_path', 'x', false); WITH w AS (SELECT app.drop_all()) SELECT 1`, []string{"1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen", "1 unknown, unseen"}},
		"functions that everybody knows":         {`UPDATE a SET x = lower(pg_catalog.regexp_replace(x, 'a', 'b')) WHERE y < now(); SELECT setval('s', (SELECT max(id) FROM a)); INSERT INTO a SELECT gen_random_uuid(), count(*) FROM b`, []string{"1 unknown", "1 unknown", "1 unknown"}},
		"limits are lifted":                      {`SET lock_timeout = 0; SET LOCAL statement_timeout = '1h'; RESET ALL; SET work_mem = '1GB'`, []string{"1 unchanged, limit", "1 unchanged, limit", "1 unchanged, limit", "1 unchanged"}},
		"comments, empty statements, many lines": {"-- é ü\n;;\n/* a /* b; */ ; */ ALTER TABLE \"Ü\"\n  ADD a int; -- ende\n\n;\n/* ß */ DROP\nTABLE b;\n-- tail", []string{"3 expand", "7 contract, drop-table public.b"}},
		"nothing":                                {"-- nothing\n", nil},
		"every row, in other words":              {`DELETE FROM a WHERE 1 = 1; UPDATE a SET x = 1 WHERE NOT false; DELETE FROM a WHERE id = 1; DELETE FROM a WHERE EXISTS (SELECT 1); DELETE FROM a WHERE done`, []string{"1 contract, delete-all public.a", "1 unknown, update-all public.a", "1 unknown", "1 unknown", "1 unknown"}},
		"a temporary table is dropped once":      {`CREATE TEMP TABLE users (id int); DROP TABLE users; DROP TABLE users`, []string{"1 unchanged makes pg_temp.users", "1 expand, drop-table pg_temp.users", "1 contract, drop-table public.users"}},
		"and renamed, and discarded":             {`CREATE TEMP TABLE users (id int); ALTER TABLE users RENAME TO w; DROP TABLE users; DELETE FROM w; DISCARD TEMP; DELETE FROM w`, []string{"1 unchanged makes pg_temp.users", "1 unchanged, rename pg_temp.users", "1 contract, drop-table public.users", "1 unchanged, delete-all pg_temp.w", "1 unknown", "1 contract, delete-all public.w"}},
		"temporary tables that come last":        {`CREATE TEMP TABLE users (id int); SET search_path = app, pg_temp; DROP TABLE users`, []string{"1 unchanged makes pg_temp.users", "1 unchanged", "1 contract, drop-table app.users"}},
		"a fresh table that others join":         {`CREATE TABLE p (id int) PARTITION BY RANGE (id); ALTER TABLE p ATTACH PARTITION users DEFAULT; DROP TABLE p`, []string{"1 expand makes public.p", "1 unknown, constraint-scan public.p, unseen public.users", "1 contract, drop-table public.p"}},
		"a fresh table that others inherit from": {`CREATE TABLE p (id int); CREATE TABLE c (); ALTER TABLE c INHERIT p; ALTER TABLE users INHERIT p`, []string{"1 expand makes public.p", "1 expand makes public.c", "1 expand", "1 unknown, unseen public.users"}},
		"a fresh table that moves":               {`CREATE TABLE t (id int); ALTER TABLE t SET SCHEMA s; DELETE FROM t`, []string{"1 expand makes public.t", "1 expand, rename public.t", "1 contract, delete-all public.t"}},
		"copied out":                             {`COPY (DELETE FROM a RETURNING *) TO '/tmp/x'; COPY a TO '/tmp/x'`, []string{"1 contract, delete-all public.a", "1 unchanged"}},
		"lines of DOS":                           {"SELECT 1;\r\nSELECT 2;\r\n", []string{"1 unchanged", "2 unchanged"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, st := range read(t, tc.sql) {
				got = append(got, short(st))
				for _, r := range st.Risks {
					if r.Why == "" || r.Safer == "" || strings.Contains(r.Why+r.Safer, "%!") || strings.Contains(r.Why, "  ") {
						t.Errorf("%+v", r)
					}
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTheTextOfAStatement(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"/* x */ ALTER TABLE a -- why\n\tADD b text DEFAULT '-- no comment';": "ALTER TABLE a ADD b text DEFAULT '-- no comment'",
		"COMMENT ON TABLE a IS '" + strings.Repeat("ü", 200) + "'":            "COMMENT ON TABLE a IS '" + strings.Repeat("ü", 96) + "…",
		"COMMENT ON TABLE a IS $$" + strings.Repeat("x", 10_000) + "$$":       "COMMENT ON TABLE a IS $$" + strings.Repeat("x", 95) + "…",
		"UPDATE settings SET api_key = 'k-81f0c2d9e7'":                        "UPDATE settings SET api_key = '…'",
		"INSERT INTO users VALUES ($$k-81f0$$, E'k-81\\'f0', app.f())":        "INSERT INTO users VALUES ('…', '…', app.f())",
		"SELECT app.login('k-81f0')":                                          "SELECT app.login('…')",
		"DO $$ BEGIN PERFORM login('k-81f0'); END $$":                         "DO '…'",
		"ALTER DATABASE d SET app.key = 'k-81f0'":                             "ALTER DATABASE d SET app.key = '…'",
		"CREATE ROLE app LOGIN PASSWORD 'k-81f0c2d9e7'":                       "CREATE ROLE app LOGIN PASSWORD '…'",
		"ALTER ROLE app PASSWORD E'k\\'81f0c2d9e7'":                           "ALTER ROLE app PASSWORD '…'",
		"CREATE SUBSCRIPTION s CONNECTION 'password=k-81f0' PUBLICATION p":    "CREATE SUBSCRIPTION s CONNECTION '…' PUBLICATION p",
		"CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'k-81f0')":      "CREATE USER MAPPING FOR u SERVER s OPTIONS (password '…')",
	} {
		if got := read(t, sql)[0].Text; got != want {
			t.Errorf("%.60s: %q, want %q", sql, got, want)
		}
	}
}

func TestAWhyAndASaferWay(t *testing.T) {
	t.Parallel()
	got := read(t, `CREATE INDEX users_email ON users (email)`)[0].Risks
	want := []deploy.Risk{{
		Rule: "index-lock", Table: "public.users", Why: "nobody can write to public.users while the index is built: inserts, updates and deletes wait",
		Safer: "CREATE INDEX CONCURRENTLY users_email ON public.users …, alone in a file of its own",
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	t.Parallel()
	many := func(s string) string { return strings.Repeat(s, 2000) }
	const deep = "line 1: it is nested too deeply, or has too many operators in a row, to be read"
	for sql, want := range map[string]string{
		"SELECT 1;\n\nCOMMIT":        "line 3: COMMIT: Slipway wraps each script in its own transaction",
		"BEGIN; SELECT 1; END":       "line 1: BEGIN: Slipway wraps each script in its own transaction",
		"ROLLBACK":                   "line 1: ROLLBACK: Slipway wraps each script in its own transaction",
		"SAVEPOINT a":                "line 1: SAVEPOINT: Slipway wraps each script in its own transaction",
		"\nPREPARE TRANSACTION 'a'":  "line 2: PREPARE TRANSACTION: Slipway wraps each script in its own transaction",
		"SELECT 'ü';\n\\i other.sql": `line 2: \i: commands of psql are not SQL, and Slipway does not run psql`,
		"\\dt":                       `line 1: \dt: commands of psql are not SQL, and Slipway does not run psql`,
		"-- ééééééééé\nALTER TABLE é ADD COLUM,": `line 2: syntax error at or near ","`,
		"SELECT 1;\nSELEC 2":                     `line 2: syntax error at or near "SELEC"`,
		"SELECT 1 +":                             "line 1: syntax error at end of input",
		"SELECT\n'k-81f0c2d9e7":                  "line 2: unterminated quoted string at or near a text",
		"ALTER ROLE app 'k-81f0c2d9e7'":          "line 1: syntax error at or near a text",
		"COPY a FROM stdin":                      "line 1: COPY: there is no standard input or output here; write INSERT, or load it with a job",
		"SELECT 1;\nSELECT '\x00'":               "line 2: there is a NUL character",
		"SELECT '\xff'":                          "it is not UTF-8",
		"SELECT 1" + many("+1"):                  deep,
		"SELECT " + many("NOT ") + "true":        deep,
		"SELECT " + many("(SELECT ") + "1":       deep,
		"SELECT 1" + many(" UNION SELECT 1"):     deep,
		"SELECT " + many("CASE WHEN 1 THEN "):    deep,
		"SELECT 1 FROM a" + many(" JOIN b ON 1"): deep,
		"SELECT " + many("f(") + "1":             deep,
	} {
		list, err := sqlread.New(nil).Read(t.Context(), sql)
		if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != want || deploy.Hint(err) == "" || list != nil {
			t.Errorf("%.60q: %v, want %q", sql, err, want)
		}
	}
}

// TestWhatIsJustNotTooDeep is at the edge of what is let through: the parser must survive it.
func TestWhatIsJustNotTooDeep(t *testing.T) {
	t.Parallel()
	const most = 400
	for name, sql := range map[string]string{
		"operators":    "SELECT 1" + strings.Repeat("+1", most-5),
		"casts":        "SELECT a" + strings.Repeat("::int", most/2-5),
		"negations":    "SELECT " + strings.Repeat("NOT ", most-5) + "true",
		"minuses":      "SELECT " + strings.Repeat("- ", most-5) + "a",
		"queries":      "SELECT " + strings.Repeat("(SELECT ", most/4-5) + "1" + strings.Repeat(")", most/4-5),
		"withs":        "SELECT " + strings.Repeat("(WITH a AS (SELECT ", most/8-2) + "1" + strings.Repeat(") SELECT 1)", most/8-2),
		"from queries": "SELECT 1 FROM " + strings.Repeat("(SELECT 1 FROM ", most/4-5) + "a" + strings.Repeat(") x", most/4-5),
		"unions":       "SELECT 1" + strings.Repeat(" UNION SELECT 1", most/4-5),
		"joins":        "SELECT 1 FROM a" + strings.Repeat(" CROSS JOIN a", most/4-5),
		"cases":        "SELECT " + strings.Repeat("CASE WHEN 1 THEN ", most/4-5) + "1" + strings.Repeat(" END", most/4-5),
		"calls":        "SELECT " + strings.Repeat("f(", most/4-5) + "1" + strings.Repeat(")", most/4-5),
		"arrays":       "SELECT " + strings.Repeat("ARRAY[", most/4-5) + "1" + strings.Repeat("]", most/4-5),
		"rows":         "INSERT INTO a VALUES " + strings.Repeat("(1 + 1, -2), ", 5000) + "(1, 2)",
		"ands":         "SELECT " + strings.Repeat("a AND ", 300) + "b",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		list, err := sqlread.New(nil).Read(ctx, sql)
		cancel()
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyReadAtOnce(t *testing.T) {
	t.Parallel()
	r := sqlread.New(nil)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			table := "t" + strconv.Itoa(i)
			list, err := r.Read(t.Context(), "CREATE TABLE "+table+" (id int)")
			if err != nil || len(list) != 1 || list[0].Makes != "public."+table {
				t.Errorf("%s: %+v, %v", table, list, err)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if _, err := r.Read(ctx, "SELECT 1"); err != nil && deploy.CodeOf(err) != deploy.Unavailable {
			t.Errorf("broken off: %v", err)
		}
	}
}

// TestTheParserIsLetGoOf is not parallel: what is loaded is the same for all readers of the process.
func TestTheParserIsLetGoOf(t *testing.T) {
	r := sqlread.New(&sqlread.Options{Keep: time.Hour})
	if _, err := r.Read(t.Context(), "SELECT 1"); err != nil || !r.Loaded() {
		t.Fatalf("%v, loaded: %v", err, r.Loaded())
	}
	if err := r.Close(); err != nil || r.Loaded() {
		t.Fatalf("%v, loaded: %v", err, r.Loaded())
	}
	short := sqlread.New(&sqlread.Options{Keep: time.Millisecond})
	if _, err := short.Read(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for short.Loaded() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it stays loaded")
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", ";", "-- é\nALTER TABLE users ADD a uuid DEFAULT gen_random_uuid(), DROP b;\n/* x */ DROP TABLE \"ü\".b CASCADE", "SELECT $a$ ; $a$; COMMIT",
		"CREATE INDEX CONCURRENTLY i ON a (x)", "DO $$ BEGIN END $$", "\\i x", "SELECT E'\\'' || 'a' || U&'\\0041'", "/* /* */", "GRANT a TO b; REVOKE a FROM b",
		"WITH x AS (DELETE FROM t RETURNING *) SELECT CASE WHEN 1 THEN (2) END FROM x", "DROP TRIGGER t ON a; TRUNCATE a; LOCK a; VACUUM FULL; REINDEX TABLE a; CLUSTER",
	} {
		f.Add(seed)
	}
	// Loading takes long with the fuzzer's counters in the compiler, and one input may take 10 s.
	r := sqlread.New(&sqlread.Options{Keep: time.Hour})
	if _, err := r.Read(f.Context(), "SELECT 1"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4096 {
			return
		}
		list, err := r.Read(t.Context(), sql)
		if err != nil {
			if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) == "" || deploy.Message(err) == "internal error" {
				t.Errorf("%v", err)
			}
			return
		}
		last, lines := 1, 1+strings.Count(sql, "\n")
		for _, st := range list {
			if st.Line < last || st.Line > lines {
				t.Errorf("line %d after %d, of %d", st.Line, last, lines)
			}
			last = st.Line
			if st.Text == "" || utf8.RuneCountInString(st.Text) > 120 || strings.ContainsAny(st.Text, "\r\n\x00") || !utf8.ValidString(st.Text) {
				t.Errorf("text %q", st.Text)
			}
			if st.Handed && !st.Alone {
				t.Errorf("%+v", st)
			}
		}
	})
}
