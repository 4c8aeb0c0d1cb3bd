package deploy

import (
	"errors"
	"fmt"
	"time"
)

// A store that loses what it has confirmed (a failover to a copy that was behind, a restart from an older file) goes
// back in time, and everything in it looks as if the rest had never been. Three witnesses remain. Every commit has an
// epoch, and what is changed at a platform is marked with it: an epoch that the store may have given and does not
// remember (see Gap) proves that something was done which the journal does not know. A replica remembers how far it
// has seen each release. And traffic is where no release has put it. Each of them parks the release: people
// are asked, and until they say so nothing is done again.
//
// What only the store ever saw leaves no witness and needs none: doing it again does no harm outside. Words of people
// are lost with it.

// ErrWentBack is in the chain of an error that proves that the store has gone back in time.
var ErrWentBack = errors.New("the store has gone back in time")

// Gap is a range of epochs, without its ends, that a store may have given and forgotten: After is the last that it
// remembers from before it was restarted or replaced, Before the first it gave since.
type Gap struct{ After, Before Epoch }

// Has says whether e may have been forgotten.
func (g Gap) Has(e Epoch) bool { return g.After < e && e < g.Before }

// WentBack is the error of whoever finds the proof, and says what it is. People read it.
func WentBack(op, proof string) error {
	return &Error{Code: Fenced, Op: op, Err: ErrWentBack, Msg: "Redis has gone back in time: " + proof,
		Hint: "compare the thread with the traffic of the service, then resume, which goes on from what Redis remembers, or roll back"}
}

// Doubt parks r, which was seen at revision rev before and is not there any more. A release that goes back because a
// person said so goes on: doing it twice does no harm, and to wait with it does.
func Doubt(r Release, rev int64, now time.Time) (Release, []Entry) {
	r = r.Clone()
	if r.State.Terminal() || r.ReturnsOnWord() {
		return r, nil
	}
	err := WentBack("claim "+string(r.ID), fmt.Sprintf("%s was at revision %d and is at %d", r.ID, rev, r.Rev))
	return r, []Entry{r.enter(Parked, now, Slipway, Message(err)+"; "+Hint(err))}
}

// ReturnsOnWord says whether the release goes back because a person said so, and not by Slipway's own decision.
func (r *Release) ReturnsOnWord() bool { return r.State == RollingBack && r.By != Slipway }
