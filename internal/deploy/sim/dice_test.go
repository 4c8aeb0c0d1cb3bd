package sim_test

import (
	"strings"
	"sync"
	"time"
)

// dice gives random numbers that depend on the seed, on what is asked and how often that was asked before, and on
// nothing else.
type dice struct {
	seed uint64
	mu   sync.Mutex
	asks map[string]uint64
}

func newDice(seed uint64) *dice { return &dice{seed: seed, asks: map[string]uint64{}} }

// roll is a source of its own for one question.
func (d *dice) roll(about ...string) *roll {
	key := strings.Join(about, " ")
	d.mu.Lock()
	d.asks[key]++
	n := d.asks[key]
	d.mu.Unlock()
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return &roll{state: mix(d.seed) ^ mix(h) ^ mix(n*0x9e3779b97f4a7c15)}
}

// roll is SplitMix64.
type roll struct{ state uint64 }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *roll) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// below is from 0 to n-1.
func (r *roll) below(n int) int { return int(r.next() % uint64(n)) }

// one is true once in n times.
func (r *roll) one(n int) bool { return n > 0 && r.below(n) == 0 }

// between is a duration of its own, to the nanosecond.
func (r *roll) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.next()%uint64(most-least))
}

func pick[T any](r *roll, of ...T) T { return of[r.below(len(of))] }
