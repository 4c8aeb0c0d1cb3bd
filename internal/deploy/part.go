package deploy

import "maps"

// Part is another service that a release brings to its version, together with the service of the Spec itself: held with
// it, promoted in step with it, and taken back with it.
type Part struct {
	Name     string        `json:"name"`  // of this part in its release: worker
	Image    string        `json:"image"` // repository, as Spec.Image
	Platform PlatformSpec  `json:"platform"`
	Rolling  bool          `json:"rolling,omitempty"` // it takes no share below 100 %: its platform replaces it instance by instance
	Health   []HealthCheck `json:"health,omitempty"`
	URL      string        `json:"url,omitempty"`
	Metrics  *MetricsSpec  `json:"metrics,omitempty"`
}

// Of is the release as a step of one of its parts sees it: with the service, the image and the facts of that part in
// place of the release's own. Empty is the release itself.
func (r Release) Of(part string) Release {
	if part == "" {
		return r
	}
	for _, p := range r.Spec.Also {
		if p.Name != part {
			continue
		}
		r.Facts = r.Parts[part]
		r.Spec.Image, r.Spec.Platform, r.Spec.Health, r.Spec.URL, r.Spec.Metrics = p.Image, p.Platform, p.Health, p.URL, p.Metrics
		r.Spec.Checks, r.Spec.Loads, r.Spec.Images, r.Spec.Also = nil, nil, nil, nil
		if p.Rolling {
			r.Spec.Strategy.Kind = Rolling
		}
	}
	return r
}

// PartNames are those of the parts in order, the release itself first, as an empty name.
func (s Spec) PartNames() []string {
	names := []string{""}
	for _, p := range s.Also {
		names = append(names, p.Name)
	}
	return names
}

// learn keeps what a step of a part has come to know.
func (r *Release) learn(part string, f Facts) {
	if part == "" {
		r.Facts = f
		return
	}
	r.Parts = maps.Clone(r.Parts)
	if r.Parts == nil {
		r.Parts = map[string]Facts{}
	}
	r.Parts[part] = f
}

// most is the largest share that any part of the release had, or may have had.
func (r *Release) most() int {
	share := r.Facts.MaxShare
	for _, f := range r.Parts {
		share = max(share, f.MaxShare)
	}
	return share
}
