package main

import (
	"math/rand/v2"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/cloudsql"
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

func TestEveryWayIsDealtAndThoseOfTheDataPhasesInTurn(t *testing.T) {
	t.Parallel()
	left := map[way]int{}
	for _, v := range matrix() {
		left[v]++
	}
	d := &deck{all: matrix, w: &world{rand: rand.New(rand.NewPCG(1, 2))}}
	for data, others := 0, 0; len(left) > 0; {
		hand := d.hand()
		v := hand[0]
		if v.ask {
			continue
		}
		if v.ofData() {
			data++
		} else {
			others++
		}
		if n := data + others; n <= 20 && max(data, others)-min(data, others) > 2 {
			t.Errorf("of the first %d, %d are of the data phases", n, data)
		}
		for _, other := range hand {
			if other.ofData() != v.ofData() || len(hand) > 1 && !other.atBoundary() {
				t.Errorf("%s is dealt together with %s", other, v)
			}
		}
		if left[v]--; left[v] < 0 {
			t.Fatalf("%s is dealt twice before all are", v)
		}
		if left[v] == 0 {
			delete(left, v)
		}
		d.back(false, hand[1:]...)
	}
	if len(d.cards) > 0 {
		t.Errorf("%d cards too many", len(d.cards))
	}
}

func TestWhatIsOfTheDataPhases(t *testing.T) {
	t.Parallel()
	for v, want := range map[way]bool{
		{kind: deploy.KindMigrate}: true, {kind: deploy.KindSettle}: true, {place: beforeBackup, fault: cloudsql.LateEffect}: true,
		{kind: deploy.KindConfirm}: false, {kind: deploy.KindShift}: false, {place: beforeDeploy, fault: cloudsql.LateEffect}: false, {ask: true}: false,
	} {
		if v.ofData() != want {
			t.Errorf("%s: %t", v, !want)
		}
	}
}

func TestWhatMustBeZeroEndsARun(t *testing.T) {
	t.Parallel()
	good := func() *toll {
		x := &toll{pauses: 1}
		x.hit(way{kind: deploy.KindMigrate, point: "in-call"})
		x.hit(way{kind: deploy.KindShift, point: "in-call", amazon: true})
		return x
	}
	if err := good().verdict(); err != nil {
		t.Fatal(err)
	}
	half, doubled, none, elsewhere, again := good(), good(), &toll{pauses: 1}, &toll{pauses: 1}, good()
	half.halfApplied("a script")
	doubled.doubled("a backup")
	none.hit(way{kind: deploy.KindShift, point: "in-call", amazon: true})
	elsewhere.hit(way{kind: deploy.KindMigrate, point: "in-call"})
	again.registered = 2
	for fact, x := range map[string]*toll{"a script is half there": half, "there are two backups": doubled, "the data phases were not tried": none,
		"ECS was not tried": elsewhere, "a release has registered two task definitions": again} {
		if x.verdict() == nil {
			t.Errorf("%s, and the run is good", fact)
		}
	}
}
