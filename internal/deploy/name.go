package deploy

import (
	"fmt"
	"strconv"
	"strings"
)

// Target is one service in one environment: the thing that is held, released and rolled back.
type Target struct {
	Service     string `json:"service"`
	Environment string `json:"environment"`
}

// String gives coditect-app/production.
func (t Target) String() string { return t.Service + "/" + t.Environment }

// ReleaseID names a release the way people say it: coditect-app-42. Numbers count up per service, over all of
// its environments, and are never used twice while Redis keeps its data.
type ReleaseID string

// NewReleaseID joins a service and a number.
func NewReleaseID(service string, number int) ReleaseID {
	return ReleaseID(service + "-" + strconv.Itoa(number))
}

// Split gives the service and number of an id. ok is false if id was not made by NewReleaseID.
func (id ReleaseID) Split() (service string, number int, ok bool) {
	i := strings.LastIndexByte(string(id), '-')
	if i <= 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(string(id[i+1:]))
	if err != nil || n <= 0 {
		return "", 0, false
	}
	return string(id[:i]), n, true
}

// UserID is a Slack user id (U…). The display name can be changed by its owner and is never used to decide.
type UserID string

// Slipway is who signs what the bot does by itself.
const Slipway UserID = "slipway"

// Epoch is the fencing number of a lease. Every write of an owner carries it; it only ever grows. A commit has one of
// its own, from the same sequence: what is done outside after the commit is marked with that.
type Epoch int64

// StepName names a step inside its release: traffic/10, deploy/revision.
type StepName string

// RevisionName names an immutable version of a service at its platform.
type RevisionName string

// CandidateName is the revision that a release creates: the platform's service name, the release number and an
// attempt, so that a name which the platform already knows (names are unique for ever) can be stepped over.
func CandidateName(platformService string, number, attempt int) RevisionName {
	return RevisionName(fmt.Sprintf("%s-r%d-%d", platformService, number, attempt))
}

// WarmTag is the traffic tag that keeps the former version's instances while it has no traffic, so that a rollback
// meets a warm one.
func WarmTag(number int) string { return "rb-" + strconv.Itoa(number) }

// CandidateTag is the traffic tag under which a candidate can be reached before it has traffic.
func CandidateTag(number int) string { return "rc-" + strconv.Itoa(number) }
