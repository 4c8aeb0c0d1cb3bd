package cloudwatch

import (
	"math"
	"time"

	"slipway/internal/deploy"
)

// reading makes one of the answers.
func (a *asking) reading(q *deploy.MetricsQuery, w window) (deploy.Reading, error) {
	out := deploy.Reading{Revisions: map[deploy.RevisionName]deploy.Measured{}}
	var ofTasks time.Time
	for _, r := range a.order {
		var (
			m     deploy.Measured
			there bool
		)
		if t := a.traffic[r]; t != nil {
			if err := t.put(&m, &there, w); err != nil {
				return deploy.Reading{}, err
			}
			out.Newest = t.newest(out.Newest)
		}
		if u := a.use[r]; u != nil {
			if err := u.put(&m, &there, w); err != nil {
				return deploy.Reading{}, err
			}
			ofTasks = u.alive.newest(ofTasks)
		}
		if there {
			out.Revisions[r] = m
		}
	}
	if out.Newest.IsZero() {
		// Load balancers that nobody calls report nothing; tasks do.
		out.Newest = ofTasks
	}
	if d := q.Spec.Database; a.connections.mean != nil {
		var err error
		if out.Connections, err = a.connections.gauge(float64(d.Most), w); err != nil {
			return deploy.Reading{}, err
		}
	}
	return out, nil
}

// put says what a target group did.
func (t *traffic) put(m *deploy.Measured, there *bool, w window) error {
	hosts, n, err := t.hosts.total(w)
	if err != nil {
		return err
	}
	if n > 0 {
		m.Instances, *there = hosts/float64(n), true
	}
	if t.requests == nil {
		return nil
	}
	var counts [3]int64
	for i, q := range []*question{t.requests, t.failed, t.unconnected} {
		count, n, err := q.total(w)
		if err != nil {
			return err
		}
		counts[i], *there = int64(math.Round(count)), *there || n > 0
	}
	// One request may fail to connect more than once.
	m.Requests, m.Failed = counts[0], min(counts[1]+counts[2], counts[0])
	if counts[1] > counts[0] {
		return wrong(targetFailures, "there are %d among %d requests", counts[1], counts[0])
	}
	m.Latency, err = t.latency.histogram(w)
	return err
}

func (t *traffic) newest(at time.Time) time.Time {
	at = t.hosts.newest(at)
	if t.requests != nil {
		at = t.requests.newest(at)
	}
	return at
}

// put says what the tasks of a service used.
func (u *use) put(m *deploy.Measured, there *bool, w window) error {
	_, n, err := u.alive.total(w)
	if err != nil {
		return err
	}
	*there = *there || n > 0
	if u.running != nil {
		running, n, err := u.running.total(w)
		if err != nil {
			return err
		}
		if n > 0 {
			m.Instances, *there = running/float64(n), true
		}
	}
	if m.CPU, err = u.cpu.gauge(w); err != nil {
		return err
	}
	if m.Memory, err = u.memory.gauge(w); err != nil {
		return err
	}
	*there = *there || m.CPU.Samples+m.Memory.Samples > 0
	return nil
}

// mostUse is more of what a task may use than it can use.
const mostUse = 100

// gauge is how much was used; not known if nothing is reported.
func (s *share) gauge(w window) (deploy.Gauge, error) {
	if s.used == nil {
		return deploy.Gauge{}, nil
	}
	g, err := s.ofInsights(w)
	if err == nil && g.Samples == 0 {
		g, err = s.ofService(w)
	}
	if err == nil && (g.Mean > mostUse || g.Max > mostUse) {
		err = wrong(s.used.metric, "it is %g times what there is, at most %g", g.Mean, g.Max)
	}
	return g, err
}

// ofInsights divides what was used by what was reserved. The highest is that of a task, of what one has.
func (s *share) ofInsights(w window) (deploy.Gauge, error) {
	var totals [3]float64
	for i, q := range []*question{s.used, s.reserved, s.samples} {
		var err error
		if totals[i], _, err = q.total(w); err != nil {
			return deploy.Gauge{}, err
		}
	}
	used, reserved, samples := totals[0], totals[1], totals[2]
	most, err := s.most.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	each, err := s.each.within(w)
	if err != nil || reserved == 0 || samples == 0 {
		return deploy.Gauge{}, err
	}
	g := deploy.Gauge{Mean: used / reserved, Samples: int64(math.Round(samples))}
	has := map[time.Time]float64{}
	for _, p := range each {
		has[p.end] = p.value
	}
	for _, p := range most {
		if one := has[p.end]; one > 0 {
			g.Max = max(g.Max, p.value/one)
		}
	}
	g.Max = max(g.Max, g.Mean)
	return g, nil
}

// ofService takes the shares that ECS reports, in per cent.
func (s *share) ofService(w window) (deploy.Gauge, error) {
	mean, err := s.percent.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	most, err := s.percentMost.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	samples, err := s.percentSamples.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	n := map[time.Time]int64{}
	for _, p := range samples {
		n[p.end] = int64(math.Round(p.value))
	}
	return gaugeOf(mean, most, 100, func(p point) int64 { return n[p.end] }), nil
}

// gauge is a number as a share of the most.
func (l *level) gauge(most float64, w window) (deploy.Gauge, error) {
	mean, err := l.mean.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	highest, err := l.most.within(w)
	if err != nil {
		return deploy.Gauge{}, err
	}
	return gaugeOf(mean, highest, most, func(point) int64 { return 1 }), nil
}

// gaugeOf weighs means by their samples, and keeps the highest.
func gaugeOf(mean, highest []point, most float64, samples func(point) int64) deploy.Gauge {
	var g deploy.Gauge
	for _, p := range mean {
		n := samples(p)
		if n <= 0 {
			continue
		}
		g.Samples += n
		g.Mean += (p.value/most - g.Mean) * float64(n) / float64(g.Samples)
		g.Max = max(g.Max, p.value/most)
	}
	for _, p := range highest {
		if g.Samples > 0 {
			g.Max = max(g.Max, p.value/most)
		}
	}
	return g
}
