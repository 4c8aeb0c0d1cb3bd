package monitoring

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// levels are the series of what is so at the end of each sampling period. Under the revision's mu.
func (s *Server) levels(k *kind, key revisionKey, r *revision, in span) []*series {
	if len(r.levels) == 0 {
		return nil
	}
	busy := map[int64]int64{}
	for _, p := range r.periods {
		for _, c := range p.cells {
			busy[p.index] += c.latency.count
		}
	}
	var states []string
	if k.name == InstanceCount {
		states = []string{"active", "idle"}
	}
	out := []*series{s.about(k, key, nil)}
	for i, state := range states {
		out = append(out[:i], s.about(k, key, map[string]string{"state": state}))
	}
	s.eachPeriod(r.levels[0].at, in, func(index int64, p point) {
		l := r.at(p.to)
		if l.instances == 0 {
			return
		}
		switch k.name {
		case InstanceCount:
			counts := []int64{int64(l.instances), 0}
			if busy[index] == 0 {
				slices.Reverse(counts)
			}
			for i, x := range out {
				x.points = append(x.points, point{p.to, p.to, value{whole: counts[i]}})
			}
		case CPUUtilizations:
			p.value.dist = used(l.instances, cmp.Or(l.cpu, loaded(busy[index], l.instances, s.opts.Period)))
			out[0].points = append(out[0].points, p)
		case MemUtilizations:
			p.value.dist = used(l.instances, cmp.Or(l.memory, idleMemory))
			out[0].points = append(out[0].points, p)
		}
	})
	return out
}

const (
	// idleMemory is what the sample application says of itself under /health/live: 450MB of 2GB.
	idleMemory = 0.22
	idleCPU    = 0.08
	// perRequest is what one request a second takes of an instance's CPU.
	perRequest = 0.002
	fullCPU    = 0.90
)

// loaded is the CPU that requests take of each instance.
func loaded(requests int64, instances int, d time.Duration) float64 {
	return min(idleCPU+perRequest*float64(requests)/d.Seconds()/float64(instances), fullCPU)
}

// used is one value for each instance, a hair apart.
func used(instances int, share float64) tally {
	t := newTally(utilisationBounds)
	for i := range instances {
		t.add(min(share*(1+0.01*float64(i)), 1))
	}
	return t
}

// at is what was so just before a time.
func (r *revision) at(t time.Time) level {
	var now level
	for _, l := range r.levels {
		if !l.at.Before(t) {
			break
		}
		now = l
	}
	return now
}

// eachPeriod calls f for the sampling periods that end in a span, and after first; the newest mostPeriods of them.
func (s *Server) eachPeriod(first time.Time, in span, f func(index int64, p point)) {
	if first.Before(in.from) {
		first = in.from
	}
	d := int64(s.opts.Period)
	last := floor(in.to.UnixNano(), d) - 1
	for i := max(floor(first.UnixNano(), d), last-mostPeriods); i <= last; i++ {
		if p := s.period(i); in.has(p.to) {
			f(i, p)
		}
	}
}

func (s *Server) connections(name string, d *database, in span) *series {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := &series{kind: gauge, value: whole, resource: map[string]string{
		"project_id": s.opts.Project, "database_id": strings.Join([]string{s.opts.Project, name}, ":"), "region": s.opts.Location,
	}}
	if len(d.levels) == 0 {
		return x
	}
	s.eachPeriod(d.levels[0].at, in, func(_ int64, p point) {
		var open int64
		for _, l := range d.levels {
			if l.at.Before(p.to) {
				open = l.open
			}
		}
		x.points = append(x.points, point{p.to, p.to, value{whole: open}})
	})
	return x
}
