package storetest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// attest attests items and fails the test unless fresh is as wanted.
func (b *bench) attest(t deploy.Target, by deploy.UserID, items map[string]time.Duration, event deploy.EventID, want bool) {
	b.Helper()
	fresh, err := b.Attest(b.ctx, t, by, items, event)
	b.ok(err)
	if fresh != want {
		b.Fatalf("attest %v under %q: fresh is %t", items, event, fresh)
	}
}

func (b *bench) attested(t deploy.Target) map[string]deploy.Attestation {
	b.Helper()
	all, err := b.Attested(b.ctx, t)
	b.ok(err)
	return all
}

var attestationFacts = []fact{
	{"an attestation counts from now, for as long as its item says", func(b *bench) {
		if all := b.attested(production); len(all) != 0 {
			b.Fatalf("at first there are %v", all)
		}
		r := b.create(production, "")
		b.advance(short)
		b.attest(production, "U0BOB", map[string]time.Duration{"security/cors": 720 * time.Hour, "data/backup": long}, "E1", true)
		all := b.attested(production)
		at := all["data/backup"].At
		if at.Before(r.Created.Add(short)) || at.After(r.Created.Add(long)) {
			b.Errorf("attested at %s, after %s", at, r.Created)
		}
		want := map[string]deploy.Attestation{
			"security/cors": {Item: "security/cors", By: "U0BOB", At: at, Until: at.Add(720 * time.Hour)},
			"data/backup":   {Item: "data/backup", By: "U0BOB", At: at, Until: at.Add(long)},
		}
		if diff := cmp.Diff(want, all); diff != "" {
			b.Error(diff)
		}
	}},
	{"a later attestation of an item takes the place of an earlier one, also when it counts for less", func(b *bench) {
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": 10 * long, "c/d": long}, "", true)
		before := b.attested(production)
		b.advance(short)
		b.attest(production, "U0CAROL, who signs as she likes", map[string]time.Duration{"a/b": long}, "", true)
		got := b.attested(production)
		if a := got["a/b"]; a.By != "U0CAROL, who signs as she likes" || a.At.Before(before["a/b"].At.Add(short)) || a.Until != a.At.Add(long) {
			b.Errorf("it was %+v, and is %+v", before["a/b"], a)
		}
		if diff := cmp.Diff(before["c/d"], got["c/d"]); diff != "" || len(got) != 2 {
			b.Errorf("the other of %v: %s", got, diff)
		}
	}},
	{"the same event counts once, whatever it says and whatever it was used for", func(b *bench) {
		r := b.create(production, "E1")
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": long}, "E3", true)
		for _, event := range []deploy.EventID{"E1", "E2", "E3"} {
			b.attest(production, "U0CAROL", map[string]time.Duration{"a/b": 2 * long, "c/d": long}, event, false)
		}
		if all := b.attested(production); len(all) != 1 || all["a/b"].By != "U0BOB" {
			b.Errorf("attested: %v", all)
		}
		fresh, err := b.Signal(b.ctx, r.ID, deploy.Signal{Kind: deploy.SignalResume}, "E3")
		if err != nil || fresh {
			b.Errorf("a signal under the event of an attestation: fresh is %t, %v", fresh, err)
		}
		_, err = b.Create(b.ctx, Release(production), "E3")
		b.refused(err, deploy.NotFound) // it was about no release
		b.attest(production, "U0BOB", map[string]time.Duration{"c/d": long}, "E4", true)
	}},
	{"what is said about one target says nothing about another", func(b *bench) {
		for i, t := range []deploy.Target{production, staging, elsewhere} {
			b.attest(t, deploy.UserID(fmt.Sprint("U", i)), map[string]time.Duration{"a/b": long, fmt.Sprint("only/", i): long}, deploy.EventID(fmt.Sprint("E", i)), true)
		}
		for i, t := range []deploy.Target{production, staging, elsewhere} {
			all := b.attested(t)
			if _, own := all[fmt.Sprint("only/", i)]; len(all) != 2 || !own || all["a/b"].By != deploy.UserID(fmt.Sprint("U", i)) {
				b.Errorf("%s: %v", t, all)
			}
		}
	}},
	{"what has expired is still told", func(b *bench) {
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": short, "c/d": long}, "", true)
		b.advance(2 * short)
		b.attest(production, "U0BOB", map[string]time.Duration{"e/f": long}, "", true)
		all := b.attested(production)
		if a := all["a/b"]; len(all) != 3 || !a.Until.Before(all["e/f"].At) || a.Until != a.At.Add(short) {
			b.Errorf("attested: %v", all)
		}
	}},
	{"nothing, and what would never count, is refused with all that came with it", func(b *bench) {
		for _, items := range []map[string]time.Duration{nil, {}, {"a/b": long, "c/d": 0}, {"a/b": long, "c/d": -long}, {"": long}} {
			_, err := b.Attest(b.ctx, production, "U0BOB", items, "E1")
			b.refused(err, deploy.Invalid)
		}
		if all := b.attested(production); len(all) != 0 {
			b.Errorf("attested: %v", all)
		}
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": long}, "E1", true) // the event of a refusal is not used up
	}},
	{"an attestation neither needs nor touches a release", func(b *bench) {
		r := b.create(production, "E1")
		before, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		b.settle(r.ID, "a")
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": long}, "E2", true)
		after, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		if diff := cmp.Diff(before, after); diff != "" || len(b.announce()) != 0 {
			b.Errorf("due: %v; %s", b.announce(), diff)
		}
	}},
	{"of many at once all land", func(b *bench) {
		fresh := together(b, 12, func(i int) bool {
			fresh, err := b.Attest(b.ctx, production, "U0BOB", map[string]time.Duration{fmt.Sprint("a/", i): long, "a/b": long}, deploy.EventID(fmt.Sprint("E", i%6)))
			if err != nil {
				b.Error(err)
			}
			return fresh
		})
		if all := b.attested(production); fresh != 6 || len(all) != 7 {
			b.Errorf("%d are fresh, attested: %v", fresh, all)
		}
	}},
}
