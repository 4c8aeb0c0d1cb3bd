package catalog

// ImagePolicy says which images may be released. What is left out is not asked. An environment's policy replaces the inherited one as a whole; {} asks nothing.
type ImagePolicy struct {
	// Time since the image was built, at most.
	MaxAge Duration `yaml:"max_age,omitempty"`
	// What there is to download, at most: 512Mi, 2Gi.
	MaxSize string `yaml:"max_size,omitempty"`
	// Labels that the image must have, whatever they say.
	Labels []string    `yaml:"labels,omitempty"`
	Scan   *ScanPolicy `yaml:"scan,omitempty"`
	// Findings of a scan that may pass for a time.
	Exceptions []Exception `yaml:"exceptions,omitempty"`
	// One or more public keys (PEM), by one of which the image must be signed.
	SignedBy string `yaml:"signed_by,omitempty"`
}

// ScanPolicy says what a scan may find: how many of a severity, at most. A severity that is left out is not looked at.
type ScanPolicy struct {
	// Critical findings, at most.
	Critical *int `yaml:"critical,omitempty" jsonschema:"minimum=0"`
	// High findings, at most.
	High *int `yaml:"high,omitempty" jsonschema:"minimum=0"`
	// Medium findings, at most.
	Medium *int `yaml:"medium,omitempty" jsonschema:"minimum=0"`
	// Low findings, at most.
	Low *int `yaml:"low,omitempty" jsonschema:"minimum=0"`
	// Negligible findings, at most; some scanners call them minimal or informational.
	Negligible *int `yaml:"negligible,omitempty" jsonschema:"minimum=0"`
	// Findings without a severity, at most.
	Unrated *int `yaml:"unrated,omitempty" jsonschema:"minimum=0"`
	// Time since the scan, at most.
	MaxAge Duration `yaml:"max_age,omitempty"`
	// Whether only findings count that a newer version of the package mends.
	FixableOnly bool `yaml:"fixable_only,omitempty" jsonschema:"default=false"`
}

// Exception lets a finding pass for a time.
type Exception struct {
	// The finding: CVE-2026-1234.
	ID string `yaml:"id" jsonschema:"required"`
	// The last day on which it passes, in UTC: 2026-12-31.
	Until Date `yaml:"until" jsonschema:"required"`
	// Why it may pass.
	Reason string `yaml:"reason" jsonschema:"required"`
}

// Date is a day, written as 2026-12-31.
type Date string
