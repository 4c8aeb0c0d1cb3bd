package registry

import (
	"strings"

	"slipway/internal/deploy"
)

// grype is a report of `grype --output json`.
type grype struct {
	Matches []struct {
		Vulnerability struct {
			ID       string `json:"id"`
			Severity string `json:"severity"`
			Link     string `json:"dataSource"`
			Fix      struct {
				Versions []string `json:"versions"`
			} `json:"fix"`
		} `json:"vulnerability"`
		Artifact struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"artifact"`
	} `json:"matches"`
	Descriptor struct {
		Name      string `json:"name"`
		Timestamp moment `json:"timestamp"`
	} `json:"descriptor"`
}

func (g *grype) scan() (deploy.Scan, error) {
	if g.Descriptor.Name != "grype" {
		return deploy.Scan{}, errNoReport
	}
	out := deploy.Scan{Source: "Grype report of the image", At: g.Descriptor.Timestamp.Time}
	for _, m := range g.Matches {
		out.Vulnerabilities = append(out.Vulnerabilities, deploy.Vulnerability{
			ID: m.Vulnerability.ID, Severity: severity(m.Vulnerability.Severity), Package: m.Artifact.Name, Version: m.Artifact.Version,
			Fixed: strings.Join(m.Vulnerability.Fix.Versions, ", "), Link: m.Vulnerability.Link,
		})
	}
	return out, nil
}
