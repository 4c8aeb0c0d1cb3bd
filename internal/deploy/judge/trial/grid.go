package trial

import "strconv"

// Enough is from how many requests on a healthy version should be known to be healthy.
const Enough = 1000

func volumes() []int { return []int{50, 200, 1_000, 5_000, 20_000} }

// AtLimit is a version whose error rate is exactly the critical one. It is neither healthy nor bad, and the hardest not
// to take back by chance; it is not in the grid.
func AtLimit() []Cell {
	var all []Cell
	for _, n := range volumes() {
		all = append(all, Cell{
			Kind: errorsKind, Name: percent(limit) + " fail", Requests: n,
			traffic: func() traffic { return newFailing(n, limit, usual) },
		})
	}
	return all
}

// Grid is what is tried.
func Grid() []Cell {
	var all []Cell
	for _, rate := range []float64{0, 0.0005, 0.001, 0.005, 0.02, 0.05, 0.2} {
		bad, stable := rate > limit, rate
		if bad {
			stable = usual
		}
		for _, n := range volumes() {
			all = append(all, Cell{
				Kind: errorsKind, Name: percent(rate) + " fail", Bad: bad, Requests: n,
				traffic: func() traffic { return newFailing(n, rate, stable) },
			})
		}
	}
	well := lognormal{usualMedian, usualSpread}
	for _, c := range []struct {
		name              string
		candidate, stable lognormal
		bad, relative     bool
	}{
		{"p99 386 ms, as stable", well, well, false, false},
		{"p99 1 s, as stable", reaching(critical / 2), reaching(critical / 2), false, false},
		{"p99 1.5 times the limit", reaching(1.5 * critical), well, true, false},
		{"p99 2 times the limit", reaching(2 * critical), well, true, false},
		{"p99 3 times the limit", reaching(3 * critical), well, true, false},
		{"all 2 times as slow as stable", lognormal{2 * usualMedian, usualSpread}, well, true, true},
	} {
		for _, n := range volumes() {
			all = append(all, Cell{
				Kind: latencyKind, Name: c.name, Bad: c.bad, Relative: c.relative, Requests: n,
				traffic: func() traffic { return newSlow(n, c.candidate, c.stable) },
			})
		}
	}
	return all
}

// Figures are the results of a grid in five percentages: the worst cell of each kind of mistake, and the mean of what
// was held.
type Figures struct {
	FalseRollback, Missed           float64 // the worst cell
	Held                            float64 // of healthy versions with at least Enough requests, on average
	PlainFalseRollback, PlainMissed float64 // the worst cell, without those that no threshold can see
}

// Sum is what results come to.
func Sum(results []Result) Figures {
	var f Figures
	cells := 0
	for _, r := range results {
		switch {
		case r.Bad:
			f.Missed = max(f.Missed, r.share(r.Judge.Promoted))
			if !r.Relative {
				f.PlainMissed = max(f.PlainMissed, r.share(r.Plain.Promoted))
			}
			continue
		case r.Requests >= Enough:
			f.Held += r.share(r.Judge.Held)
			cells++
		}
		f.FalseRollback = max(f.FalseRollback, r.share(r.Judge.RolledBack))
		f.PlainFalseRollback = max(f.PlainFalseRollback, r.share(r.Plain.RolledBack))
	}
	f.Held /= float64(max(cells, 1))
	return f
}

func (r *Result) share(n int) float64 { return 100 * float64(n) / float64(r.Runs) }

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 4, 64) + " %" }
