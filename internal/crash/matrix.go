package main

import (
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/sandbox/cloudrun"
)

// place is a moment of a story just before a person's word sets the next change at the cloud off.
type place string

const (
	beforeDeploy  place = "deploy"      // creates the revision
	beforeShift   place = "shift"       // sends 50 %
	beforeLast    place = "last-shift"  // sends 100 %
	beforeReturn  place = "return"      // in the middle of the canary
	beforeComeOff place = "return-late" // after the release had succeeded
)

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
	acting = []deploy.StepKind{deploy.KindService, deploy.KindImage, deploy.KindReady, deploy.KindPropose,
		deploy.KindRevision, deploy.KindHealth, deploy.KindSmoke, deploy.KindLoad, deploy.KindShift,
		deploy.KindValidate, deploy.KindFunctional, deploy.KindRetire, deploy.KindReturn, deploy.KindVerify, deploy.KindIncident}
	waiting = []deploy.StepKind{deploy.KindGate, deploy.KindBake, deploy.KindObserve}
	looking = deploy.KindWatch
)

// matrix is every boundary of every kind of step, and each change at the cloud in the middle and with its answer
// lost. A call in the middle lands before or after the successor looks: the cloud carries it out in any case.
func matrix() []way {
	var all []way
	for _, p := range []engine.Point{engine.BeforeIntent, engine.AfterIntent, engine.InCall, engine.AfterCall, engine.BeforeOutcome, engine.AfterOutcome} {
		for _, k := range acting {
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
	return all
}

// deck deals the ways in an order of the seed, and again in another once all have been dealt. Every tenth time, a
// replica is asked to stop instead.
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
	}
	card := d.cards[0]
	d.cards = d.cards[1:]
	return card
}

// back takes a card that could not be played.
func (d *deck) back(c way) {
	if !c.ask {
		d.cards = slices.Insert(d.cards, len(d.cards), c)
	}
}
