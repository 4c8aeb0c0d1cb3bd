package registry

import "slipway/internal/deploy"

// trivy is a report of `trivy image --format json`, schema 2.
type trivy struct {
	SchemaVersion int    `json:"SchemaVersion"`
	ArtifactName  string `json:"ArtifactName"`
	CreatedAt     moment `json:"CreatedAt"`
	Results       []struct {
		Vulnerabilities []struct {
			ID        string `json:"VulnerabilityID"`
			Package   string `json:"PkgName"`
			Installed string `json:"InstalledVersion"`
			Fixed     string `json:"FixedVersion"`
			Severity  string `json:"Severity"`
			Link      string `json:"PrimaryURL"`
		} `json:"Vulnerabilities"`
	} `json:"Results"`
}

func (t *trivy) scan() (deploy.Scan, error) {
	// A manifest of an image has a schema version as well.
	if t.SchemaVersion != 2 || t.ArtifactName == "" {
		return deploy.Scan{}, errNoReport
	}
	out := deploy.Scan{Source: "Trivy report of the image", At: t.CreatedAt.Time}
	for _, result := range t.Results {
		for _, v := range result.Vulnerabilities {
			out.Vulnerabilities = append(out.Vulnerabilities, deploy.Vulnerability{
				ID: v.ID, Severity: severity(v.Severity), Package: v.Package, Version: v.Installed, Fixed: v.Fixed, Link: v.Link,
			})
		}
	}
	return out, nil
}

// wrapped is Trivy's report as `trivy image --format cosign-vuln` writes it.
type wrapped struct {
	Scanner struct {
		Result *trivy `json:"result"`
	} `json:"scanner"`
	Metadata struct {
		Finished moment `json:"scanFinishedOn"`
	} `json:"metadata"`
}

func (w *wrapped) scan() (deploy.Scan, error) {
	if w.Scanner.Result == nil {
		return deploy.Scan{}, errNoReport
	}
	out, err := w.Scanner.Result.scan()
	if at := w.Metadata.Finished.Time; !at.IsZero() {
		out.At = at
	}
	return out, err
}
