package cloudsql_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudsql"
	"slipway/internal/deploy/provider/providertest"
	sandbox "slipway/internal/sandbox/cloudsql"
)

// changing are the calls that begin an operation.
var changing = []string{"BackupRuns.Insert", "Instances.Clone", "Instances.RestoreBackup"}

// practice is the practice range's Cloud SQL as the suite drives it: all operations wait for Finish.
type practice struct {
	t      *testing.T
	server *sandbox.Server
	http   *http.Client // of somebody else, who uses no client of ours
	stick  bool
	own    int // changes that somebody else made
}

func newPractice(t *testing.T, opts sandbox.Options, specs ...sandbox.InstanceSpec) *practice {
	t.Helper()
	opts.Backup, opts.Clone, opts.Restore = time.Millisecond, time.Millisecond, time.Millisecond
	p := &practice{t: t, server: sandbox.New(&opts)}
	for _, spec := range specs {
		p.must(p.server.Seed(spec))
	}
	p.must(p.server.Start(""))
	t.Cleanup(func() { p.must(p.server.Close()) })
	transport := &http.Transport{}
	p.http = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return p
}

func (p *practice) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// ask asks the API in the project, as anybody can, for an answer of the kind of into.
func (p *practice) ask(verb, path, body string, into proto.Message) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), verb, "http://"+p.server.Addr()+"/v1/projects/"+project+"/"+path, strings.NewReader(body))
	p.must(err)
	resp, err := p.http.Do(req)
	p.must(err)
	defer func() { p.must(resp.Body.Close()) }()
	said, err := io.ReadAll(resp.Body)
	p.must(err)
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s %s", verb, path, resp.Status, said)
	}
	p.must(protojson.Unmarshal(said, into))
}

func (p *practice) connect() *cloudsql.Instances {
	p.t.Helper()
	s, err := cloudsql.New(&cloudsql.Options{Endpoint: "http://" + p.server.Addr()})
	p.must(err)
	p.t.Cleanup(func() { p.must(s.Close()) })
	return s
}

func (p *practice) inject(f sandbox.Fault) {
	p.t.Helper()
	p.must(p.server.Faults().Inject(f))
}

// hold has every operation that begins wait for Finish.
func (p *practice) hold() { p.inject(sandbox.Fault{Kind: sandbox.OperationStuck}) }

func (p *practice) Finish() {
	p.t.Helper()
	if p.stick {
		return
	}
	p.server.Faults().Clear(sandbox.OperationStuck)
	defer p.hold()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		all := &sqlpb.OperationsListResponse{}
		p.ask("GET", "operations", "", all)
		going := 0
		for _, op := range all.GetItems() {
			if op.GetStatus() != sqlpb.Operation_DONE {
				going++
			}
		}
		if going == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-p.t.Context().Done():
			p.t.Fatalf("%d operations do not end", going)
		}
	}
}

func (p *practice) Now() time.Time { return time.Now() }

func (p *practice) LoseAnswer() {
	for _, method := range changing {
		p.inject(sandbox.Fault{Kind: sandbox.LoseAnswer, Method: method, Count: 1})
	}
}

func (p *practice) Occupy() {
	p.t.Helper()
	p.ask("POST", "instances/"+instance+"/backupRuns", `{"description": "somebody else's"}`, &sqlpb.Operation{})
	p.own++
}

func (p *practice) FailBackup() { p.inject(sandbox.Fault{Kind: sandbox.BackupFails, Count: 1}) }
func (p *practice) Stick()      { p.stick = true }
func (p *practice) Forbid() {
	p.inject(sandbox.Fault{Kind: sandbox.Refuse, Code: codes.PermissionDenied})
}
func (p *practice) Down() { p.inject(sandbox.Fault{Kind: sandbox.Refuse}) }

func (p *practice) Heal() {
	p.server.Faults().Clear(sandbox.Refuse)
	p.server.Faults().Clear(sandbox.LoseAnswer)
}

// Forgotten is one that was never there: this Cloud SQL forgets nothing.
func (p *practice) Forgotten() deploy.Operation { return "5f0c9b54-0000-4000-8000-000000000000" }

func (p *practice) Changes() int {
	n := -p.own
	for _, c := range p.server.Calls() {
		if c.Changed {
			n++
		}
	}
	return n
}

func TestConformanceOfThePracticeRange(t *testing.T) {
	t.Parallel()
	providertest.RunInstances(t, func(t *testing.T) providertest.InstancesHarness {
		p := newPractice(t, sandbox.Options{RecordsOnly: true},
			sandbox.InstanceSpec{Name: instance}, sandbox.InstanceSpec{Name: other}, sandbox.InstanceSpec{Name: replicated, Replicas: []string{replica}})
		p.hold()
		return providertest.InstancesHarness{
			Connect: func() deploy.Instances { return p.connect() }, Instance: ref, Other: other,
			Replicated: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: project, Name: replicated}, Replica: replica,
			BackupWords: "the disk could not be read", InstanceLevers: p,
		}
	})
}

// The same with PostgreSQL behind it: a clone has what there was at its moment, and a restore brings it back.
func TestWhatIsInTheDatabaseComesBack(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{}, sandbox.InstanceSpec{Name: instance, Database: "coditect", User: "coditect", SQL: "CREATE TABLE notes (text text); INSERT INTO notes VALUES ('old')"})
	p.must(p.server.Ready(t.Context()))
	if !p.server.HasData() {
		t.Fatal("no PostgreSQL is installed: the tests need one")
	}
	s := p.connect()
	ends := func(op deploy.Operation, err error) {
		t.Helper()
		p.must(err)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			done, err := s.Wait(t.Context(), ref, op)
			p.must(err)
			if done {
				return
			}
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatalf("%s does not end", op)
			}
		}
	}
	ends(s.Backup(t.Context(), ref, "before v1.2.4"))
	all, err := s.Backups(t.Context(), ref, 1)
	if err != nil || len(all) != 1 || all[0].State != deploy.RunDone {
		t.Fatalf("%+v, %v", all, err)
	}
	at := time.Now()
	p.query(instance, "UPDATE notes SET text = 'new'")
	ends(s.Clone(t.Context(), deploy.CloneRequest{Instance: ref, Clone: "a-clone", At: at}))
	if was, is := p.query("a-clone", "SELECT text FROM notes"), p.query(instance, "SELECT text FROM notes"); was != "old" || is != "new" {
		t.Errorf("the clone has %q, the instance %q", was, is)
	}
	ends(s.Restore(t.Context(), deploy.RestoreRequest{Instance: ref, Backup: all[0].ID, Since: time.Now()}))
	if is := p.query(instance, "SELECT text FROM notes"); is != "old" {
		t.Errorf("after the restore: %q", is)
	}
}

// query runs a statement in the database of an instance and gives the first value, if there is one.
func (p *practice) query(name, sql string) string {
	p.t.Helper()
	ctx := context.WithoutCancel(p.t.Context())
	conn, err := pgx.Connect(ctx, p.server.URL(name, "coditect"))
	p.must(err)
	defer func() { p.must(conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, sql)
	p.must(err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	p.must(err)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
