package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudsql"
	"slipway/internal/sandbox/control"
)

func TestFaultsOfCloudSQL(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]cloudsql.Fault{
		"cloudsql refuse BackupRuns.Insert times=2 code=PERMISSION_DENIED": {Kind: cloudsql.Refuse, Method: "BackupRuns.Insert", Count: 2, Code: codes.PermissionDenied},
		"cloudsql delay Instances.Clone delay=2s":                          {Kind: cloudsql.Delay, Method: "Instances.Clone", Delay: 2 * time.Second},
		"cloudsql backup-fails times=1":                                    {Kind: cloudsql.BackupFails, Count: 1},
		"cloudsql not-running instance=coditect-postgres-production":       {Kind: cloudsql.NotRunning, Instance: cloudsql.GuideInstance},
		"cloudsql lose-answer Operations.Get":                              {Kind: cloudsql.LoseAnswer, Method: "Operations.Get"},
		"cloudsql operation-stuck":                                         {Kind: cloudsql.OperationStuck},
		"cloudsql quota":                                                   {Kind: cloudsql.Quota},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			sql := cloudsql.New(&cloudsql.Options{RecordsOnly: true})
			t.Cleanup(func() { _ = sql.Close() })
			p := newPractice(t, func(s *control.Server) { s.CloudSQL = sql })
			if err := p.Fault(t.Context(), line); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]cloudsql.Fault{want}, sql.Faults().Active()); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if err := p.Mend(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := sql.Faults().Active(); len(left) > 0 {
				t.Errorf("mended, and there are %v", left)
			}
		})
	}
}

func TestNoFaultsOfCloudSQL(t *testing.T) {
	t.Parallel()
	sql := cloudsql.New(&cloudsql.Options{RecordsOnly: true})
	t.Cleanup(func() { _ = sql.Close() })
	with := newPractice(t, func(s *control.Server) { s.CloudSQL = sql })
	without := newPractice(t)
	for line, c := range map[string]struct {
		p    *practice
		says string
	}{
		"cloudsql explode":                   {with, "no fault is called"},
		"cloudsql refuse Insert":             {with, "no call of Cloud SQL"},
		"cloudsql refuse BackupRuns.Explode": {with, "no call of Cloud SQL"},
		"cloudsql refuse status=500":         {with, "means nothing"},
		"cloudsql delay delay=soon":          {with, "not a time"},
		"cloudsql refuse times=often":        {with, "not a number"},
		"cloudsql refuse code=BAD":           {with, "not a gRPC code"},
		"cloudsql quota":                     {without, "this sandbox has no Cloud SQL"},
	} {
		if err := c.p.Fault(t.Context(), line); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", line, err, c.says)
		}
	}
	if err := without.Mend(t.Context()); err != nil {
		t.Error(err)
	}
}
