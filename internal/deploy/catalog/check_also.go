package catalog

import (
	"fmt"
	"strconv"

	"slipway/internal/deploy"
)

// mostParts is a limit of Slipway's own: of services that are released together with another.
const mostParts = 5

// checkAlso checks each value of the parts by itself.
func (s *source) checkAlso(path string, parts []Part) {
	s.must(len(parts) <= mostParts, path, fmt.Sprintf("there are %d parts, at most %d are allowed", len(parts), mostParts), "what is released together is held together, and goes back together")
	first := map[string]int{}
	for i, p := range parts {
		at := func(key string) string { return under(item(path, i), key) }
		for _, key := range []string{"name", "platform"} {
			if !s.has(at(key)) {
				s.problem(at(key), "the part has no "+key, "")
			}
		}
		s.must(name.MatchString(p.Name), at("name"), "part "+strconv.Quote(p.Name)+" is not a name", nameRule)
		s.must(len(p.Name) <= longestName, at("name"), fmt.Sprintf("name has %d characters, at most %d are allowed", len(p.Name), longestName), "")
		s.must(p.Name != s.file.Service, at("name"), "part "+strconv.Quote(p.Name)+" is called as the service is", "write what it is beside that: worker")
		if other, twice := first[p.Name]; twice && p.Name != "" {
			s.problem(at("name"), "part "+strconv.Quote(p.Name)+" stands here twice", "the other is on line "+strconv.Itoa(s.places[under(item(path, other), "name")].value.line))
		} else {
			first[p.Name] = i
		}
		s.checkPart(item(path, i), p)
	}
}

func (s *source) checkPart(path string, p Part) {
	at := func(key string) string { return under(path, key) }
	s.checkImage(at("image"), p.Image)
	s.checkURL(at("url"), p.URL)
	for i, h := range p.Health {
		s.checkHealth(item(at("health"), i), h)
	}
	if p.Metrics != nil {
		s.checkMetrics(at("metrics"), *p.Metrics)
	}
	if p.Platform == nil {
		return
	}
	s.checkPlatform(at("platform"), *p.Platform, p.Platform.kind())
	for _, key := range p.Platform.address() {
		if path := at("platform." + key); !s.has(path) {
			s.problem(path, "the part has no platform."+key, "nothing of the service's own platform is inherited")
		}
	}
	s.must(!p.Rolling || p.Platform.kind() == deploy.ECS, at("rolling"), "rolling is for ECS, and the platform is "+string(p.Platform.kind()), "Cloud Run starts a version beside the old one, and gives it any share; take it out")
}

// address are the keys that say where a service is.
func (p Platform) address() []string {
	if p.kind() == deploy.ECS {
		return []string{"kind", "cluster", "region", "service"}
	}
	return []string{"kind", "project", "region", "service"}
}
