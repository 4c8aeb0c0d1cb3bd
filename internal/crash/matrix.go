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
}

func (w way) String() string {
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

// deck deals the ways in an order of the seed, every other of the data phases while there are any, and again in another
// order once all have been dealt. Every tenth time, a replica is asked to stop instead.
type deck struct {
	w     *world
	cards []way
	dealt int
}

func (d *deck) next() way {
	if d.dealt++; d.dealt%10 == 0 {
		return way{ask: true}
	}
	if len(d.cards) == 0 {
		d.cards = matrix()
		d.w.mu.Lock()
		d.w.rand.Shuffle(len(d.cards), func(i, j int) { d.cards[i], d.cards[j] = d.cards[j], d.cards[i] })
		d.w.mu.Unlock()
		d.cards = alternate(d.cards)
	}
	card := d.cards[0]
	d.cards = d.cards[1:]
	return card
}

// alternate puts a way of the data phases after each other way, in the order that they have.
func alternate(all []way) []way {
	var data, others, mixed []way
	for _, v := range all {
		if v.ofData() {
			data = append(data, v)
		} else {
			others = append(others, v)
		}
	}
	for len(data) > 0 && len(others) > 0 {
		mixed = append(mixed, data[0], others[0])
		data, others = data[1:], others[1:]
	}
	return slices.Concat(mixed, data, others)
}

// back takes a card that could not be played.
func (d *deck) back(c way) {
	if !c.ask {
		d.cards = slices.Insert(d.cards, len(d.cards), c)
	}
}
