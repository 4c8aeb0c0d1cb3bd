package main

import (
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/cloudsql"
)

// place is a moment of a story just before a person's word sets the next change at the cloud off.
type place string

const (
	beforeDeploy  place = "deploy"      // creates the revision
	beforeShift   place = "shift"       // sends 50 %
	beforeLast    place = "last-shift"  // sends 100 %
	beforeReturn  place = "return"      // in the middle of the canary
	beforeComeOff place = "return-late" // after the release had succeeded
	beforeBackup  place = "backup"      // asks for a backup
	beforeScript  place = "script"      // runs a script in a transaction
	beforeIndex   place = "index"       // makes an index outside of one
)

// What happens to a script at the database: it is held up in the middle, and the replica dies there. What it had begun is
// let go on at once, although nobody is there any more, or once the server has noticed that.
const (
	heldShortly = "held shortly"
	heldLong    = "held long"
)

var atDatabase = []place{beforeBackup, beforeScript, beforeIndex}

// way to end a replica: at a boundary of its engine, or when the cloud has a call of it, or by asking it to.
type way struct {
	kind  deploy.StepKind
	point engine.Point

	place place
	fault string

	ask bool

	amazon bool // in the world of the services at ECS
}

func (w way) String() string {
	if w.amazon && w.fault == "" {
		return "ecs " + string(w.kind) + " " + string(w.point)
	}
	switch {
	case w.ask:
		return "asked to stop"
	case w.fault != "":
		return string(w.place) + " " + w.fault
	}
	return string(w.kind) + " " + string(w.point)
}

// The kinds of steps of a deploy and of a rollback: those that act, and those that only wait. A look is of no plan, and
// has no boundaries but those of its call.
var (
	ofData = []deploy.StepKind{deploy.KindBackup, deploy.KindSnapshot, deploy.KindMeasure, deploy.KindMigrate, deploy.KindExamine, deploy.KindSettle}
	acting = []deploy.StepKind{deploy.KindService, deploy.KindImage, deploy.KindReady, deploy.KindPropose, deploy.KindConfirm,
		deploy.KindRevision, deploy.KindHealth, deploy.KindSmoke, deploy.KindLoad, deploy.KindShift,
		deploy.KindValidate, deploy.KindFunctional, deploy.KindRetire, deploy.KindReturn, deploy.KindVerify, deploy.KindIncident}
	waiting = []deploy.StepKind{deploy.KindGate, deploy.KindBake, deploy.KindObserve}
	looking = deploy.KindWatch
)

// atBoundary says whether it is one of the engine's.
func (w way) atBoundary() bool { return !w.ask && w.fault == "" }

// ofData says whether it is about the database.
func (w way) ofData() bool {
	return slices.Contains(ofData, w.kind) || slices.Contains(atDatabase, w.place)
}

// matrix is every boundary of every kind of step, and each change at the cloud in the middle and with its answer
// lost. A call in the middle lands before or after the successor looks: the cloud carries it out in any case. One that
// asks for a backup lands before: Cloud SQL has nothing by which the one that comes late could be refused.
func matrix() []way {
	var all []way
	for _, p := range []engine.Point{engine.BeforeIntent, engine.AfterIntent, engine.InCall, engine.AfterCall, engine.BeforeOutcome, engine.AfterOutcome} {
		for _, k := range slices.Concat(acting, ofData) {
			all = append(all, way{kind: k, point: p})
		}
		if p == engine.InCall || p == engine.AfterCall {
			all = append(all, way{kind: looking, point: p})
			continue
		}
		for _, k := range waiting {
			all = append(all, way{kind: k, point: p})
		}
	}
	for _, at := range []place{beforeDeploy, beforeShift, beforeLast, beforeReturn, beforeComeOff} {
		for _, f := range []string{cloudrun.LateEffect, cloudrun.LateAnswer} {
			all = append(all, way{place: at, fault: f})
		}
	}
	for _, f := range []string{cloudsql.LateEffect, cloudsql.LateAnswer, cloudsql.LoseAnswer} {
		all = append(all, way{place: beforeBackup, fault: f})
	}
	for _, f := range []string{heldShortly, heldLong} {
		all = append(all, way{place: beforeScript, fault: f}, way{place: beforeIndex, fault: f})
	}
	return all
}

// deck deals the ways in an order of the seed, those of the data phases and the others in turn, and again in another order
// once all have been dealt. Every tenth time, a replica is asked to stop instead.
type deck struct {
	w     *world
	all   func() []way
	cards []way
	dealt int
	turn  int // without those in which one is asked to stop
}

// mostAtOnce is how many boundaries wait for a replica at the same time: rare ones would be waited for alone otherwise.
const mostAtOnce = 6

// hand is what is tried next: one way alone, or some of the boundaries of which whichever a replica comes to first is
// where it dies.
func (d *deck) hand() []way {
	if d.dealt++; d.dealt%10 == 0 {
		return []way{{ask: true}}
	}
	if len(d.cards) == 0 {
		d.cards = d.all()
		d.w.mu.Lock()
		d.w.rand.Shuffle(len(d.cards), func(i, j int) { d.cards[i], d.cards[j] = d.cards[j], d.cards[i] })
		d.w.mu.Unlock()
	}
	data := d.turn%2 == 0
	d.turn++
	if !slices.ContainsFunc(d.cards, func(v way) bool { return v.ofData() == data }) {
		data = !data
	}
	var hand []way
	d.cards = slices.DeleteFunc(d.cards, func(v way) bool {
		first := len(hand) == 0
		take := v.ofData() == data && (first || hand[0].atBoundary() && v.atBoundary() && len(hand) < mostAtOnce)
		if take {
			hand = append(hand, v)
		}
		return take
	})
	return hand
}

// back takes cards that were not played, to be dealt next, or if their moment did not come in a while after the others.
func (d *deck) back(last bool, cards ...way) {
	cards = slices.DeleteFunc(cards, func(v way) bool { return v.ask })
	if last {
		d.cards = append(d.cards, cards...)
	} else {
		d.cards = slices.Insert(d.cards, 0, cards...)
	}
}
