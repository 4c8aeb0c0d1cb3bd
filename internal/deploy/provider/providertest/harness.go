package providertest

import (
	"slipway/internal/deploy"
)

// Image is something that can be staged.
type Image struct {
	Ref     string // by digest
	Version string // given to it as its VERSION variable
}

// Harness is a platform made for one case, with one service on it.
type Harness struct {
	// Connect makes a new client of the platform, as another process would have. It is closed with the test.
	Connect func() deploy.Platform
	// Service is settled. Where the platform knows such a thing, its traffic follows the newest revision, so that
	// an adapter that forgets to pin it is found out.
	Service deploy.ServiceRef
	// Baseline is the revision with all of the traffic.
	Baseline deploy.RevisionName
	// Image starts well, and so does Other. Missing is in no registry; Crashing ends before it listens.
	Image, Other, Missing, Crashing Image
	// MissingWords and CrashingWords are part of what the platform says of these images.
	MissingWords, CrashingWords string
	// UserTag is a tag that a person has put on the baseline, where people can.
	UserTag string

	// Has is what this platform has beyond what all have.
	Has Trait
	// Shares are those that a candidate may be asked for one after the other; the last is 100.
	Shares []int
	// Kind is what a release means to do, with these shares.
	Kind deploy.StrategyKind
	// Pauses: a change that waits to be told to go on is at rest.
	Pauses bool
	// Sizes are settings that it knows: a CPU and a larger one, a memory that fits both, and two references to a secret.
	Sizes Sizes

	Levers
}

// Sizes are settings in a platform's own words.
type Sizes struct {
	CPU, MoreCPU, Memory  string
	Secret, AnotherSecret string
}

// Levers is what the platform can be made to do. Changes take their time: they stay in progress until Finish.
type Levers interface {
	// Finish lets whatever is in progress come to its end.
	Finish()
	// LoseAnswer has the next write take effect without its answer arriving.
	LoseAnswer()
	// Contend has somebody else change the service between the read and the write of the next n writes.
	Contend(n int)
	// Forbid refuses every call from now on for want of rights; Down fails it as unavailable; Hang leaves it
	// unanswered.
	Forbid()
	Down()
	Hang()
	// Heal ends what LoseAnswer, Contend, Forbid, Down and Hang began.
	Heal()
	// MoveTraffic is a person who sets shares by hand, at once. Tags stay.
	MoveTraffic(shares map[deploy.RevisionName]int)
	// Changes counts the calls that changed something at the platform, whatever was answered. What the levers do
	// themselves does not count.
	Changes() int
}

// request asks for the n-th revision of the case, made from img.
func (h Harness) request(n int, img Image) deploy.StageRequest {
	return deploy.StageRequest{
		Service:   h.Service,
		Candidate: deploy.CandidateName(h.Service.Name, n, 1),
		Tag:       deploy.CandidateTag(n),
		Image:     img.Ref,
		Settings:  deploy.Settings{Env: map[string]string{"VERSION": img.Version}},
		Baseline:  h.Baseline,
		Labels:    map[string]string{"slipway-release": "r" + deploy.CandidateTag(n)},
		Rollout:   deploy.Rollout{Kind: h.Kind, Shares: h.Shares},
	}
}

// first is the first share that a candidate may be asked for, and the rest for the baseline.
func (h Harness) first(candidate deploy.RevisionName) map[deploy.RevisionName]int {
	return h.split(candidate, h.Shares[0])
}

func (h Harness) split(candidate deploy.RevisionName, percent int) map[deploy.RevisionName]int {
	return map[deploy.RevisionName]int{h.Baseline: 100 - percent, candidate: percent}
}
