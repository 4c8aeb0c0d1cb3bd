package deploy

import (
	"slices"
	"time"
)

// usual is how long a step of a kind takes on Cloud Run when nothing is wrong; gates are people and have no
// usual duration. Estimates only: nothing is decided by them.
var usual = map[StepKind]time.Duration{
	KindService: time.Second, KindImage: 2 * time.Second, KindRevision: 45 * time.Second, KindHealth: 3 * time.Second,
	KindShift: 8 * time.Second, KindRetire: 5 * time.Second, KindReturn: 6 * time.Second, KindVerify: 2 * time.Second,
	KindValidate: 2 * time.Second, KindIncident: 5 * time.Second, KindSmoke: 2 * time.Second, KindFunctional: 4 * time.Second,
	KindReady: 2 * time.Second, KindPropose: time.Second, KindConfirm: time.Second,
	KindBackup: time.Minute, KindSnapshot: time.Second, KindMeasure: time.Second, KindMigrate: 30 * time.Second, KindRunJob: time.Minute,
	KindExamine: 2 * time.Second, KindSettle: time.Second, KindRestorable: time.Second, KindClone: 8 * time.Minute, KindRestore: 8 * time.Minute,
	KindRestored: 2 * time.Second,
}

// Usual is how long each step took in the releases of a target before: the median, without the time that was chosen
// (bakes) or taken by people (gates, a checklist with something open). A step that is not in it takes what its kind takes usually.
type Usual map[StepName]time.Duration

// mostLearnt is how many past releases Usual is made from.
const mostLearnt = 10

// Learn makes Usual from past releases of a target, newest first. Steps that were interrupted or failed say nothing.
func Learn(history []Release) Usual {
	took := map[StepName][]time.Duration{}
	for _, r := range history {
		for _, s := range slices.Concat(r.Steps, r.Back) {
			if s.Kind == KindReturn && r.Kind == Deploy && r.Of(s.Part).Facts.MaxShare == 0 {
				continue // there was no traffic to move
			}
			if s.Status != Done || s.Kind == KindGate || s.Kind == KindReady && s.Looks > 0 || s.Begun.IsZero() || len(took[s.Name]) >= mostLearnt {
				continue
			}
			took[s.Name] = append(took[s.Name], max(s.EndedAt.Sub(s.Begun)-s.Bake, 0))
		}
	}
	u := Usual{}
	for name, all := range took {
		slices.Sort(all)
		u[name] = all[len(all)/2]
	}
	return u
}

// Step is how long a step takes usually, with its bake and without people.
func (u Usual) Step(s Step) time.Duration {
	if s.Kind == KindGate {
		return 0
	}
	if learnt, ok := u[s.Name]; ok {
		return learnt + s.Bake
	}
	return usual[s.Kind] + s.Bake
}

// Slow says whether a step takes, or took, so much longer than usual that people should know: twice as long, and ten
// seconds at least. Without history nothing is slow.
func (u Usual) Slow(s Step, now time.Time) bool {
	_, learnt := u[s.Name]
	if !learnt || s.Begun.IsZero() || s.Kind == KindGate || s.Kind == KindReady {
		return false
	}
	until := now
	if s.Status.Ended() {
		until = s.EndedAt
	}
	took, whole := until.Sub(s.Begun), u.Step(s)
	return took > 2*whole && took > whole+10*time.Second
}

// Remaining estimates how long the plan in force still takes from now, not counting the time people take. Returns of
// traffic do not wait for one another.
func Remaining(r Release, now time.Time, u Usual) time.Duration {
	var sum, back time.Duration
	for _, s := range r.Plan() {
		whole := u.Step(s)
		if _, learnt := u[s.Name]; !learnt && r.Spec.Metrics != nil && (s.Kind == KindBake || s.Kind == KindObserve) {
			whole += r.Spec.Metrics.Lag // it lasts until its metrics are there
		}
		switch {
		case s.Status.Ended():
			continue
		case s.Status == Started:
			whole = max(whole-now.Sub(s.Begun), 0)
		default:
		}
		if s.Kind == KindReturn {
			back = max(back, whole)
			continue
		}
		sum += whole
	}
	return sum + back
}
