package registry

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"slipway/internal/deploy"
)

var errNoReport = errors.New("JSON, but of another kind")

// format is what a report is unmarshalled into.
type format interface{ scan() (deploy.Scan, error) }

// parse reads a report in any of the formats.
func parse(data []byte) (deploy.Scan, error) {
	var has struct {
		Schema  json.RawMessage `json:"SchemaVersion"` // Trivy
		Matches json.RawMessage `json:"matches"`       // Grype
		Runs    json.RawMessage `json:"runs"`          // SARIF
		Scanner json.RawMessage `json:"scanner"`       // cosign, around Trivy's
	}
	if err := json.Unmarshal(data, &has); err != nil {
		return deploy.Scan{}, err
	}
	var into format
	switch {
	case has.Schema != nil:
		into = &trivy{}
	case has.Matches != nil:
		into = &grype{}
	case has.Runs != nil:
		into = &sarif{}
	case has.Scanner != nil:
		into = &wrapped{}
	default:
		return deploy.Scan{}, errNoReport
	}
	if err := json.Unmarshal(data, into); err != nil {
		return deploy.Scan{}, err
	}
	return into.scan()
}

// severity is ours for what a scanner says.
func severity(s string) deploy.Severity {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "critical":
		return deploy.Critical
	case "high", "important":
		return deploy.High
	case "medium", "moderate":
		return deploy.Medium
	case "low":
		return deploy.Low
	case "negligible", "minimal", "informational", "none":
		return deploy.Negligible
	default:
		return deploy.Unrated
	}
}

// moment is a time in a report; a report with one that nobody can read has none.
type moment struct{ time.Time }

// UnmarshalJSON reads what RFC 3339 allows.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		m.Time, _ = time.Parse(time.RFC3339, text)
	}
	return nil
}
