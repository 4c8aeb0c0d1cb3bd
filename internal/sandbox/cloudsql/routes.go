package cloudsql

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
)

// versions are where the API is: as the clients for it have it, and as gcloud has it. Of what is served here they say the
// same.
var versions = []string{"/v1", "/sql/v1beta4"}

const (
	theInstances  = "/projects/{project}/instances"
	anInstance    = theInstances + "/{instance}"
	theBackups    = anInstance + "/backupRuns"
	aBackup       = theBackups + "/{id}"
	theOperations = "/projects/{project}/operations"
	anOperation   = theOperations + "/{operation}"
)

// route is where a call is, over HTTP.
type route struct {
	method     string // its name in the journal and for faults
	verb, path string

	request func() proto.Message
	call    func(ctx context.Context, req proto.Message) (proto.Message, error)
}

// routes are all calls that are served.
func (s *Server) routes() []route {
	i, b, o := instancesAPI{s}, backupsAPI{s}, operationsAPI{s}
	return []route{
		at("Instances.Get", "GET", anInstance, i.Get),
		at("Instances.List", "GET", theInstances, i.List),
		at("Instances.GetLatestRecoveryTime", "GET", anInstance+"/getLatestRecoveryTime", i.GetLatestRecoveryTime),
		at("Instances.Clone", "POST", anInstance+"/clone", i.Clone),
		at("Instances.RestoreBackup", "POST", anInstance+"/restoreBackup", i.RestoreBackup),
		at("Instances.Delete", "DELETE", anInstance, i.Delete),
		at("BackupRuns.Insert", "POST", theBackups, b.Insert),
		at("BackupRuns.List", "GET", theBackups, b.List),
		at("BackupRuns.Get", "GET", aBackup, b.Get),
		at("BackupRuns.Delete", "DELETE", aBackup, b.Delete),
		at("Operations.Get", "GET", anOperation, o.Get),
		at("Operations.List", "GET", theOperations, o.List),
	}
}

// at makes a route of a call for requests of one kind.
func at[Q any, P interface {
	*Q
	proto.Message
}, A proto.Message](method, verb, path string, call func(context.Context, P) (A, error)) route {
	return route{
		method: method, verb: verb, path: path,
		request: func() proto.Message { return P(new(Q)) },
		call: func(ctx context.Context, req proto.Message) (proto.Message, error) {
			asked, ok := req.(P)
			if !ok {
				return nil, fmt.Errorf("%s takes no %T", method, req)
			}
			return call(ctx, asked)
		},
	}
}

// Serves says whether there is a call of the name: "BackupRuns.Insert".
func (s *Server) Serves(method string) bool {
	return slices.ContainsFunc(s.routes(), func(r route) bool { return r.method == method })
}
