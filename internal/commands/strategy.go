package commands

import "slipway/internal/deploy"

// withStrategy replaces the catalog's strategy by the kind that was asked for. All at once needs nothing but an
// approval, so it can always be had; canary steps have to come from the catalog.
func withStrategy(spec deploy.Spec, c DeployCommand) (deploy.Spec, error) {
	if c.Strategy == "" || c.Strategy == spec.Strategy.Kind {
		return spec, nil
	}
	if c.Strategy == deploy.BlueGreen {
		spec.Strategy = deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
		return spec, nil
	}
	c.Strategy = ""
	return spec, refused(Text{}.Plainf("The catalog has no canary steps for %s, only %s.", c.Service, spec.Strategy.Kind).
		because(spec.Source).Line().Plain("Type: ").Code(c.String()))
}
