package deploy

import (
	"context"
	"time"
)

// ImagePolicy says which images may be released. Zero fields ask nothing.
type ImagePolicy struct {
	MaxAge    time.Duration `json:"max_age,omitempty"`
	MaxSize   int64         `json:"max_size,omitempty"` // bytes to download
	Labels    []string      `json:"labels,omitempty"`   // that it must have
	Scan      *ScanPolicy   `json:"scan,omitempty"`
	Signature []string      `json:"signature,omitempty"` // public keys (PEM), by one of which it must be signed
}

// ScanPolicy says what a scan may find.
type ScanPolicy struct {
	Most       map[Severity]int `json:"most"`              // findings of a severity, at most; a severity that is not in it is not looked at
	MaxAge     time.Duration    `json:"max_age,omitempty"` // of the scan
	Fixable    bool             `json:"fixable,omitempty"` // only findings count that a newer version of the package mends
	Exceptions []Exception      `json:"exceptions,omitempty"`
}

// Exception lets a finding pass for a time. Until at midnight in UTC is a day, and counts to its end.
type Exception struct {
	ID     string    `json:"id"` // CVE-2026-1234, or what the scanner calls it; letters large or small
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Severity of a finding.
type Severity string

const (
	Critical   Severity = "critical"
	High       Severity = "high"
	Medium     Severity = "medium"
	Low        Severity = "low"
	Negligible Severity = "negligible" // also what scanners call minimal or informational
	Unrated    Severity = "unrated"
)

// ImageDetails is what an image says of itself.
type ImageDetails struct {
	Platforms []string // linux/amd64, and what else it is built for
	Layers    int
	Labels    map[string]string
}

// Scan is what a scanner found in an image.
type Scan struct {
	Source          string    // "Artifact Analysis", "Trivy report of the image"
	At              time.Time // zero: not known
	Vulnerabilities []Vulnerability
}

// Vulnerability is one finding of a scan.
type Vulnerability struct {
	ID       string // CVE-2026-1234
	Severity Severity
	Package  string
	Version  string // of the package, in the image
	Fixed    string // version that mends it; empty: none is known
	Link     string
}

// ImageInspector looks closer at an image that was resolved. Codes: NotFound (the image is gone), Forbidden, Unavailable.
type ImageInspector interface {
	// Inspect reads what the image says of itself.
	Inspect(ctx context.Context, img Image) (ImageDetails, error)
	// Signed looks for a signature of the image by one of the keys. Invalid if there is none, or none by these keys: Msg
	// says which of the two.
	Signed(ctx context.Context, img Image, keys []string) error
}

// Scanner finds the newest scan of an image. NotFound if nobody has scanned it, NotYet if the scan is still going on;
// Forbidden, Unavailable as everywhere.
type Scanner interface {
	Scan(ctx context.Context, img Image) (Scan, error)
}

// Objection is a rule of an image policy that an image does not keep.
type Objection struct {
	Rule string // age, size, labels, scan, vulnerabilities, signature
	Text string // what is so and what is asked, with counts
}

// Evidence is what is known of an image, to hold against a policy.
type Evidence struct {
	Image     Image
	Details   ImageDetails
	Scan      *Scan  // nil: there is none
	Unscanned string // why there is none
	Unsigned  string // why it does not count as signed; empty: it does, or nobody asks
}
