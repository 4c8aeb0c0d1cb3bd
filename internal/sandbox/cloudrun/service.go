package cloudrun

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/sampleapp"
)

// service is one service with all that belongs to it. Guarded by Server.mu.
type service struct {
	id string
	// pb is what GetService answers.
	pb *runpb.Service
	// revisions that exist, oldest first; used names every one there ever was.
	revisions []*revision
	used      map[string]bool
	// latest is what the template stands for; latestReady is the newest revision that became ready.
	latest, latestReady *revision

	// routes are the traffic the platform believes to be in force; the statuses in pb and the endpoints
	// agree with it unless a fault made them differ.
	routes   []route
	skewed   bool
	settling *settling
	pending  []*operation

	endpoint *endpoint
	tags     map[string]*endpoint

	// stored is what its revisions have in their database.
	stored *sampleapp.State
}

// route is one traffic target with the revision it stands for.
type route struct {
	target *runpb.TrafficTarget
	rev    *revision
}

// settling is a move of traffic under way.
type settling struct {
	to    []route
	timer Timer
}

func (svc *service) revision(id string) *revision {
	i := slices.IndexFunc(svc.revisions, func(r *revision) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return svc.revisions[i]
}

type revisionState int

const (
	starting revisionState = iota
	ready
	failed
)

// revision is one revision. Guarded by Server.mu but for the counters and, once it is ready, the app.
type revision struct {
	id       string
	service  *service
	template *runpb.RevisionTemplate
	pb       *runpb.Revision
	state    revisionState
	// failure is what the operation that created it ends with, why the bare reason.
	failure *status.Status
	why     string
	app     http.Handler
	behave  *sampleapp.Behaviour
	// warm says that its minimum of instances is provisioned; cooling that it is about to lose them.
	warm    bool
	cooling *cooling

	requests, errors atomic.Int64
}

// unserviceable is what is said of traffic to a revision that failed.
func (r *revision) unserviceable() string {
	return fmt.Sprintf("Revision '%s' is not ready and cannot serve traffic. %s", r.id, r.why)
}
