package providertest

// Trait is something that not every platform has. A fact that is about one is run only where it is there.
type Trait int

// The traits. A platform without any still has to hold every fact that is about none.
const (
	// Tags: people can name revisions in the traffic table, and what is named is kept warm, at an address of its own.
	Tags Trait = 1 << iota
	// Splits: any shares may be asked for, in any order; people can move them by hand.
	Splits
	// Versioned: a change carries what it was decided from, and is refused if that is no longer so.
	Versioned
	// Starts: Stage brings instances of a revision up, rather than only writing it down; else they come with traffic.
	Starts
	// Several revisions can be up without traffic at the same time, each of another release.
	Several
	// Addresses: the platform gives services and tags addresses of their own.
	Addresses
	// Scales: revisions have a number of instances, a concurrency and a time-out of requests.
	Scales
	// Gradual: a move of traffic takes a while, which the platform shows; where it is a weight of a rule it is so at once.
	Gradual

	// Any platform holds it.
	Any Trait = 0
	// All of them.
	All = Tags | Splits | Versioned | Starts | Several | Addresses | Scales | Gradual
)

func (t Trait) has(other Trait) bool { return t&other == other }
