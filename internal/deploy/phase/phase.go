// Package phase carries out the steps of a release, one file per phase of the deployment guide. It reaches the
// outside through the ports of package deploy only.
//
// Every runner here may be called again after a crash at any line: it looks before it acts, and what it learnt
// goes back in its Outcome, never into memory of its own. Start reading at Runners, then traffic.go.
package phase

import (
	"context"
	"math"
	"time"

	"slipway/internal/deploy"
)

// Ports are what the phases work with. Those that no release asks for may be nil: a step that needs one then says what
// cannot be told.
type Ports struct {
	Platforms map[deploy.PlatformKind]deploy.Platform
	Images    deploy.Images
	Prober    deploy.Prober
	Metrics   map[deploy.MetricsSource]deploy.Metrics
	Logs      map[deploy.PlatformKind]deploy.Logs
	Checker   deploy.Checker
	Loader    deploy.Loader
	Targets   Targets

	Inspector deploy.ImageInspector
	Scanner   deploy.Scanner
	Secrets   deploy.Secrets
	Versions  deploy.SecretVersions
	Alerts    deploy.Alerts
	People    deploy.People
	Outside   deploy.Outside
	Attested  Attested
	Live      Live
	Clock     deploy.Clock // by which things expire that a step waits with; nil: by the times of the step itself

	Instances map[deploy.DatabaseKind]deploy.Instances
	Databases deploy.Databases
	Scripts   deploy.Scripts
	SQL       deploy.SQLReader
	Tagger    deploy.ImageTagger
	Jobs      deploy.Jobs
}

// Targets says what stands in the way of releasing to a target.
type Targets interface {
	Closure(ctx context.Context, t deploy.Target) (deploy.Closure, error)
}

// Attested is the reading half of deploy.Attestations.
type Attested interface {
	Attested(ctx context.Context, t deploy.Target) (map[string]deploy.Attestation, error)
}

// Live is the part of deploy.Reader that knows what runs where.
type Live interface {
	Live(ctx context.Context, t deploy.Target) (deploy.Release, error)
}

// Runners lists the code for every kind of step that takes an act; gates, bakes and observations are decided without one.
func Runners(p Ports) map[deploy.StepKind]deploy.Runner {
	return map[deploy.StepKind]deploy.Runner{
		deploy.KindService:  deploy.RunnerFunc(p.service),
		deploy.KindImage:    deploy.RunnerFunc(p.image),
		deploy.KindRevision: deploy.RunnerFunc(p.revision),
		deploy.KindHealth:   deploy.RunnerFunc(p.health),
		deploy.KindShift:    deploy.RunnerFunc(p.shift),
		deploy.KindRetire:   deploy.RunnerFunc(p.retire),
		deploy.KindReturn:   deploy.RunnerFunc(p.giveBack),
		deploy.KindVerify:   deploy.RunnerFunc(p.verify),
		deploy.KindValidate: deploy.RunnerFunc(p.validate),
		deploy.KindIncident: deploy.RunnerFunc(p.incident),
		deploy.KindWatch:    deploy.RunnerFunc(p.lookAtAll),

		deploy.KindSmoke:      deploy.RunnerFunc(p.smoke),
		deploy.KindFunctional: deploy.RunnerFunc(p.functional),

		deploy.KindReady:   deploy.RunnerFunc(p.ready),
		deploy.KindPropose: deploy.RunnerFunc(p.propose),
		deploy.KindConfirm: deploy.RunnerFunc(p.confirm),
		deploy.KindLoad:    deploy.RunnerFunc(p.load),

		deploy.KindBackup:   deploy.RunnerFunc(p.backup),
		deploy.KindSnapshot: deploy.RunnerFunc(p.snapshot),
		deploy.KindMeasure:  deploy.RunnerFunc(p.measure),
		deploy.KindMigrate:  deploy.RunnerFunc(p.migrate),
		deploy.KindRunJob:   deploy.RunnerFunc(p.runJob),
		deploy.KindExamine:  deploy.RunnerFunc(p.examine),
		deploy.KindSettle:   deploy.RunnerFunc(p.settle),

		deploy.KindRestorable: deploy.RunnerFunc(p.restorable),
		deploy.KindClone:      deploy.RunnerFunc(p.clone),
		deploy.KindRestore:    deploy.RunnerFunc(p.restore),
		deploy.KindRestored:   deploy.RunnerFunc(p.restored),
	}
}

// now is the time for a step: not before it was begun, or is looked at again.
func (p Ports) now(s deploy.Step) time.Time {
	now := latest(s.Begun, s.Look)
	if p.Clock != nil {
		now = latest(now, p.Clock.Now())
	}
	return now
}

// platform is where the release's target runs.
func (p Ports) platform(r deploy.Release) (deploy.Platform, error) {
	kind := r.Spec.Platform.Service.Kind
	if pf, ok := p.Platforms[kind]; ok {
		return pf, nil
	}
	return nil, &deploy.Error{Code: deploy.Invalid, Op: "find the platform", Msg: "this Slipway has no client for the platform " + string(kind)}
}

// firstLook is the pause before a step is looked at for the second time: what a platform does at once is not
// waited for, at the cost of one more call where it takes its seconds.
const firstLook = 5 * time.Millisecond

// What a look at a step waits for at most: users are waiting for new versions and for traffic, and a database for nobody.
const (
	longestWait  = 2 * time.Second
	longestMoved = 500 * time.Millisecond
)

// again looks at a step once more: at first almost at once, then after 100 ms, then ever more slowly up to its longest
// wait, so that a change is noticed late by at most a quarter of the time it took.
func again(s deploy.Step, f deploy.Facts, note string) deploy.Outcome {
	longest := longestWait
	if s.Kind == deploy.KindRevision || s.Kind == deploy.KindShift || s.Kind == deploy.KindReturn {
		longest = longestMoved
	}
	wait := firstLook
	if s.Looks > 0 {
		wait = time.Duration(100 * float64(time.Millisecond) * math.Pow(1.25, float64(min(s.Looks-1, 14))))
	}
	return deploy.Outcome{Facts: f, Again: min(wait, longest), Note: note}
}

// awaitOperation looks once at the operation named in the facts. With rest.Again the step has
// nothing more to do for now: the operation goes on, or it has ended in something that passes, and the next look
// asks for the same again. Otherwise it is over, or forgotten by the platform, and what holds now must be read
// from the service itself, which every caller does next.
func awaitOperation(ctx context.Context, pf deploy.Platform, f deploy.Facts, s deploy.Step) (rest deploy.Outcome, err error) {
	if f.Operation == "" {
		return rest, nil
	}
	done, err := pf.Wait(ctx, deploy.Operation(f.Operation))
	switch {
	case deploy.CodeOf(err) == deploy.NotFound && !done, err == nil && done:
		return rest, nil
	case err == nil:
		return again(s, f, ""), nil
	case done && (deploy.Retryable(err) || s.Kind == deploy.KindReturn):
		f.Operation = ""
		return again(s, f, "the platform did not carry it out, asking again: "+deploy.Message(err)), nil
	}
	return rest, err
}
