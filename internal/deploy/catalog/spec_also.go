package catalog

import (
	"cmp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// parts are those of the environment for the engine; nil if there are none.
func (w whole) parts() []deploy.Part {
	var parts []deploy.Part
	for _, one := range w.placed()[1:] {
		p := one.said
		part := deploy.Part{
			Name: p.Name, Image: cmp.Or(p.Image, w.Image), Platform: one.spec(), Rolling: one.strategy.Kind == deploy.Rolling,
			URL: strings.TrimSuffix(p.URL, "/"), Metrics: p.Metrics.spec(),
		}
		if len(p.Health) > 0 {
			part.Health = healthChecks(p.Health)
		}
		parts = append(parts, part)
	}
	return parts
}

// filledParts is a copy down to the last list, with the references filled in.
func filledParts(parts []deploy.Part, values map[string]string) []deploy.Part {
	parts = slices.Clone(parts)
	for i := range parts {
		p := &parts[i]
		p.Platform.Settings = filledSettings(p.Platform.Settings, values)
		p.Health, p.Metrics = slices.Clone(p.Health), copiedMetrics(p.Metrics)
	}
	return parts
}
