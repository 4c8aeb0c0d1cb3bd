package sim_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// cloud is a platform with one service per target. It reads and writes as a real one does: a change is decided on
// what was read and refused when the service was written to in between.
type cloud struct {
	w        *world
	services map[string]*service
	ops      map[deploy.Operation]time.Time // when each has ended
}

type service struct {
	name      string
	etag      int
	epoch     deploy.Epoch
	seal      string
	asked     map[deploy.RevisionName]int // the table in force, once settled
	serves    map[deploy.RevisionName]int
	settled   time.Time
	tags      map[string]deploy.RevisionName
	revisions map[deploy.RevisionName]*revision
}

type revision struct {
	image, version string
	ready          time.Time
	broken         bool // never becomes ready
	ill            bool // answers its health checks wrongly
}

func newCloud(w *world) *cloud {
	return &cloud{w: w, services: map[string]*service{}, ops: map[deploy.Operation]time.Time{}}
}

const firstRevision = "before-slipway"

func (c *cloud) seed(name string) {
	c.services[name] = &service{
		name: name, asked: map[deploy.RevisionName]int{firstRevision: 100}, serves: map[deploy.RevisionName]int{firstRevision: 100},
		tags: map[string]deploy.RevisionName{}, revisions: map[deploy.RevisionName]*revision{firstRevision: {image: "first@sha256:0", version: "v0"}},
	}
}

func (s *service) settle(now time.Time) {
	if !now.Before(s.settled) {
		s.serves = maps.Clone(s.asked)
	}
}

// write is one change of a service that has arrived: refused if the service is not as it was read.
func (c *cloud) write(s *service, etag int, change func(now time.Time, r *roll)) (deploy.Operation, error) {
	if s.etag != etag && c.w.fault != takesAnything {
		return "", &deploy.Error{Code: deploy.Conflict, Op: "update", Msg: "etag"}
	}
	now := time.Now()
	s.settle(now)
	s.etag++
	roll := c.w.dice.roll("write", s.name)
	change(now, roll)
	s.settled = now.Add(roll.between(time.Second, 20*time.Second))
	op := deploy.Operation(fmt.Sprintf("%s/%d", s.name, s.etag))
	c.ops[op] = s.settled
	return op, nil
}

// at is the platform as one process reaches it.
type at struct {
	*process
	c *cloud
}

var _ deploy.Platform = at{}

// reach carries a call that looks at, or changes, one service.
func reach[T any](ctx context.Context, a at, op, name string, do func(*service) (T, error)) (T, error) {
	var got T
	err := a.wire(ctx, 60, []string{"cloud", op, name}, func() (err error) {
		a.w.judge.Lock()
		defer a.w.judge.Unlock()
		s := a.c.services[name]
		s.settle(time.Now())
		got, err = do(s)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return got, nil
}

func (a at) Describe(ctx context.Context, ref deploy.ServiceRef) (deploy.Service, error) {
	return reach(ctx, a, "describe", ref.Name, func(s *service) (deploy.Service, error) {
		out := deploy.Service{Ref: ref, Busy: time.Now().Before(s.settled), URL: "https://" + s.name}
		out.Settled = !out.Busy
		for name, percent := range s.serves {
			out.Traffic = append(out.Traffic, deploy.Share{Revision: name, Percent: percent})
		}
		for tag, name := range s.tags {
			out.Traffic = append(out.Traffic, deploy.Share{Revision: name, Tag: tag, URL: "https://" + string(name) + "." + s.name})
		}
		return out, nil
	})
}

func (a at) Revision(ctx context.Context, ref deploy.ServiceRef, name deploy.RevisionName) (deploy.RevisionStatus, error) {
	return reach(ctx, a, "revision", ref.Name, func(s *service) (deploy.RevisionStatus, error) {
		r, ok := s.revisions[name]
		if !ok {
			return deploy.RevisionStatus{}, &deploy.Error{Code: deploy.NotFound, Msg: "no such revision"}
		}
		ready := !time.Now().Before(r.ready)
		return deploy.RevisionStatus{Name: name, Image: r.image, Version: r.version, Ready: ready && !r.broken, Failed: ready && r.broken}, nil
	})
}

// tries is how often a change is decided anew after a conflict.
const tries = 3

// edit looks at a service and says what to write; nil where nothing has to be written.
type edit func(*service) (write func(time.Time, *roll), err error)

// change reads, decides and writes, each over the wire.
func (a at) change(ctx context.Context, name string, e deploy.Epoch, seal string, decide edit) (deploy.Operation, error) {
	for try := 1; ; try++ {
		type read struct {
			etag  int
			write func(time.Time, *roll)
		}
		seen, err := reach(ctx, a, "read", name, func(s *service) (read, error) {
			if e != 0 && s.epoch > e && a.w.fault != takesAnything {
				return read{}, &deploy.Error{Code: deploy.Fenced, Msg: "a later owner was here"}
			}
			write, err := decide(s)
			return read{s.etag, write}, err
		})
		if err != nil || seen.write == nil {
			return "", err
		}
		op, err := reach(ctx, a, "write", name, func(s *service) (deploy.Operation, error) {
			return a.c.write(s, seen.etag, func(now time.Time, r *roll) {
				seen.write(now, r)
				if e != 0 {
					s.epoch = e
				}
				if seal != "" {
					s.seal = seal
				}
			})
		})
		if deploy.CodeOf(err) != deploy.Conflict || try == tries {
			return op, err
		}
	}
}

func (a at) Stage(ctx context.Context, q deploy.StageRequest) (deploy.Operation, error) {
	there, err := a.Revision(ctx, q.Service, q.Candidate)
	if err == nil && there.Image != q.Image {
		return "", &deploy.Error{Code: deploy.Conflict, Msg: "exists with another image"}
	}
	if err == nil || deploy.CodeOf(err) != deploy.NotFound {
		return "", err
	}
	return a.change(ctx, q.Service.Name, q.Epoch, "", func(s *service) (func(time.Time, *roll), error) {
		if _, ok := s.revisions[q.Candidate]; ok {
			return nil, nil
		}
		if time.Now().Before(s.settled) || s.serves[q.Baseline] != 100 {
			return nil, &deploy.Error{Code: deploy.Conflict, Msg: "the service is not at rest on the baseline"}
		}
		return func(now time.Time, r *roll) {
			a.w.judge.staged(q)
			s.revisions[q.Candidate] = &revision{image: q.Image, version: strings.TrimPrefix(q.Image, "image@sha256:"),
				ready: now.Add(r.between(time.Second, 30*time.Second)), broken: r.one(15), ill: r.one(15)}
			s.tags[q.Tag] = q.Candidate
			s.asked = map[deploy.RevisionName]int{q.Baseline: 100}
		}, nil
	})
}

func (a at) Shift(ctx context.Context, q deploy.ShiftRequest) (deploy.Operation, error) {
	return a.change(ctx, q.Service.Name, q.Epoch, q.Seal, func(s *service) (func(time.Time, *roll), error) {
		same, tags := maps.Equal(s.asked, q.Shares), s.tagged(q)
		if same && maps.Equal(tags, s.tags) && (q.Seal == "" || s.seal == q.Seal) {
			return nil, nil
		}
		return func(time.Time, *roll) {
			if !same {
				a.w.judge.shifted(q)
			}
			s.asked, s.tags = maps.Clone(q.Shares), tags
		}, nil
	})
}

// tagged is the tags once a request has been carried out. What is no longer there is not kept.
func (s *service) tagged(q deploy.ShiftRequest) map[string]deploy.RevisionName {
	out := map[string]deploy.RevisionName{}
	if q.Bare {
		return out
	}
	maps.Copy(out, s.tags)
	for tag, name := range q.Keep {
		if s.revisions[name] != nil {
			out[tag] = name
		}
	}
	return out
}

func (a at) Retire(ctx context.Context, ref deploy.ServiceRef, tags ...string) (deploy.Operation, error) {
	return a.change(ctx, ref.Name, 0, "", func(s *service) (func(time.Time, *roll), error) {
		if !slices.ContainsFunc(tags, func(tag string) bool { return s.tags[tag] != "" }) {
			return nil, nil
		}
		return func(time.Time, *roll) {
			for _, tag := range tags {
				delete(s.tags, tag)
			}
		}, nil
	})
}

func (a at) Wait(ctx context.Context, op deploy.Operation) (bool, error) {
	name, _, _ := strings.Cut(string(op), "/")
	return reach(ctx, a, "wait", name, func(*service) (bool, error) {
		end, ok := a.c.ops[op]
		if !ok || a.w.dice.roll("forgotten", string(op)).one(200) {
			return false, &deploy.Error{Code: deploy.NotFound, Msg: "no such operation"}
		}
		return !time.Now().Before(end), nil
	})
}

// Resolve finds the image of a version.
func (a at) Resolve(ctx context.Context, _, tag string) (deploy.Image, error) {
	err := a.wire(ctx, 60, []string{"registry", tag}, func() error {
		if tag == "v404" {
			return &deploy.Error{Code: deploy.NotFound, Msg: "no such tag"}
		}
		return nil
	})
	return deploy.Image{Repository: "image", Tag: tag, Digest: "sha256:" + tag}, err
}

// Get is a user's request: to a revision by its tag's address, or to whatever has most of the traffic.
func (a at) Get(ctx context.Context, url string, _ time.Duration) (deploy.Response, error) {
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	candidate, name, tagged := strings.Cut(host, ".")
	if !tagged {
		name = host
	}
	return reach(ctx, a, "get", name, func(s *service) (deploy.Response, error) {
		r := s.revisions[deploy.RevisionName(candidate)]
		for name, percent := range s.serves {
			if !tagged && percent > 50 {
				r = s.revisions[name]
			}
		}
		if r == nil || r.ill {
			return deploy.Response{Status: 500}, nil
		}
		return deploy.Response{Status: 200, Body: []byte(`{"version":"` + r.version + `"}`)}, nil
	})
}
