package main

import (
	"testing"

	"slipway/internal/deploy"
)

func TestScriptsThatAreHalfThereAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact              string
		form              form
		left              trace
		all               bool // it should have been applied
		half, twice, lost int
	}{
		{fact: "applied", form: grows, left: trace{done: 1, said: 1}, all: true},
		{fact: "an index that is valid", form: indexes, left: trace{done: 1, made: true, valid: true}, all: true},
		{fact: "not applied by a release that was sent back", form: grows},
		{fact: "an index half made by a release that was sent back", form: indexes, left: trace{running: 1, made: true}},
		{fact: "not applied", form: grows, all: true, lost: 1},
		{fact: "written down and not carried out", form: grows, left: trace{done: 1}, all: true, half: 1},
		{fact: "carried out and not written down", form: grows, left: trace{said: 1}, half: 1},
		{fact: "carried out twice", form: grows, left: trace{done: 1, said: 2}, all: true, twice: 1},
		{fact: "an index without its row", form: risks, left: trace{made: true, valid: true}, half: 1},
		{fact: "an index that is not valid", form: indexes, left: trace{done: 1, made: true}, all: true, half: 1},
		{fact: "an index that is still being made", form: indexes, left: trace{running: 1, made: true}, all: true, half: 1},
		{fact: "a transaction that is running for ever", form: grows, left: trace{running: 1}, half: 1},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			var got toll
			(&ledger{service: "service-1"}).checkScript(&got, "service-1-1", script{7, c.form}, c.left, c.all)
			if len(got.half) != c.half || len(got.duplicates) != c.twice || len(got.lost) != c.lost {
				t.Errorf("half %v, twice %v, lost %v", got.half, got.duplicates, got.lost)
			}
		})
	}
}

func TestWaysOfTheDataPhasesComeFirst(t *testing.T) {
	t.Parallel()
	all := matrix()
	dealt := alternate(all)
	seen := map[way]int{}
	for _, v := range all {
		seen[v]++
	}
	for _, v := range dealt {
		seen[v]--
	}
	for v, n := range seen {
		if n != 0 {
			t.Errorf("%s: dealt %d times too rarely", v, n)
		}
	}
	const early = 20
	n := 0
	for _, v := range dealt[:early] {
		if v.ofData() {
			n++
		}
	}
	if n != early/2 {
		t.Errorf("%d of the first %d are of the data phases", n, early)
	}
	for _, k := range []deploy.StepKind{deploy.KindGate, deploy.KindShift, deploy.KindConfirm} {
		if (way{kind: k}).ofData() {
			t.Errorf("%s is of no data phase", k)
		}
	}
}

func TestWhatMustBeZeroEndsARun(t *testing.T) {
	t.Parallel()
	good := func() *toll {
		x := &toll{pauses: 1}
		x.hit(way{kind: deploy.KindMigrate, point: "in-call"})
		return x
	}
	if err := good().verdict(); err != nil {
		t.Fatal(err)
	}
	half, doubled, none := good(), good(), &toll{pauses: 1}
	half.halfApplied("a script")
	doubled.doubled("a backup")
	none.hit(way{kind: deploy.KindShift, point: "in-call"})
	for fact, x := range map[string]*toll{"a script is half there": half, "there are two backups": doubled, "the data phases were not tried": none} {
		if x.verdict() == nil {
			t.Errorf("%s, and the run is good", fact)
		}
	}
}
