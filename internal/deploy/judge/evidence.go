package judge

// How sure one has to be. Each number is a chance of being wrong, for one look.
const (
	// sureBad is how unlikely a breach must be if the true rate is at the critical threshold: twenty looks at a version
	// exactly there take it back in less than one release of a hundred, and one that is better far more rarely.
	sureBad = 0.0005
	// sureWorse is the same for being worse than stable, which holds a release and takes nothing back.
	sureWorse = 0.005
	// sureGood is how unlikely the measurement must be at the critical threshold for a version to be healthy: 95 %.
	sureGood = 0.05
)

const (
	// fewest hits that make a breach. Tests take requests to be independent, and they are not: one client that asks for
	// the same broken thing again and again is no evidence about a version.
	fewest = 5
	// effect is the least share of pairs in which the candidate's request is the slower one. Of many requests the
	// slightest difference is beyond chance; below 0.6 nobody would notice it.
	effect = 0.6
	// normal is how many of each the normal approximation of Mann-Whitney's test takes.
	normal = 20
)

// beyond says whether the true rate is above limit for sure enough to take a version back. It needs no minimum of
// requests: a bad version with few falls by the number of its hits.
func (t tally) beyond(limit float64) bool {
	return t.hits >= fewest && t.rate() > limit && atLeast(t.hits, t.of, limit) <= sureBad
}

// below says whether the true rate is below limit for sure enough to call it healthy.
func (t tally) below(limit float64) bool {
	return t.of > 0 && t.rate() < limit && atMost(t.hits, t.of, limit) <= sureGood
}

// worse says whether the true rate of t is more than times that of stable, with a chance of being wrong of at most
// sure. Given how many hits both have together, those of t are binomial, whatever the rates themselves are; exact for
// rare hits, and on the safe side for frequent ones.
func (t tally) worse(stable tally, times, sure float64) bool {
	if t.hits < fewest || t.of == 0 || stable.of == 0 || times <= 0 {
		return false
	}
	weight := times * float64(t.of)
	return atLeast(t.hits, t.hits+stable.hits, weight/(weight+float64(stable.of))) <= sure
}

// shared says whether stable is beyond limit too, and t not worse than it: what breaks both is not the new version, and
// a rollback would not help.
func (t tally) shared(stable tally, limit float64) bool {
	return stable.of > 0 && stable.rate() > limit && atLeast(stable.hits, stable.of, limit) <= sureGood &&
		!t.worse(stable, 1, sureBad)
}
