package phase_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

const (
	instance   = "coditect-postgres-production"
	cloneName  = "coditect-postgres-rollback-1"
	scriptsAt  = "gs://my-gcp-project-migrations/v1.2.4/"
	hushHush   = "hunter2-5f2c8e"
	tablePrefs = "CREATE TABLE user_prefs ()"
	indexEmail = "CREATE INDEX CONCURRENTLY users_email ON users (email)"
	dropPlan   = "ALTER TABLE users DROP COLUMN plan"
)

// keeper is a database, its server, and where its scripts are, as far as the ports tell: what is in it outlives a crash.
type keeper struct {
	mu    sync.Mutex
	now   func() time.Time
	calls []string

	fails map[string][]error // by call: what the next ones end in, before they do anything
	loses map[string]int     // by call: how many answers are lost, after it was done

	set      deploy.ScriptSet
	rows     []deploy.AppliedScript
	state    deploy.DatabaseState
	report   deploy.DatabaseReport
	fence    deploy.Epoch
	requests []deploy.ApplyRequest

	instances map[string]deploy.Instance
	backups   []deploy.BackupRun // newest first
	unwell    []error            // how the operations of the next backups end, which fail then
	trouble   []string           // of the next backups: why each fails; empty: it does not
	restores  map[string]time.Time
	ops       map[deploy.Operation]*operation

	tags map[string]string
	jobs []deploy.JobRequest
	said string // by the job
}

// operationLooks is how often an operation is looked at, in one way or another, until it ends.
const operationLooks = 4

type operation struct {
	looks int
	err   error
	ended func()
}

func newKeeper(now func() time.Time) *keeper {
	k := &keeper{now: now, fails: map[string][]error{}, loses: map[string]int{}, ops: map[deploy.Operation]*operation{}, tags: map[string]string{}, restores: map[string]time.Time{},
		rows:  []deploy.AppliedScript{{Version: 13, Name: "013_users.sql"}},
		state: deploy.DatabaseState{Size: 2254857830, Connections: 14, MaxConnections: 100, Transaction: 2 * time.Second, Tables: map[string]int64{"public.users": 3 << 30}},
		report: deploy.DatabaseReport{Size: 2254857830, Tables: []deploy.TableSize{{Name: "resources", Bytes: 1288490188}}, TableCount: 14, ForeignKeys: 3, Connections: 14, MaxConnections: 100,
			Statements: true, Slow: []deploy.SlowQuery{{Text: "SELECT * FROM resources WHERE id = $1", Calls: 4118, Mean: 12 * time.Millisecond}}},
		instances: map[string]deploy.Instance{instance: {Runnable: true, PointInTime: true, Address: "10.1.2.2", Made: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}},
	}
	k.scripts("014_user_prefs.sql", tablePrefs)
	return k
}

// scripts are those of the version, after the one that is applied already. Pairs that make no set leave none.
func (k *keeper) scripts(pairs ...string) {
	files := map[string][]byte{"013_users.sql": []byte("CREATE TABLE users ()")}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = []byte(pairs[i+1])
	}
	k.set, _ = deploy.NewScriptSet(scriptsAt, files)
}

// call writes a call down, and says how it ends if it does before it has done anything.
func (k *keeper) call(name, arg string) error {
	k.calls = append(k.calls, strings.TrimSpace(name+" "+arg))
	if list := k.fails[name]; len(list) > 0 {
		k.fails[name] = list[1:]
		return list[0]
	}
	return nil
}

// lost is the end of a call whose answer is lost.
func (k *keeper) lost(name string) error {
	if k.loses[name] == 0 {
		return nil
	}
	k.loses[name]--
	return ends(deploy.Unavailable, "connection lost")
}

func ends(code deploy.Code, msg string) error { return &deploy.Error{Code: code, Op: "test", Msg: msg} }

func (k *keeper) count(call string) int {
	n := 0
	for _, c := range k.calls {
		if strings.HasPrefix(c, call) {
			n++
		}
	}
	return n
}

func (k *keeper) version() (v int64) {
	for _, r := range k.rows {
		v = max(v, r.Version)
	}
	return v
}

func (k *keeper) Measure(_ context.Context, _ deploy.DatabaseQuery) (deploy.DatabaseState, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.state
	s.Version = k.version()
	return s, k.call("Measure", "")
}

func (k *keeper) Applied(_ context.Context, _ deploy.DatabaseQuery) ([]deploy.AppliedScript, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.rows), k.call("Applied", "")
}

func (k *keeper) Apply(_ context.Context, q deploy.ApplyRequest) (deploy.AppliedScript, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests = append(k.requests, q)
	if err := k.call("Apply", q.Script.Name); err != nil {
		return deploy.AppliedScript{}, err
	}
	if q.Epoch < k.fence {
		return deploy.AppliedScript{}, ends(deploy.Fenced, "a later owner was there")
	}
	for _, row := range k.rows {
		if row.Version == q.Script.Version && row.Sum == q.Script.Sum {
			return row, nil
		}
		if row.Version >= q.Script.Version {
			return deploy.AppliedScript{}, ends(deploy.Invalid, "a later version is there")
		}
	}
	row := deploy.AppliedScript{Version: q.Script.Version, Name: q.Script.Name, Sum: q.Script.Sum, Release: q.Release, At: k.now(), Took: 1200 * time.Millisecond,
		Changes: map[string][]string{tablePrefs: {"+ table user_prefs (3 columns)"}, indexEmail: {"+ index users_email on users"}, dropPlan: {"− column users.plan"}}[q.Script.SQL]}
	k.rows = append(k.rows, row)
	return row, k.lost("Apply")
}

func (k *keeper) Settle(_ context.Context, _ deploy.DatabaseQuery, epoch deploy.Epoch) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Settle", ""); err != nil {
		return 0, err
	}
	k.fence = max(k.fence, epoch)
	return k.version(), k.lost("Settle")
}

func (k *keeper) Examine(_ context.Context, _ deploy.DatabaseQuery) (deploy.DatabaseReport, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.report, k.call("Examine", "")
}

func (k *keeper) Fetch(_ context.Context, source string) (deploy.ScriptSet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.set
	set.Scripts = slices.Clone(set.Scripts)
	return set, k.call("Fetch", source)
}

func (k *keeper) Read(_ context.Context, sql string) ([]deploy.Statement, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Read", ""); err != nil {
		return nil, err
	}
	switch sql {
	case tablePrefs:
		return []deploy.Statement{{Line: 1, Text: sql, Class: deploy.Expand, Makes: "public.user_prefs"}}, nil
	case indexEmail:
		return []deploy.Statement{{Line: 1, Text: sql, Class: deploy.Expand, Alone: true, Handed: true}}, nil
	case dropPlan:
		return []deploy.Statement{{Line: 1, Text: sql, Class: deploy.Contract, Risks: []deploy.Risk{
			{Rule: "drop-column", Table: "public.users", Why: "the version that runs may read it", Safer: "drop it one release later"}}}}, nil
	}
	return nil, ends(deploy.Invalid, `line 1: syntax error at or near "oops"`)
}

func (k *keeper) Instance(_ context.Context, i deploy.InstanceRef) (deploy.Instance, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Instance", ""); err != nil {
		return deploy.Instance{}, err
	}
	k.passes()
	if got, ok := k.instances[i.Name]; ok {
		got.Ref = i
		return got, nil
	}
	return deploy.Instance{}, ends(deploy.NotFound, "there is no instance "+i.Name)
}

func (k *keeper) Backups(_ context.Context, _ deploy.InstanceRef, limit int) ([]deploy.BackupRun, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.passes()
	return slices.Clone(k.backups[:min(limit, len(k.backups))]), k.call("Backups", "")
}

func (k *keeper) begin(err error, ended func()) deploy.Operation {
	op := deploy.Operation(fmt.Sprintf("op-%d", len(k.ops)+1))
	k.ops[op] = &operation{err: err, ended: ended}
	return op
}

func (k *keeper) Backup(_ context.Context, _ deploy.InstanceRef, description string) (deploy.Operation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Backup", description); err != nil {
		return "", err
	}
	for _, b := range k.backups {
		if b.Description == description && b.State != deploy.RunFailed {
			return "", nil
		}
	}
	id := fmt.Sprint(1718 + len(k.backups))
	k.backups = slices.Insert(k.backups, 0, deploy.BackupRun{ID: id, Description: description, State: deploy.RunGoing, Started: k.now(), OnDemand: true})
	var why string
	if len(k.trouble) > 0 {
		why, k.trouble = k.trouble[0], k.trouble[1:]
	}
	var ending error
	if len(k.unwell) > 0 {
		ending, k.unwell, why = k.unwell[0], k.unwell[1:], "its operation ended badly"
	}
	op := k.begin(ending, func() {
		b := &k.backups[slices.IndexFunc(k.backups, func(b deploy.BackupRun) bool { return b.ID == id })]
		b.State, b.Ended, b.Size, b.Trouble = deploy.RunDone, k.now(), 2254857830, why
		if why != "" {
			b.State, b.Size = deploy.RunFailed, 0
		}
	})
	return op, k.lost("Backup")
}

func (k *keeper) Clone(_ context.Context, q deploy.CloneRequest) (deploy.Operation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Clone", q.Clone+" at "+q.At.Format("15:04:05")); err != nil {
		return "", err
	}
	if _, is := k.instances[q.Clone]; is {
		return "", nil
	}
	k.instances[q.Clone] = deploy.Instance{Made: k.now(), Unrest: "PENDING_CREATE"}
	op := k.begin(nil, func() { k.instances[q.Clone] = deploy.Instance{Runnable: true, Made: k.now(), Address: "10.1.2.3"} })
	return op, k.lost("Clone")
}

func (k *keeper) Restore(_ context.Context, q deploy.RestoreRequest) (deploy.Operation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Restore", q.Backup); err != nil {
		return "", err
	}
	for op, at := range k.restores {
		if name, id, _ := strings.Cut(op, " "); id == q.Backup && !at.Before(q.Since.Add(-time.Minute)) {
			return deploy.Operation(name), nil
		}
	}
	op := k.begin(nil, func() { k.rows = k.rows[:1] })
	k.restores[string(op)+" "+q.Backup] = k.now().Add(-30 * time.Second) // by the cloud's own clock
	return op, k.lost("Restore")
}

func (k *keeper) Wait(_ context.Context, _ deploy.InstanceRef, name deploy.Operation) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Wait", ""); err != nil {
		return deploy.CodeOf(err) == deploy.Invalid, err
	}
	k.passes()
	op, known := k.ops[name]
	if !known {
		return false, ends(deploy.NotFound, "no such operation")
	}
	if op.looks < operationLooks {
		return false, nil
	}
	return true, op.err
}

// passes is a little time in which operations go on.
func (k *keeper) passes() {
	for _, op := range k.ops {
		if op.looks++; op.looks >= operationLooks && op.ended != nil {
			op.ended()
			op.ended = nil
		}
	}
}

func (k *keeper) Tag(_ context.Context, repository, digest, tag string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Tag", tag); err != nil {
		return err
	}
	k.tags[tag] = repository + "@" + digest
	return k.lost("Tag")
}

func (k *keeper) Run(_ context.Context, q deploy.JobRequest) (deploy.JobReport, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.call("Run", q.Key); err != nil {
		return deploy.JobReport{}, err
	}
	found := slices.ContainsFunc(k.jobs, func(j deploy.JobRequest) bool { return j.Key == q.Key })
	if !found {
		k.rows = append(k.rows, deploy.AppliedScript{Version: k.version() + 1, Name: "by the job"})
	}
	k.jobs = append(k.jobs, q)
	return deploy.JobReport{Execution: "coditect-migrate-x7k2p", Output: k.said, Took: 12 * time.Second}, k.lost("Run")
}

// shooter is a platform that writes its services down.
type shooter struct {
	deploy.Platform
	deploy.Previewer

	fails error
}

func (s shooter) Snapshot(_ context.Context, ref deploy.ServiceRef) ([]byte, error) {
	return []byte("apiVersion: serving.knative.dev/v1\nmetadata: {name: " + ref.Name + "}\n"), s.fails
}

// kept is a world with a database in it.
type kept struct {
	*world

	db *keeper
}

func newKept(w *world) *kept {
	k := &kept{world: w, db: newKeeper(w.clock.Now)}
	k.with(func(p *phase.Ports) {
		pf := p.Platforms[deploy.CloudRun]
		previewer, _ := pf.(deploy.Previewer)
		p.Platforms = map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: shooter{Platform: pf, Previewer: previewer}}
		p.Instances = map[deploy.DatabaseKind]deploy.Instances{deploy.CloudSQL: k.db}
		p.Databases, p.Scripts, p.SQL, p.Tagger, p.Jobs = k.db, k.db, k.db, k.db, k.db
	})
	return k
}

// migrating is the catalog of a service whose database goes with it.
func (k *kept) migrating(change ...func(*deploy.Spec)) deploy.Ask {
	s := k.spec("v1.2.4")
	s.Strategy.Steps = []deploy.TrafficStep{{Percent: 100}}
	s.Snapshot = true
	s.Platform.Settings.Secrets = nil
	s.Database = &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: instance}, Name: "coditect",
		Login: "postgres://slipway:${secret:migrations}@10.1.2.2/coditect", Validate: true,
		Backup:     deploy.BackupSpec{Within: 30 * time.Minute},
		Limits:     deploy.DatabaseLimits{Connections: 0.8, Transaction: 5 * time.Minute, Lag: 30 * time.Second},
		Migrations: &deploy.MigrationSpec{Source: scriptsAt, Table: "schema_migrations", Large: 1 << 30, Approvals: 2, Within: 30 * time.Minute},
	}
	for _, c := range change {
		c(&s)
	}
	return deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: s}
}

// restoring is a release that brings something back.
func (k *kept) restoring(inPlace bool) deploy.Ask {
	a := k.migrating()
	a.Kind, a.Version = deploy.Restore, "v1.2.3"
	a.Spec.Platform.Settings.Secrets = map[string]string{"DATABASE_URL": "database-url:latest"}
	a.Restore = &deploy.RestorePlan{Instance: a.Spec.Database.Instance, InPlace: inPlace, Clone: cloneName, At: k.clock.Now().Add(-37*time.Minute - 49*time.Second)}
	if inPlace {
		a.Restore.Clone, a.Restore.Backup = "", "1600"
	}
	ended := k.clock.Now().Add(-37*time.Minute - 49*time.Second)
	k.db.backups = []deploy.BackupRun{{ID: "1600", State: deploy.RunDone, Started: ended.Add(-time.Minute), Ended: ended, Size: 2254857830}}
	return a
}

// note is the evidence of a step.
func (p *play) note(name deploy.StepName) string {
	for _, s := range slices.Concat(p.r.Steps, p.r.Back) {
		if s.Name == name {
			return cmp.Or(s.Note, "(none)")
		}
	}
	return "(no such step)"
}

// notes checks what a step says, whole.
func (p *play) notes(name deploy.StepName, want string) *play {
	p.t.Helper()
	if got := p.note(name); got != want {
		p.t.Errorf("%s says\n%s\nwant\n%s\n%s", name, got, want, p.story())
	}
	return p
}

// agrees is a person who agrees to what is asked.
func (p *play) agrees(gate deploy.StepName, by deploy.UserID) *play {
	p.t.Helper()
	p.waits(gate).is(deploy.Waiting)
	plan := ""
	if p.r.Proposal != nil {
		plan = p.r.Proposal.Hash
	}
	return p.say(deploy.Signal{Kind: deploy.SignalPromote, By: by, Step: gate, Plan: plan})
}
