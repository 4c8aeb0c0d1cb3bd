package cloudsql_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudsql"
	"slipway/internal/deploy/provider/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.RunInstances(t, func(t *testing.T) providertest.InstancesHarness {
		f := newFake(t)
		return providertest.InstancesHarness{
			Connect: func() deploy.Instances { return f.connect() }, Instance: ref, Other: other,
			Replicated: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: project, Name: replicated}, Replica: replica,
			BackupWords: "the disk is full", InstanceLevers: f,
		}
	})
}

func TestWhatAnInstanceIsSaidToBe(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.connect()
	want := deploy.Instance{
		Ref: ref, Runnable: true, Version: "POSTGRES_16", Address: "10.0.0.7", Region: "us-central1", PointInTime: true, Made: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC),
	}
	got, err := s.Instance(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for fact, tc := range map[string]struct {
		is     *sqlpb.DatabaseInstance
		unrest string
	}{
		"suspended, and why": {&sqlpb.DatabaseInstance{State: sqlpb.DatabaseInstance_SUSPENDED, SuspensionReason: []sqlpb.SqlSuspensionReason{sqlpb.SqlSuspensionReason_BILLING_ISSUE}}, "SUSPENDED (BILLING_ISSUE)"},
		"being made":         {&sqlpb.DatabaseInstance{State: sqlpb.DatabaseInstance_PENDING_CREATE}, "PENDING_CREATE"},
		"in maintenance":     {&sqlpb.DatabaseInstance{State: sqlpb.DatabaseInstance_MAINTENANCE}, "MAINTENANCE"},
		"switched off": {&sqlpb.DatabaseInstance{State: sqlpb.DatabaseInstance_RUNNABLE, Settings: &sqlpb.Settings{ActivationPolicy: sqlpb.Settings_NEVER}},
			"STOPPED (its activation policy is NEVER)"},
		"another database, with a public address alone": {&sqlpb.DatabaseInstance{State: sqlpb.DatabaseInstance_RUNNABLE, DatabaseVersion: sqlpb.SqlDatabaseVersion_MYSQL_8_0,
			IpAddresses: []*sqlpb.IpMapping{{Type: sqlpb.SqlIpAddressType_PRIMARY, IpAddress: "203.0.113.9"}}}, ""},
	} {
		tc.is.Name = instance
		f.become(tc.is)
		got, err := s.Instance(t.Context(), ref)
		if err != nil || got.Unrest != tc.unrest || got.Runnable != (tc.unrest == "") {
			t.Errorf("%s: %+v, %v", fact, got, err)
		}
		if strings.HasPrefix(fact, "another") && (got.Version != "MYSQL_8_0" || got.Address != "203.0.113.9") {
			t.Errorf("%s: %+v", fact, got)
		}
	}
}

func TestWhatABackupIsSaidToBe(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	begun := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	for n := range int32(11) { // one of each status, and one that nobody knows yet
		at := timestamppb.New(begun.Add(-time.Duration(n) * time.Hour))
		f.runs = append(f.runs, &sqlpb.BackupRun{Id: int64(100 + n), Status: sqlpb.SqlBackupRunStatus(n), EnqueuedTime: at, Type: sqlpb.SqlBackupRunType_AUTOMATED})
	}
	f.runs[4].Error = &sqlpb.OperationError{Code: "OUT_OF_DISK", Message: " no\n space "}
	all, err := f.connect().Backups(t.Context(), ref, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range all {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", b.ID, b.State, b.Trouble)))
		if b.OnDemand || b.Started.After(begun) || b.Started.IsZero() || !b.Ended.IsZero() || b.Size != 0 {
			t.Errorf("%+v", b)
		}
	}
	want := []string{"100 running", "101 running", "102 failed OVERDUE", "103 running", "104 failed no space", "105 done", "106 failed SKIPPED", "110 running"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestABackupIsFoundHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.connect()
	for n := range 350 {
		f.runs = append(f.runs, &sqlpb.BackupRun{Id: int64(1000 - n), Status: sqlpb.SqlBackupRunStatus_SUCCESSFUL, StartTime: timestamppb.New(f.clock.Add(-time.Duration(n) * time.Hour))})
	}
	f.runs[349].Description = "the oldest"
	if op, err := s.Backup(t.Context(), ref, "the oldest"); op != "" || err != nil || f.Changes() != 0 {
		t.Errorf("%q, %v, %d changes", op, err, f.Changes())
	}
	if all, err := s.Backups(t.Context(), ref, 120); err != nil || len(all) != 120 || all[119].ID != "881" {
		t.Errorf("%d backups, %v", len(all), err)
	}
	if _, err := s.Backup(t.Context(), ref, " "); deploy.CodeOf(err) != deploy.Invalid || f.Changes() != 0 {
		t.Errorf("without a description: %v, %d changes", err, f.Changes())
	}
}

// A replica that stood still and goes on has lost its lease, although no timer has told it so yet.
func TestNothingIsSentOnceTheTimeHasPassed(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.runs = []*sqlpb.BackupRun{{Id: 7, Status: sqlpb.SqlBackupRunStatus_SUCCESSFUL}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	deadline, _ := ctx.Deadline()
	s := f.connect(func(o *cloudsql.Options) { o.Now = func() time.Time { return deadline } })
	for name, call := range map[string]func() error{
		"backup": func() error { _, err := s.Backup(ctx, ref, "x"); return err },
		"clone":  func() error { _, err := s.Clone(ctx, deploy.CloneRequest{Instance: ref, Clone: "x"}); return err },
		"restore": func() error {
			_, err := s.Restore(ctx, deploy.RestoreRequest{Instance: ref, Backup: "7", Since: f.Now()})
			return err
		},
	} {
		err := call()
		if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(deploy.Message(err), "nothing was sent") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := f.counted(insert) + f.counted(clone) + f.counted(restore); n != 0 {
		t.Errorf("%d calls were sent", n)
	}
}

func TestWhatIsSentIsSentOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.before = func(method string, call int) error {
		if method == insert || method == get && call < 3 {
			return said{http.StatusServiceUnavailable, "backendError", "down"}
		}
		return nil
	}
	s := f.connect()
	if _, err := s.Instance(t.Context(), ref); err != nil || f.counted(get) != 3 {
		t.Errorf("what changes nothing is repeated: %v, %d calls", err, f.counted(get))
	}
	if _, err := s.Backup(t.Context(), ref, "x"); deploy.CodeOf(err) != deploy.Unavailable || f.counted(insert) != 1 {
		t.Errorf("%v, %d calls", err, f.counted(insert))
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	const inProgress = "Operation failed because another operation was already in progress."
	for fact, tc := range map[string]struct {
		answer error
		code   deploy.Code
		msg    string
		hint   string
	}{
		"busy, as it is now":                {said{409, "operationInProgress", inProgress}, deploy.Conflict, "Cloud SQL is doing something else with the instance", "operations list"},
		"busy, as it was":                   {said{403, "notAuthorized", inProgress}, deploy.Conflict, "Cloud SQL is doing something else with the instance", "operations list"},
		"busy, by its reason":               {said{400, "OPERATION_IN_PROGRESS", "No."}, deploy.Conflict, "Cloud SQL is doing something else with the instance", "operations list"},
		"busy, in newer words":              {raw{409, `{"error":{"code":409,"message":"No.","status":"FAILED_PRECONDITION","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"OPERATION_IN_PROGRESS"}]}}`}, deploy.Conflict, "Cloud SQL is doing something else with the instance", "operations list"},
		"a conflict of no kind":             {said{409, "conflict", "It is in another state."}, deploy.Conflict, "Cloud SQL is doing something else with the instance: It is in another state", ""},
		"not as things are":                 {said{409, "invalidState", "It is stopped."}, deploy.Invalid, "Cloud SQL refuses this as things are: It is stopped", "instance"},
		"the same without reasons":          {raw{409, `{"error":{"code":409,"message":"It is not in an appropriate state."}}`}, deploy.Invalid, "Cloud SQL refuses this as things are: It is not in an appropriate state", "instance"},
		"in the status alone":               {raw{400, `{"error":{"code":400,"message":"Backups are off.","status":"FAILED_PRECONDITION"}}`}, deploy.Invalid, "Cloud SQL refuses this as things are: Backups are off", "instance"},
		"a name that is taken":              {said{409, "instanceAlreadyExists", "It already exists."}, deploy.Invalid, "the name is taken: It already exists", "another name"},
		"taken, without reasons":            {raw{409, `{"error":{"code":409,"message":"It already exists."}}`}, deploy.Invalid, "the name is taken: It already exists", "another name"},
		"refused":                           {said{400, "invalid", "Invalid request since instance\nis not running."}, deploy.Invalid, "Cloud SQL refuses this: Invalid request since instance is not running", "catalog"},
		"no such instance":                  {said{404, "notFound", "The Cloud SQL instance does not exist."}, deploy.NotFound, "the instance " + instance + " of " + project + " does not exist", "instances list"},
		"a quota of calls":                  {said{429, "rateLimitExceeded", "Quota exceeded."}, deploy.Unavailable, "Cloud SQL asks Slipway to slow down, or a quota is used up: Quota exceeded", "quotas"},
		"the same as it was":                {said{403, "userRateLimitExceeded", "Quota exceeded."}, deploy.Unavailable, "Cloud SQL asks Slipway to slow down, or a quota is used up: Quota exceeded", "quotas"},
		"a quota of instances":              {said{403, "notAuthorized", "it reached the max instance per project limit."}, deploy.Unavailable, "Cloud SQL asks Slipway to slow down, or a quota is used up: it reached the max instance per project limit", "quotas"},
		"not allowed":                       {said{403, "notAuthorized", "The client is not authorized."}, deploy.Forbidden, "Cloud SQL does not let Slipway do this: The client is not authorized", "roles/cloudsql.admin"},
		"not known":                         {said{401, "authError", "no bearer"}, deploy.Forbidden, "Cloud SQL does not know who Slipway is", "login"},
		"something else that answers":       {raw{404, "<h1>Not found</h1>"}, deploy.Invalid, "what answers is not Cloud SQL", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL"},
		"a call it does not have":           {said{501, "notImplemented", "later"}, deploy.Invalid, "what answers is not Cloud SQL", "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL"},
		"a failure of its own":              {said{500, "internalError", "oops"}, deploy.Unavailable, "Cloud SQL does not answer", "status.cloud.google.com"},
		"a gateway before it":               {raw{502, "bad gateway"}, deploy.Unavailable, "Cloud SQL does not answer", "status.cloud.google.com"},
		"a gateway that waited":             {raw{504, ""}, deploy.Unavailable, "Cloud SQL did not answer in time", "status.cloud.google.com"},
		"a connection that is cut":          {errCut, deploy.Unavailable, "Cloud SQL does not answer", "status.cloud.google.com"},
		"an answer that is none":            {raw{200, "<h1>Welcome</h1>"}, deploy.Unavailable, "Cloud SQL does not answer", "status.cloud.google.com"},
		"long words are cut, and no others": {said{400, "invalid", strings.Repeat("x", 500)}, deploy.Invalid, "Cloud SQL refuses this: " + strings.Repeat("x", 397) + "…", ""},
	} {
		f := newFake(t)
		f.before = func(method string, _ int) error {
			if method == insert {
				return tc.answer
			}
			return nil
		}
		_, err := f.connect().Backup(t.Context(), ref, "x")
		if deploy.CodeOf(err) != tc.code || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) || f.counted(insert) != 1 {
			t.Errorf("%s: %v, hint %q, %d calls", fact, err, deploy.Hint(err), f.counted(insert))
		}
	}
}

func TestHowAnOperationHasEnded(t *testing.T) {
	t.Parallel()
	for fact, tc := range map[string]struct {
		errors []*sqlpb.OperationError
		code   deploy.Code
		msg    string
	}{
		"well":                        {nil, "", ""},
		"for good":                    {[]*sqlpb.OperationError{{Code: "ERROR_RDBMS", Message: "no\n space."}}, deploy.Invalid, "Cloud SQL could not do it: no space"},
		"without words":               {[]*sqlpb.OperationError{{Code: "UNKNOWN"}}, deploy.Unavailable, "Cloud SQL could not finish it: UNKNOWN"},
		"by a failure of its own":     {[]*sqlpb.OperationError{{Code: "INTERNAL_ERROR", Message: "try again"}}, deploy.Unavailable, "Cloud SQL could not finish it: try again"},
		"for want of a quota":         {[]*sqlpb.OperationError{{Code: "QUOTA_EXCEEDED", Message: "disks"}}, deploy.Unavailable, "Cloud SQL could not finish it: disks"},
		"for want of machines":        {[]*sqlpb.OperationError{{Code: "GCE_STOCKOUT", Message: "none left"}}, deploy.Unavailable, "Cloud SQL could not finish it: none left"},
		"cancelled by somebody":       {[]*sqlpb.OperationError{{Code: "CANCELLED", Message: "by bob"}}, deploy.Conflict, "it was cancelled at Cloud SQL: by bob"},
		"for several reasons at once": {[]*sqlpb.OperationError{{Code: "A", Message: "one"}, {Code: "B", Message: "two"}}, deploy.Invalid, "Cloud SQL could not do it: one; two"},
	} {
		f := newFake(t)
		f.edit = func(op *sqlpb.Operation, _ *sqlpb.BackupRun) { op.Error = &sqlpb.OperationErrors{Errors: tc.errors} }
		s := f.connect()
		op, err := s.Backup(t.Context(), ref, "x")
		if err != nil {
			t.Fatal(err)
		}
		f.Finish()
		for range 2 {
			done, err := s.Wait(t.Context(), ref, op)
			if !done || deploy.CodeOf(err) != tc.code || tc.code != "" && (deploy.Message(err) != tc.msg || deploy.Hint(err) == "") {
				t.Errorf("%s: done %v, %v, hint %q", fact, done, err, deploy.Hint(err))
			}
		}
	}
}

func TestARestoreThatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	for fact, tc := range map[string]struct {
		age    time.Duration // of the other restore
		of     int64         // its backup
		status sqlpb.Operation_SqlOperationStatus
		failed string
		found  bool
	}{
		"since then":                       {-time.Minute, 7, sqlpb.Operation_RUNNING, "", true},
		"since then, and it is done":       {-time.Minute, 7, sqlpb.Operation_DONE, "", true},
		"a little before, by other clocks": {50 * time.Second, 7, sqlpb.Operation_DONE, "", true},
		"since then, without its backup":   {-time.Minute, 0, sqlpb.Operation_DONE, "", true},
		"before":                           {2 * time.Minute, 7, sqlpb.Operation_DONE, "", false},
		"a little before, and it failed":   {50 * time.Second, 7, sqlpb.Operation_DONE, "no space", false},
		"since then, and it failed":        {-time.Minute, 7, sqlpb.Operation_DONE, "no space", true},
		"of another backup":                {-time.Minute, 8, sqlpb.Operation_DONE, "", false},
	} {
		f := newFake(t)
		since := f.Now()
		f.runs = []*sqlpb.BackupRun{{Id: 7, Status: sqlpb.SqlBackupRunStatus_SUCCESSFUL}}
		f.operations = []*pending{{instance: instance, Operation: &sqlpb.Operation{
			Name: "earlier", OperationType: sqlpb.Operation_RESTORE_VOLUME, Status: tc.status, InsertTime: timestamppb.New(since.Add(-tc.age)),
			BackupContext: &sqlpb.BackupContext{BackupId: tc.of},
		}}}
		if tc.failed != "" {
			f.operations[0].Error = &sqlpb.OperationErrors{Errors: []*sqlpb.OperationError{{Code: "INTERNAL_ERROR", Message: tc.failed}}}
		}
		op, err := f.connect().Restore(t.Context(), deploy.RestoreRequest{Instance: ref, Backup: "7", Since: since})
		if err != nil || (op == "earlier") != tc.found || f.counted(restore) != map[bool]int{true: 0, false: 1}[tc.found] {
			t.Errorf("%s: %q, %v, %d sent", fact, op, err, f.counted(restore))
		}
	}
}

func TestWhatCannotBeCloned(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.connect()
	at := f.Now().AddDate(0, 0, -9)
	_, err := s.Clone(t.Context(), deploy.CloneRequest{Instance: ref, Clone: "x", At: at})
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != "Cloud SQL refuses this: A backup that was created before the restored timestamp can't be found" {
		t.Errorf("too long ago: %v", err)
	}
	f.locked(func() { f.instances[instance].Settings = nil })
	sent := f.counted(clone)
	_, err = s.Clone(t.Context(), deploy.CloneRequest{Instance: ref, Clone: "x", At: f.Now()})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "point-in-time recovery is off") || f.counted(clone) != sent {
		t.Errorf("without point-in-time recovery: %v", err)
	}
	if op, err := s.Clone(t.Context(), deploy.CloneRequest{Instance: ref, Clone: "x"}); op == "" || err != nil {
		t.Errorf("as it is: %q, %v", op, err)
	}
}

func TestAnInstanceThatComesUnderTheNameMeanwhile(t *testing.T) {
	t.Parallel()
	for fact, tc := range map[string]struct {
		kind    sqlpb.Operation_SqlOperationType
		version sqlpb.SqlDatabaseVersion
		code    deploy.Code
	}{
		"made by a clone":                   {sqlpb.Operation_CLONE, sqlpb.SqlDatabaseVersion_POSTGRES_16, ""},
		"made by hand":                      {sqlpb.Operation_CREATE, sqlpb.SqlDatabaseVersion_POSTGRES_16, deploy.Invalid},
		"made by a clone of something else": {sqlpb.Operation_CLONE, sqlpb.SqlDatabaseVersion_POSTGRES_15, deploy.Invalid},
	} {
		f := newFake(t)
		f.before = func(method string, _ int) error {
			if method == clone {
				f.locked(func() {
					f.add("x").DatabaseVersion = tc.version
					f.operations = append(f.operations, &pending{instance: "x", Operation: &sqlpb.Operation{Name: "theirs", OperationType: tc.kind, TargetId: "x", Status: sqlpb.Operation_DONE}})
				})
			}
			return nil
		}
		op, err := f.connect().Clone(t.Context(), deploy.CloneRequest{Instance: ref, Clone: "x"})
		if deploy.CodeOf(err) != tc.code || (op == "theirs") != (tc.code == "") || err != nil && !strings.Contains(deploy.Message(err), "exists already") {
			t.Errorf("%s: %q, %v", fact, op, err)
		}
	}
}

func TestReplicasAreNamed(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.locked(func() { f.instances[instance].ReplicaNames = []string{"coditect-replica"} })
	_, err := f.connect().Restore(t.Context(), deploy.RestoreRequest{Instance: ref, Backup: "7", Since: f.Now()})
	if deploy.Message(err) != instance+" has a replica (coditect-replica): a restore in place is refused while there are any" || deploy.Hint(err) != "delete them first, or restore to a new instance" {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}

func TestNamesThatCannotBeAreNotAsked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := f.connect()
	for _, i := range []deploy.InstanceRef{
		{Kind: "rds", Project: project, Name: instance}, {Kind: deploy.CloudSQL, Project: "", Name: instance}, {Kind: deploy.CloudSQL, Project: project, Name: ""},
		{Kind: deploy.CloudSQL, Project: project, Name: "a/b"}, {Kind: deploy.CloudSQL, Project: "a/b", Name: instance}, {Kind: deploy.CloudSQL, Project: project, Name: strings.Repeat("x", 84)},
	} {
		_, err := s.Instance(t.Context(), i)
		_, err2 := s.Wait(t.Context(), i, "op")
		_, err3 := s.Backups(t.Context(), i, 1)
		_, err4 := s.Clone(t.Context(), deploy.CloneRequest{Instance: i, Clone: "x"})
		for _, err := range []error{err, err2, err3, err4} {
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "catalog") {
				t.Errorf("%s: %v", i, err)
			}
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("asked %v", f.calls)
	}
}

func TestACallThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	for fact, call := range map[string]func(context.Context, *cloudsql.Instances) error{
		"a look at an instance":  func(ctx context.Context, s *cloudsql.Instances) error { _, err := s.Instance(ctx, ref); return err },
		"a list of the backups":  func(ctx context.Context, s *cloudsql.Instances) error { _, err := s.Backups(ctx, ref, 1); return err },
		"a look at an operation": func(ctx context.Context, s *cloudsql.Instances) error { _, err := s.Wait(ctx, ref, "op-1"); return err },
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			held, asked := make(chan struct{}), make(chan struct{}, 1)
			t.Cleanup(func() { close(held) })
			f.before = func(string, int) error {
				select {
				case asked <- struct{}{}:
				default:
				}
				<-held
				return nil
			}
			s := f.connect(func(o *cloudsql.Options) { o.Timeout = 50 * time.Millisecond })
			if err := call(t.Context(), s); deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud SQL did not answer in time" {
				t.Errorf("%v", err)
			}
			patient := f.connect(func(o *cloudsql.Options) { o.Timeout = time.Hour })
			select {
			case <-asked: // by the first, unless it was too late even for that
			default:
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if err := call(ctx, patient); deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("given up: %v", err)
			}
		})
	}
}

// Nobody knows what became of a call whose connection was cut, and the next one of its kind is for the next look.
func TestAConnectionThatIsCut(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.before = func(asked string, call int) error {
		if asked == insert || asked == get && call < 3 {
			return errCut
		}
		return nil
	}
	s := f.connect()
	if _, err := s.Instance(t.Context(), ref); err != nil {
		t.Errorf("what changes nothing is not repeated: %v", err)
	}
	for n := 1; n < 4; n++ {
		if _, err := s.Backup(t.Context(), ref, "x"); deploy.CodeOf(err) != deploy.Unavailable || f.counted(insert) != n {
			t.Errorf("%v, %d calls", err, f.counted(insert))
		}
	}
	f.locked(func() { f.before = nil })
	f.LoseAnswer()
	if _, err := s.Backup(t.Context(), ref, "y"); deploy.CodeOf(err) != deploy.Unavailable || f.counted(insert) != 4 || f.Changes() != 1 {
		t.Errorf("%v, %d calls, %d changes", err, f.counted(insert), f.Changes())
	}
	if op, err := s.Backup(t.Context(), ref, "y"); op != "" || err != nil || f.Changes() != 1 {
		t.Errorf("it is found: %q, %v, %d changes", op, err, f.Changes())
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, addr: l.Addr().String()}
	if _, err := f.connect().Instance(t.Context(), ref); deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud SQL does not answer" {
		t.Errorf("%v", err)
	}
}

func TestItStartsWithoutGoogleAndEnds(t *testing.T) {
	t.Parallel()
	if _, err := cloudsql.New(&cloudsql.Options{Endpoint: "ftp://x"}); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL") {
		t.Errorf("another endpoint: %v", err)
	}
	s, err := cloudsql.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Instance(t.Context(), ref); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("once it is closed: %v", err)
	}
}
