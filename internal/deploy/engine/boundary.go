package engine

import "slipway/internal/deploy"

// Point is a moment in the life of a step. Between any two of them the process may die; what has to hold then is
// what Options.Boundary is there to test.
type Point string

const (
	BeforeIntent  Point = "before-intent"  // the step is to begin, and only this process knows
	AfterIntent   Point = "after-intent"   // that it begins is stored, nothing has been done
	InCall        Point = "in-call"        // its runner is being called
	AfterCall     Point = "after-call"     // its runner has returned, and only this process knows with what
	BeforeOutcome Point = "before-outcome" // the step has ended, and only this process knows
	AfterOutcome  Point = "after-outcome"  // its end is stored
)

// pass tells Options.Boundary that the step of a kind is at a point.
func (e *Engine) pass(k deploy.StepKind, p Point) {
	if e.opts.Boundary != nil {
		e.opts.Boundary(k, p)
	}
}

// passAll does so for the beginnings and ends of steps among entries: where they stand before or after their commit.
func (s *session) passAll(entries []deploy.Entry, beginning, ending Point) {
	if s.e.opts.Boundary == nil {
		return
	}
	for _, entry := range entries {
		kind, known := s.kind(entry.Step)
		switch entry.Kind {
		case deploy.EntryIntent, deploy.EntryAsked:
			if known {
				s.e.pass(kind, beginning)
			}
		case deploy.EntryOutcome, deploy.EntryFailure, deploy.EntryApproved:
			if known {
				s.e.pass(kind, ending)
			}
		default: // no boundary of a step
		}
	}
}

func (s *session) kind(name deploy.StepName) (deploy.StepKind, bool) {
	for _, plan := range [][]deploy.Step{s.release.Steps, s.release.Back} {
		for _, step := range plan {
			if step.Name == name {
				return step.Kind, true
			}
		}
	}
	return "", false
}
