package catalog

import (
	"cmp"
	"strconv"

	"slipway/internal/deploy"
)

// Place is where a service is in a copy. What is empty stays as it is.
type Place struct {
	URL     string // where users reach it
	TestURL string // takes the place of platform.test_url, where there is one
	Rule    string // takes the place of platform.rule, where there is one
}

// bare is the address of a service without what is said of its traffic.
func bare(ref deploy.ServiceRef) deploy.ServiceRef {
	ref.Rule, ref.Beside = "", ""
	return ref
}

// everywhere are the services of a catalog, parts of releases among them.
func (c *Catalog) everywhere() map[deploy.ServiceRef]bool {
	all := map[deploy.ServiceRef]bool{}
	for _, service := range c.services {
		for _, spec := range service.specs {
			all[bare(spec.Platform.Service)] = true
			for _, p := range spec.Also {
				all[bare(p.Platform.Service)] = true
			}
		}
	}
	return all
}

func (r Rewriting) checkPlaces(c *Catalog) error {
	known := c.everywhere()
	for ref := range r.Places {
		if !known[bare(ref)] {
			return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: "there is no service " + strconv.Quote(ref.String()) + " to give a place"}
		}
	}
	return nil
}

// place is what is said of a service, whatever is said of its traffic.
func (r Rewriting) place(ref deploy.ServiceRef) (Place, bool) {
	for other, p := range r.Places {
		if bare(other) == bare(ref) {
			return p, true
		}
	}
	return Place{}, false
}

// move puts the environments of f, and their parts, where they are in the copy.
func (r Rewriting) move(f *File) {
	s := &source{file: *f}
	for i := range f.Environments {
		env := &f.Environments[i]
		w := s.whole(*env)
		if p, ok := r.place(w.ref()); ok {
			env.URL = cmp.Or(p.URL, env.URL)
			own := deref(env.Platform)
			if p.moved(*w.Platform, &own) {
				env.Platform = &own
			}
		}
		for j := range w.Also { // they are the file's own
			part := &w.Also[j]
			if p, ok := r.place(part.Platform.ref()); ok {
				part.URL = cmp.Or(p.URL, part.URL)
				p.moved(*part.Platform, part.Platform)
			}
		}
	}
}

// moved changes what is written of a platform; false if nothing is.
func (p Place) moved(is Platform, into *Platform) bool {
	test, rule := p.TestURL != "" && is.TestURL != "", p.Rule != "" && is.Rule != ""
	if test {
		into.TestURL = p.TestURL
	}
	if rule {
		into.Rule = p.Rule
	}
	return test || rule
}

// withPatience writes down how long ECS waits for Slipway where that is not said: it follows from times that are divided,
// and is itself a time of the platform, which divides it if it likes.
func withPatience(f *File) {
	s := &source{file: *f}
	for i := range f.Environments {
		env := &f.Environments[i]
		w := s.whole(*env)
		for j, p := range w.placed() {
			if !p.native() {
				continue
			}
			gives := Duration(p.givesUp())
			if j > 0 {
				w.Also[j-1].Platform.GivesUp = gives
				continue
			}
			own := deref(env.Platform)
			own.GivesUp = gives
			env.Platform = &own
		}
	}
}

// parts changes the parts of a release, which are the caller's own.
func (r Rewriting) parts(parts []Part) {
	for i := range parts {
		p := &parts[i]
		p.Image = r.image(p.Image)
		if p.Metrics.watched() && r.faster() {
			p.Metrics = p.Metrics.explicit()
			r.metrics(p.Metrics)
		}
	}
}
