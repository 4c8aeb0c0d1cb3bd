package deploy

import (
	"maps"
	"strings"
)

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

// learnAll keeps what a step of a part has come to know of that part, and of others.
func (r *Release) learnAll(part string, out Outcome) {
	r.learn(part, out.Facts)
	for other, f := range out.Parts {
		r.learn(other, f)
	}
}

// Says is the name of a step for people: deploy/revision, and of a part of its release worker: deploy/revision.
func (n StepName) Says() string {
	if step, part, ok := strings.Cut(string(n), "@"); ok {
		return part + ": " + step
	}
	return string(n)
}

// Wants is what a gate of the release asks for, as Step.Wants; before a rolling deployment, which has no shares, the rollout.
func (r *Release) Wants(gate *Step) string {
	if r.Spec.Strategy.Kind == Rolling && !gate.AboutPlan() && !gate.TakesTwo() {
		return "the rollout"
	}
	return gate.Wants()
}

// Most is the largest share that any part of the release had, or may have had.
func (r *Release) Most() int {
	share := r.Facts.MaxShare
	for _, f := range r.Parts {
		share = max(share, f.MaxShare)
	}
	return share
}
