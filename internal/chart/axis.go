package chart

import (
	"math"
	"time"
)

// tick is a number beside an axis.
type tick struct {
	at    float64
	label string
}

// evenly are numbers from 0 to hi, at most most of them, at 1, 2 or 5 times a power of ten.
func evenly(hi float64, most int, label func(float64) string) (ticks []tick) {
	step := math.Pow(10, math.Floor(math.Log10(hi/float64(most))))
	for _, times := range []float64{1, 2, 5, 10} {
		if hi/(step*times) < float64(most) {
			step *= times
			break
		}
	}
	for i := 0; float64(i)*step <= hi*(1+1e-9); i++ {
		ticks = append(ticks, tick{at: float64(i) * step, label: label(float64(i) * step)})
	}
	return ticks
}

// byPowers are numbers from lo to hi for a logarithmic axis, at most most of them: 1, 2 and 5 times each power of ten,
// or 1 and 3 times, or some of the powers.
func byPowers(lo, hi float64, most int, label func(float64) string) (ticks []tick) {
	first, end := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	for every := 1; ; every++ {
		for _, times := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			if every > 1 && len(times) > 1 {
				continue
			}
			ticks = nil
			for power := first; power <= end; power += every {
				for _, t := range times {
					if at := t * math.Pow(10, float64(power)); at >= lo && at <= hi {
						ticks = append(ticks, tick{at: at, label: label(at)})
					}
				}
			}
			if len(ticks) <= most {
				return ticks
			}
		}
	}
}

// times are the distances that people read a clock in.
var times = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// clock are round times between from and to, at most most of them, in seconds after zero. Where there are days to
// tell apart they are named.
func clock(zero, from, to time.Time, most int) (ticks []tick) {
	every := times[len(times)-1]
	for _, d := range times {
		if to.Sub(from)/d < time.Duration(most) {
			every = d
			break
		}
	}
	for to.Sub(from)/every >= time.Duration(most) {
		every += 24 * time.Hour
	}
	form := "15:04:05"
	switch {
	case every >= 24*time.Hour:
		form = "2 Jan"
	case from.UTC().YearDay() != to.UTC().YearDay() && every >= time.Hour:
		form = "2 Jan 15:04"
	}
	at := from.UTC().Truncate(every)
	if at.Before(from) {
		at = at.Add(every)
	}
	for ; !at.After(to); at = at.Add(every) {
		ticks = append(ticks, tick{at: at.Sub(zero).Seconds(), label: at.Format(form)})
	}
	return ticks
}
