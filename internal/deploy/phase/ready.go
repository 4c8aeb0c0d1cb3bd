package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	readyPause  = 15 * time.Second // between two looks at what is open
	readyWithin = 30 * time.Second // for one look; what was not proved by then is not proved
	checkWithin = 25 * time.Second // for a check that proves something, of that
	mostNamed   = 3                // open items that a note names
)

// ready looks how far the checklist has come and what the image policy objects to. People's words are read anew each
// time, since they expire; what machines prove is looked at again only where it was open. It goes on until nothing is
// open any more.
func (p Ports) ready(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	l := &looking{Ports: p, r: r, now: p.now(s)}
	within, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	words, err := l.words(within)
	if err != nil {
		return deploy.Outcome{}, err
	}
	found := l.look(within, words)
	if ctx.Err() != nil {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Op: "look at the checklist", Msg: "the look was broken off", Err: ctx.Err()}
	}
	ready, err := l.sum(found)
	if err != nil {
		return deploy.Outcome{}, err
	}
	left := ready
	left.Open = slices.DeleteFunc(slices.Clone(ready.Open), r.Passes)
	left.Waived = len(ready.Open) - len(left.Open)
	out := deploy.Outcome{Facts: r.Facts, Ready: &ready, Note: readyNote(left)}
	if len(left.Open) > 0 {
		out.Again = readyPause
	}
	return out, nil
}

// looking is one look.
type looking struct {
	Ports

	r       deploy.Release
	now     time.Time
	picture image
}

// standing is how one item stands.
type standing int

const (
	open standing = iota
	proved
	attested
	waived
)

// finding is what became of one item, or of one rule of the image policy.
type finding struct {
	item deploy.OpenItem
	is   standing
	err  error // it could not be told, or a machine has found something else
}

// wasOpen says whether something is to be proved: it was open at the last look, or there was none.
func (l *looking) wasOpen(open func(key string) bool) bool {
	return l.r.Readiness == nil || slices.ContainsFunc(l.r.Readiness.Open, func(o deploy.OpenItem) bool { return open(o.Key) })
}

// words are what people have attested, if any item is for people to attest.
func (l *looking) words(ctx context.Context) (map[string]deploy.Attestation, error) {
	asked := slices.ContainsFunc(l.r.Spec.Items, func(i deploy.Item) bool { return i.Prove == nil })
	store := l.Attested
	if !asked || store == nil {
		return nil, nil
	}
	return store.Attested(ctx, l.r.Target)
}

// look finds out about all items at the same time: first the rules of the image policy that are not kept, then the
// items in the order of the checklist.
func (l *looking) look(ctx context.Context, words map[string]deploy.Attestation) []finding {
	items := make([]finding, len(l.r.Spec.Items))
	var rules []finding
	var proofs together
	if l.r.Spec.Images != nil && l.wasOpen(isOfImage) {
		proofs.begin(func() { rules = l.rules(ctx) })
	}
	for i, item := range l.r.Spec.Items {
		f := &items[i]
		f.item = deploy.OpenItem{Key: item.Key, Group: item.Group, Text: item.Text, Owner: item.Owner}
		_, passes := l.r.Waived(item.Key)
		switch {
		case passes:
			f.is = waived
		case item.Prove == nil:
			l.attest(f, words)
		case !l.wasOpen(func(key string) bool { return key == item.Key }):
			f.is = proved
		default:
			proofs.begin(func() {
				if f.err = l.prove(ctx, *item.Prove); f.err == nil {
					f.is = proved
				}
			})
		}
	}
	proofs.wait()
	return slices.Concat(rules, l.passed(rules), items)
}

// passed are the rules of the image policy that were waived, and object to nothing else now.
func (l *looking) passed(open []finding) []finding {
	var list []finding
	for _, w := range l.r.Waivers {
		rule, is := strings.CutPrefix(w.Item, deploy.AboutImage)
		if !is || slices.ContainsFunc(open, func(f finding) bool { return f.item.Key == w.Item }) {
			continue
		}
		item := ruleItem(rule)
		if why, more := strings.CutPrefix(w.Text, item.Text+": "); more {
			item.Why = why
		}
		list = append(list, finding{item: item, is: waived})
	}
	return list
}

// attest looks for a person's word.
func (l *looking) attest(f *finding, words map[string]deploy.Attestation) {
	word, said := words[f.item.Key]
	if said && l.now.Before(word.Until) {
		f.is = attested
		return
	}
	f.item.Attest = true
	switch {
	case l.Attested == nil:
		f.item.Attest, f.item.Why = false, "this Slipway keeps nobody's word"
	case said:
		f.item.Why = fmt.Sprintf("attested by %s until %s, expired", word.By, word.Until.UTC().Format("2 Jan 2006 15:04 UTC"))
	}
}

// sum counts. What was waived is among what is open: deploy.Conclude takes it out. What is a defect, or says that
// another replica has taken over, is no state of an item.
func (l *looking) sum(found []finding) (deploy.Readiness, error) {
	ready := deploy.Readiness{Total: len(l.r.Spec.Items)}
	for _, f := range found {
		switch f.is {
		case proved:
			ready.Proved++
		case attested:
			ready.Attested++
		case waived, open:
			if code := deploy.CodeOf(f.err); code == deploy.Internal || code == deploy.Fenced {
				return deploy.Readiness{}, f.err
			}
			if f.err != nil {
				f.item.Why = instead(f.err)
			}
			if isOfImage(f.item.Key) {
				ready.Total++
			}
			ready.Open = append(ready.Open, f.item)
		}
	}
	return ready, nil
}

// instead is why an item is open, in one line.
func instead(err error) string {
	text := brief(strings.Join(strings.Fields(told(err)), " "))
	if deploy.Retryable(err) {
		return "cannot be told now: " + text
	}
	return text
}

// readyNote is 41 of 45; open: security/cors, testing/load and 2 more.
func readyNote(r deploy.Readiness) string {
	if r.Total == 0 {
		return "the image keeps its policy"
	}
	text := fmt.Sprintf("%d of %d", r.Good(), r.Total)
	if len(r.Open) > 0 {
		var keys []string
		for _, o := range r.Open[:min(len(r.Open), mostNamed)] {
			keys = append(keys, o.Key)
		}
		text += "; open: " + strings.Join(keys, ", ")
		if more := len(r.Open) - mostNamed; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		return text
	}
	var kinds []string
	for _, k := range []struct {
		n    int
		what string
	}{{r.Attested, "attested"}, {r.Proved, "proved"}, {r.Waived, "waived"}} {
		if k.n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	return text + " (" + strings.Join(kinds, ", ") + ")"
}
