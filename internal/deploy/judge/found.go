package judge

import "slipway/internal/deploy"

// found is a finding with what it takes to give it as a reason.
type found struct {
	deploy.Finding
	kind kind
	more bool    // Value is the least that it can be
	own  tally   // errors of the candidate alone
	a12  float64 // share of pairs in which the candidate's request is the slower
}

// kind is which way of giving a finding as a reason is its own.
type kind int

const (
	said kind = iota // its text
	breached
	worse
	healthy
)

// The ends of texts that several kinds of objectives have.
const (
	tooFew      = ": not enough to tell"
	tooClose    = ": too close to the limit of "
	toTell      = " to tell"
	notItsDoing = ", but so is stable; a rollback would not help"
)

// say sets a verdict whose text is also its reason.
func (f *found) say(v deploy.Verdict, l line) { f.Verdict, f.Text = v, string(l) }

// breach is a verdict beyond the critical threshold: taken back, or held if that is what the objective wants.
func (f *found) breach(o *deploy.Objective, l line) {
	f.kind, f.Critical = breached, !o.Hold
	f.say(deploy.Unhealthy, l.say(": beyond the limit of ").value(o.Metric, o.Critical))
}

func (f *found) worsened(o *deploy.Objective, l line) {
	f.kind = worse
	f.say(deploy.Unhealthy, l.say(": more than ", times(o.Worse), " stable, target ").value(o.Metric, o.Target))
}

func (f *found) pass(o *deploy.Objective, l line) {
	f.kind = healthy
	f.say(deploy.Healthy, l.say(", limit ").value(o.Metric, o.Critical))
}

// dry makes a finding of a dry run say so; it is never critical.
func (f *found) dry() {
	if !f.DryRun {
		return
	}
	would := "it would have been " + string(f.Verdict)
	if f.Critical {
		would = "it would have been taken back"
	}
	f.Critical, f.Text = false, "dry run, "+would+": "+f.Text
}

// counts says whether a finding is part of the whole. A level without samples is said and not counted: it may not be
// measured there at all, and would hold every release for ever.
func (f *found) counts() bool {
	if f.DryRun {
		return false
	}
	switch f.Metric {
	case deploy.CPU, deploy.Memory, deploy.Connections:
		return f.Known || f.Verdict == deploy.Unknown
	case deploy.ErrorRate, deploy.Availability, deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
	}
	return true
}

// gravity orders findings by how much they weigh in the whole.
func (f *found) gravity() int {
	switch f.Verdict {
	case deploy.Unhealthy:
		if f.Critical {
			return 5
		}
		return 4
	case deploy.Unknown:
		return 3
	case deploy.Inconclusive:
		return 2
	case deploy.Healthy:
	}
	return 1
}
