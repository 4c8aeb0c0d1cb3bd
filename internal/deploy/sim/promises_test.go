package sim_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
)

// judge sees every event at the moment it takes place, in the store and at the platform, and holds it against what
// Slipway promises. Whoever shows it something has locked it.
type judge struct {
	sync.Mutex
	w       *world
	faults  []string
	events  []string // what took place, in order
	drives  map[deploy.Epoch]deploy.ReleaseID
	newest  map[deploy.ReleaseID]deploy.Epoch
	heard   map[deploy.ReleaseID]time.Time // Redis time of the latest answer to an owner
	active  map[deploy.Target]deploy.ReleaseID
	effects map[deploy.ReleaseID][]deploy.StepName
}

func newJudge(w *world) *judge {
	return &judge{
		w: w, drives: map[deploy.Epoch]deploy.ReleaseID{}, newest: map[deploy.ReleaseID]deploy.Epoch{},
		heard: map[deploy.ReleaseID]time.Time{}, active: map[deploy.Target]deploy.ReleaseID{}, effects: map[deploy.ReleaseID][]deploy.StepName{},
	}
}

func (j *judge) event(format string, args ...any) {
	j.events = append(j.events, fmt.Sprintf("%s %s", time.Since(j.w.began), fmt.Sprintf(format, args...)))
}

func (j *judge) fault(format string, args ...any) {
	j.event("BROKEN: "+format, args...)
	j.faults = append(j.faults, fmt.Sprintf(format, args...))
}

// created: one release per target.
func (j *judge) created(r deploy.Release) {
	j.event("created %s %s %s", r.ID, r.Kind, r.Version)
	if holder := j.active[r.Target]; holder != "" {
		j.fault("%s was created while %s has %s", r.ID, holder, r.Target)
	}
	j.active[r.Target] = r.ID
}

// claimed: epochs only grow.
func (j *judge) claimed(by string, c deploy.Claim) {
	id := c.Release.ID
	j.event("%s claimed %s", by, id)
	for e := range j.drives {
		if e >= c.Epoch {
			j.fault("%s was given epoch %d, which is not newer than %d", by, c.Epoch, e)
		}
	}
	j.drives = map[deploy.Epoch]deploy.ReleaseID{c.Epoch: id}
	j.w.epochs[c.Epoch] = id
	j.newest[id], j.heard[id] = c.Epoch, c.Now
}

// committed: only the newest owner writes, a revision once, nothing after the end, and what it writes is lawful.
func (j *judge) committed(by string, before deploy.Release, c deploy.Commit) {
	after := c.Release
	for _, e := range c.Entries {
		j.event("%s wrote %s@%d %s %s %s %s", by, after.ID, before.Rev+1, e.Kind, e.Step, e.State, e.Text)
	}
	if c.Epoch != j.newest[after.ID] {
		j.fault("%s wrote %s under epoch %d, the newest is %d", by, after.ID, c.Epoch, j.newest[after.ID])
	}
	if after.Rev != before.Rev {
		j.fault("%s wrote revision %d of %s after %d", by, after.Rev+1, after.ID, before.Rev)
	}
	if before.State.Terminal() {
		j.fault("%s wrote to %s after it had %s", by, after.ID, before.State)
	}
	j.lawful(after)
	if !j.w.redisJumps {
		j.timely(before, after)
	}
	j.heard[after.ID] = j.w.redisTime()
	if after.State.Terminal() {
		delete(j.active, after.Target)
		j.ended(after)
	}
}

// lawful: steps in order, one at a time, each behind its gate.
func (j *judge) lawful(r deploy.Release) {
	for _, plan := range [][]deploy.Step{r.Steps, r.Back} {
		started := 0
		for i, s := range plan {
			if s.Status == deploy.Started {
				started++
			}
			if i == 0 || s.Status == deploy.Pending {
				continue
			}
			before := plan[i-1]
			if !before.Status.Ended() {
				j.fault("%s of %s began before %s had ended", s.Name, r.ID, before.Name)
			}
			if before.Kind == deploy.KindGate && (before.Status != deploy.Done || len(approvers(r, before)) < before.Needed) {
				j.fault("%s of %s began without its gate: %+v", s.Name, r.ID, before)
			}
		}
		if started > 1 {
			j.fault("%d steps of %s are in progress at once", started, r.ID)
		}
	}
}

// approvers is the different people, other than the requester, who said yes.
func approvers(r deploy.Release, gate deploy.Step) []deploy.UserID {
	var who []deploy.UserID
	for _, a := range gate.Approvals {
		if a.By != r.Requester && !slices.Contains(who, a.By) {
			who = append(who, a.By)
		}
	}
	return who
}

// tolerance is how wrong a replica may be about Redis time: it has to ask when it has not for longer.
const tolerance = 6 * time.Second

// timely: a bake or a gate begins now and ends when its time is up, by Redis time, whatever the clock of the replica says.
func (j *judge) timely(before, after deploy.Release) {
	now := j.w.redisTime()
	for i, s := range after.Steps {
		if s.Kind != deploy.KindBake && s.Kind != deploy.KindGate {
			continue
		}
		was := before.Steps[i]
		if was.Status == deploy.Pending && !s.Begun.IsZero() && (s.Begun.Before(j.heard[after.ID].Add(-tolerance)) || s.Begun.After(now.Add(tolerance))) {
			j.fault("%s of %s began at %s, and it is %s", s.Name, after.ID, s.Begun, now)
		}
		if s.Kind == deploy.KindBake && was.Status == deploy.Started && s.Status == deploy.Done && now.Before(was.Until.Add(-tolerance)) {
			j.fault("%s of %s ended %s early", s.Name, after.ID, was.Until.Sub(now))
		}
	}
}

// ended: where the traffic is at the end is what the end says.
func (j *judge) ended(r deploy.Release) {
	s := j.w.cloud.services[platformName(r.Target)]
	s.settle(time.Now())
	want := r.Facts.Baseline.Name
	if r.State == deploy.Succeeded {
		want = r.Facts.Candidate.Name
	}
	if want == "" { // it failed before it had looked
		return
	}
	if s.serves[want] != 100 || s.asked[want] != 100 {
		j.fault("%s is %s, and traffic is %v, on its way to %v; it should be on %s", r.ID, r.State, s.serves, s.asked, want)
	}
}

// staged and shifted: what changes the platform is the step in progress of a release that has not ended, once.
func (j *judge) staged(q deploy.StageRequest) {
	j.effect(q.Epoch, func(r deploy.Release) deploy.StepName { return "deploy/revision" })
}

func (j *judge) shifted(q deploy.ShiftRequest) {
	j.effect(q.Epoch, func(r deploy.Release) deploy.StepName {
		percent, ours := q.Shares[r.Facts.Candidate.Name]
		if !ours || r.Facts.Candidate.Name == "" {
			return "rollback/traffic"
		}
		return deploy.StepName(fmt.Sprintf("traffic/%d", percent))
	})
}

func (j *judge) effect(e deploy.Epoch, of func(deploy.Release) deploy.StepName) {
	r, err := j.w.store.Get(j.w.t.Context(), j.w.epochs[e])
	if err != nil {
		j.fault("a change under epoch %d, which nobody was given", e)
		return
	}
	name := of(r)
	j.event("%s took effect for %s", name, r.ID)
	if r.State.Terminal() {
		j.fault("%s took effect after %s had %s", name, r.ID, r.State)
	}
	if slices.Contains(j.effects[r.ID], name) {
		j.fault("%s took effect twice for %s", name, r.ID)
	}
	j.effects[r.ID] = append(j.effects[r.ID], name)
	for _, s := range slices.Concat(r.Steps, r.Back) {
		if s.Name == name && (s.Status == deploy.Pending || s.Status == deploy.Done) {
			j.fault("%s of %s took effect while it is %s", name, r.ID, s.Status)
		}
	}
	if name != "rollback/traffic" && len(r.Back) > 0 && r.Back[0].Status == deploy.Done {
		j.fault("%s of %s took effect after the traffic was back", name, r.ID)
	}
}

// final looks at a release once nothing moves any more: its journal has no gap, and what took place outside is what
// its plan says was done.
func (j *judge) final(r deploy.Release) {
	journal, err := j.w.store.Journal(j.w.t.Context(), r.ID, 0)
	if err != nil {
		j.fault("the journal of %s: %v", r.ID, err)
	}
	last := int64(0)
	for _, e := range journal {
		if e.Rev != last && e.Rev != last+1 {
			j.fault("the journal of %s goes from %d to %d", r.ID, last, e.Rev)
		}
		last = e.Rev
	}
	if last != r.Rev {
		j.fault("the journal of %s ends at %d, the release is at %d", r.ID, last, r.Rev)
	}
	for _, s := range slices.Concat(r.Steps, r.Back) {
		changes := s.Kind == deploy.KindRevision || s.Kind == deploy.KindShift
		if changes && s.Status == deploy.Done && !slices.Contains(j.effects[r.ID], s.Name) {
			j.fault("%s of %s is done and never took effect", s.Name, r.ID)
		}
	}
	if r.State.Terminal() {
		return
	}
	j.fault("%s never ends: it is %s (%s)", r.ID, r.State, r.Why)
}

// rests: without faults and without people, every release has ended or waits for people.
func (j *judge) rests(r deploy.Release) {
	if !slices.Contains([]deploy.State{deploy.Waiting, deploy.Paused, deploy.Parked}, r.State) {
		j.fault("%s is stuck: it is %s (%s) at %+v", r.ID, r.State, r.Why, r.Current())
	}
}
