package ecs

import (
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The statuses of a service.
const (
	active   = "ACTIVE"
	draining = "DRAINING"
	inactive = "INACTIVE"
)

// service is one service with all that ever was of it.
type service struct {
	cluster    *cluster
	name, arn  string
	status     string
	created    time.Time
	controller types.DeploymentControllerType
	desired    int32
	settings   settings
	taskDef    *taskDef // nil with the controller EXTERNAL
	base       types.Service
	tags       []types.Tag
	token      string // clientToken of CreateService

	revisions   []*revision   // the newest last
	deployments []*deployment // the newest last
	sets        []*taskSet
	stopped     []*task
	events      []types.ServiceEvent // the newest first
	steady      bool                 // and it was said so
	apps        map[*taskDef]*app

	levers levers
}

// settings is what of a service a new deployment may change.
type settings struct {
	config  types.DeploymentConfiguration
	lbs     []types.LoadBalancer
	network *types.NetworkConfiguration
	grace   int32
}

// levers is what was done to a service for practice.
type levers struct {
	held         bool
	noCapacity   bool
	unknownStage types.ServiceDeploymentLifecycleStage
	failRollback bool
	changes      int
}

// current is the service deployment that is in progress, or nil.
func (svc *service) current() *deployment {
	if n := len(svc.deployments); n > 0 && !svc.deployments[n-1].finished() {
		return svc.deployments[n-1]
	}
	return nil
}

// primary is the revision that is wanted now.
func (svc *service) primary() *revision {
	for _, r := range svc.revisions {
		if r.status == primary {
			return r
		}
	}
	return nil
}

// lastGood is the newest revision, other than not, that a deployment brought in completely.
func (svc *service) lastGood(not *revision) *revision {
	for i := len(svc.revisions) - 1; i >= 0; i-- {
		if r := svc.revisions[i]; r != not && r.completed {
			return r
		}
	}
	return nil
}

// groups are all that tasks of the service belong to.
func (svc *service) groups() []*group {
	out := make([]*group, 0, len(svc.revisions)+len(svc.sets))
	for _, r := range svc.revisions {
		out = append(out, &r.group)
	}
	for _, set := range svc.sets {
		out = append(out, &set.group)
	}
	return out
}

func (svc *service) count() (running, pending int32) {
	for _, g := range svc.groups() {
		r, p := g.count()
		running, pending = running+r, pending+p
	}
	return running, pending
}

func (s *Server) allServices() iter.Seq[*service] {
	return func(yield func(*service) bool) {
		for _, c := range s.clusters {
			for _, svc := range c.services {
				if !yield(svc) {
					return
				}
			}
		}
	}
}

// anyService finds one by its ARN, or by its name in whatever cluster; nil if there is none.
func (s *Server) anyService(nameOrARN string) *service {
	for svc := range s.allServices() {
		if svc.arn == nameOrARN || svc.name == nameOrARN && svc.status != inactive {
			return svc
		}
	}
	return nil
}

// service finds one as a call names it: the cluster, and the service by name or ARN.
func (s *Server) service(clusterRef, ref *string) (*service, error) {
	c, err := s.cluster(clusterRef)
	if err != nil {
		return nil, err
	}
	name := deref(ref)
	if name == "" {
		return nil, refuse(invalidParameter, "Service name should not be null or empty.")
	}
	if svc := c.service(name); svc != nil {
		return svc, nil
	}
	return nil, notFoundService()
}

// service prefers the live one: names of INACTIVE services can be used again.
func (c *cluster) service(name string) *service {
	var found *service
	for _, svc := range c.services {
		if svc.name == lastPart(name) && (!strings.HasPrefix(name, "arn:") || svc.arn == name) &&
			(found == nil || svc.status != inactive) {
			found = svc
		}
	}
	return found
}

// activeService is service for calls that change something.
func (s *Server) activeService(clusterRef, ref *string) (*service, error) {
	svc, err := s.service(clusterRef, ref)
	if err == nil && svc.status != active {
		err = refuse(serviceNotActive, "Service was not ACTIVE.")
	}
	return svc, err
}
