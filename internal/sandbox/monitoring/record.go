package monitoring

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// mostPeriods is how many sampling periods are kept of a revision, and how many levels.
const mostPeriods = 5000

// revision is what was recorded of one revision.
type revision struct {
	mu      sync.Mutex
	periods []period // with requests, oldest first
	levels  []level  // oldest first
}

// period is one sampling period in which requests ended.
type period struct {
	index int64 // of sampling periods since 1970
	cells []cell
}

// cell is the requests of a period that had one answer.
type cell struct {
	code    int
	latency tally // in ms
}

// level is what was so from a time on.
type level struct {
	at          time.Time
	instances   int
	cpu, memory float64 // 0 = as the requests make it
}

// database is one Cloud SQL instance.
type database struct {
	mu     sync.Mutex
	most   int
	levels []connections
}

type connections struct {
	at   time.Time
	open int64
}

// Record counts a request that a revision of a service (short names) answered at a time, and how long that took.
func (s *Server) Record(service, revision string, status int, latency time.Duration, at time.Time) {
	index := floor(at.UnixNano(), int64(s.opts.Period))
	r := s.revisionOf(service, revision)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cell(index, status).latency.add(float64(latency) / float64(time.Millisecond))
}

// Level says how many instances a revision has from a time on, and what they use of their CPU and memory, from 0 to
// 1; 0 leaves that to the requests they get. Times of one revision do not go back.
func (s *Server) Level(service, revision string, instances int, cpu, memory float64, at time.Time) {
	r := s.revisionOf(service, revision)
	r.mu.Lock()
	defer r.mu.Unlock()
	next := level{at: at, instances: instances, cpu: cpu, memory: memory}
	if n := len(r.levels); n > 0 {
		last := r.levels[n-1]
		if last.at = at; last == next {
			return
		}
	} else if instances == 0 {
		return
	}
	r.levels = append(r.levels, next)
	r.levels = r.levels[max(len(r.levels)-mostPeriods, 0):]
}

// Database adds a Cloud SQL instance that takes this many connections and, from a time on, has a few open. One that
// is there already only takes as many from now on.
func (s *Server) Database(instance string, most int, at time.Time) {
	s.recorded.Lock()
	d, ok := s.database[instance]
	if !ok {
		d = &database{}
		s.database[instance] = d
	}
	s.recorded.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.most = most
	if len(d.levels) == 0 {
		d.open(IdleConnections, at)
	}
}

// open notes that a share of the connections is open. Under mu.
func (d *database) open(share float64, at time.Time) {
	d.levels = append(d.levels, connections{at: at, open: int64(share*float64(d.most) + 0.5)})
	d.levels = d.levels[max(len(d.levels)-mostPeriods, 0):]
}

// IdleConnections is the share of a database's connections that is open when nothing is wrong.
const IdleConnections = 0.12

// Connections opens, from a time on, this share (0 to 1) of the connections that a database takes; "" is every one,
// the zero time is now. An instance that there is none of is an error.
func (s *Server) Connections(instance string, share float64, at time.Time) error {
	if at.IsZero() {
		at = s.opts.Clock.Now()
	}
	s.recorded.RLock()
	defer s.recorded.RUnlock()
	if instance != "" && s.database[instance] == nil {
		return fmt.Errorf("no database instance is called %q; there are: %s", instance, strings.Join(slices.Sorted(maps.Keys(s.database)), ", "))
	}
	for name, d := range s.database {
		if instance != "" && instance != name {
			continue
		}
		d.mu.Lock()
		d.open(share, at)
		d.mu.Unlock()
	}
	return nil
}

func (s *Server) revisionOf(service, name string) *revision {
	key := revisionKey{service, name}
	s.recorded.RLock()
	r := s.revision[key]
	s.recorded.RUnlock()
	if r != nil {
		return r
	}
	s.recorded.Lock()
	defer s.recorded.Unlock()
	if s.revision[key] == nil {
		s.revision[key] = &revision{}
	}
	return s.revision[key]
}

// cell finds the place of a request; nearly always that is the last period. Under mu.
func (r *revision) cell(index int64, code int) *cell {
	i := len(r.periods)
	for i > 0 && r.periods[i-1].index > index {
		i--
	}
	if i == 0 || r.periods[i-1].index != index {
		r.periods = slices.Insert(r.periods, i, period{index: index})
		if len(r.periods) > mostPeriods && i > 0 {
			r.periods = slices.Delete(r.periods, 0, 1)
			i--
		}
		i++
	}
	p := &r.periods[i-1]
	for j := range p.cells {
		if p.cells[j].code == code {
			return &p.cells[j]
		}
	}
	p.cells = append(p.cells, cell{code: code, latency: newTally(latencyBounds)})
	return &p.cells[len(p.cells)-1]
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
