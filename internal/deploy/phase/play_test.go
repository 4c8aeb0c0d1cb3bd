package phase_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// play is one release in this world.
type play struct {
	*world
	r       deploy.Release
	journal []deploy.Entry
}

func (w *world) release(version string) *play {
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: version, Spec: w.spec(version)})
}

func (w *world) ask(a deploy.Ask) *play {
	w.t.Helper()
	a.Target, a.Requester = deploy.Target{Service: "coditect-app", Environment: "production"}, "U0ALICE"
	r, err := deploy.NewRelease(a)
	if err != nil {
		w.t.Fatal(err)
	}
	w.number++
	r.ID, r.Number = deploy.NewReleaseID("coditect-app", w.number), w.number
	r.Created, r.Since = w.clock.Now(), w.clock.Now()
	return &play{world: w, r: r}
}

// until carries the release on, as the engine does, until it is about to act on stop, waits for people, or ends.
func (p *play) until(stop deploy.StepName) *play {
	p.t.Helper()
	return p.carry(stop, func() bool { return true })
}

// while carries the release on for as long as more says so, as until.
func (p *play) while(more func() bool) *play {
	p.t.Helper()
	return p.carry(nowhere, more)
}

// waits carries the release on until it is in the middle of a step that takes no act.
func (p *play) waits(in deploy.StepName) *play {
	p.t.Helper()
	return p.while(func() bool { cur := p.r.Current(); return cur == nil || cur.Name != in || cur.Status == deploy.Pending })
}

// nowhere is no step: with it a release is carried on even while it is paused, for as long as looks are made.
const nowhere deploy.StepName = "nowhere"

func (p *play) carry(stop deploy.StepName, more func() bool) *play {
	p.t.Helper()
	for range 3000 {
		if !more() {
			return p
		}
		r, entries, a := deploy.Decide(p.r, p.clock.Now())
		p.r, p.journal = r, append(p.journal, entries...)
		switch {
		case !more(), a.Do == deploy.End, a.Do == deploy.Act && a.Step == stop, a.Do == deploy.Wait && a.Until.IsZero(),
			a.Do == deploy.Wait && a.Step == "" && stop != nowhere:
			return p
		case a.Do == deploy.Wait:
			p.wait(a.Until.Sub(p.clock.Now()))
		case a.Do == deploy.See:
			p.see()
		default:
			p.act()
		}
	}
	p.t.Fatalf("the release goes in circles at %+v\n%s", p.r.Current(), p.story())
	return p
}

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	w.clock.Advance(d)
	if w.passed != nil {
		w.passed()
	}
}

func (p *play) act() {
	p.t.Helper()
	p.run(*p.r.Current())
}

// see makes a look, as the engine does.
func (p *play) see() {
	p.t.Helper()
	p.run(deploy.Step{Name: deploy.WatchName, Kind: deploy.KindWatch, Status: deploy.Started, Begun: p.clock.Now()})
}

func (p *play) run(step deploy.Step) {
	p.t.Helper()
	run := func() (deploy.Outcome, error) { return p.runners[step.Kind].Run(p.t.Context(), p.r.Clone(), step) }
	var before *deploy.Outcome
	if p.around != nil && p.around(step) {
		if out, err := run(); err == nil {
			before = &out
		}
		if p.between != nil {
			p.between()
		}
	}
	out, err := run()
	if before != nil && err == nil {
		p.alike(*before, out)
	}
	r, entries := deploy.Conclude(p.r, step.Name, out, err, p.clock.Now())
	p.r, p.journal = r, append(p.journal, entries...)
}

// alike checks that what was found out twice from the same facts is the same.
func (p *play) alike(before, after deploy.Outcome) {
	p.t.Helper()
	if diff := cmp.Diff(before.Incident, after.Incident); diff != "" {
		p.t.Errorf("the evidence differs the second time (-before +after):\n%s", diff)
	}
	if before.Look == nil || after.Look == nil {
		return
	}
	before.Look.Way, after.Look.Way = deploy.Way{}, deploy.Way{}
	if diff := cmp.Diff(before.Look, after.Look); diff != "" {
		p.t.Errorf("the look differs the second time (-before +after):\n%s", diff)
	}
}

func (p *play) end() *play {
	p.t.Helper()
	p.until("")
	return p
}

func (p *play) say(s deploy.Signal) *play {
	r, entries := deploy.Apply(p.r, s, p.clock.Now())
	p.r, p.journal = r, append(p.journal, entries...)
	return p
}

// is checks the state, and that its reason says each of words.
func (p *play) is(state deploy.State, words ...string) *play {
	p.t.Helper()
	if p.r.State != state {
		p.t.Fatalf("the release is %s (%s), want %s\n%s", p.r.State, p.r.Why, state, p.story())
	}
	for _, w := range words {
		if !strings.Contains(p.r.Why, w) {
			p.t.Errorf("the reason does not say %q: %s", w, p.r.Why)
		}
	}
	return p
}

// tells checks that the journal says each of words.
func (p *play) tells(words ...string) *play {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.story(), w) {
			p.t.Errorf("the journal does not say %q:\n%s", w, p.story())
		}
	}
	return p
}

func (p *play) story() string {
	var b strings.Builder
	for _, e := range p.journal {
		fmt.Fprintf(&b, "%s %s %s %s %s\n", e.At.Format("15:04:05"), e.Kind, e.Step, e.State, e.Text)
	}
	return b.String()
}

// ran checks that every step that takes an act, forward and back, is among those that were run.
func (p *play) ran(kinds map[deploy.StepKind]bool) {
	p.t.Helper()
	for _, s := range slices.Concat(p.r.Steps, p.r.Back) {
		if p.runners[s.Kind] != nil && !kinds[s.Kind] {
			p.t.Errorf("%s was not run", s.Name)
		}
	}
}
