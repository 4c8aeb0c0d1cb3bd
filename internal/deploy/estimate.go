package deploy

import "time"

// usual is how long a step of a kind takes on Cloud Run when nothing is wrong; gates are people and have no
// usual duration. Estimates only: nothing is decided by them.
var usual = map[StepKind]time.Duration{
	KindService: time.Second, KindImage: 2 * time.Second, KindRevision: 45 * time.Second, KindHealth: 3 * time.Second,
	KindShift: 8 * time.Second, KindRetire: 5 * time.Second, KindReturn: 6 * time.Second, KindVerify: 2 * time.Second,
}

// Remaining estimates how long the plan in force still takes from now, not counting the time people take.
func Remaining(r Release, now time.Time) time.Duration {
	var sum time.Duration
	for _, s := range r.Plan() {
		whole := usual[s.Kind] + s.Bake
		switch {
		case s.Status.Ended():
		case s.Status == Started:
			sum += max(whole-now.Sub(s.Begun), 0)
		default:
			sum += whole
		}
	}
	return sum
}
