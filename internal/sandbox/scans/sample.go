package scans

import (
	"time"

	grafeaspb "google.golang.org/genproto/googleapis/grafeas/v1"
)

// Vulnerable is the sample version in which something is found that a newer version of a package mends.
const Vulnerable = "v1.2.8"

// Scan is what was found in an image.
type Scan struct {
	Status   grafeaspb.DiscoveryOccurrence_AnalysisStatus // 0 means that it has ended well
	At       time.Time                                    // zero means when it was put here
	Findings []Finding
}

// Finding is a vulnerability in a package.
type Finding struct {
	ID       string // CVE-2026-1234
	Severity grafeaspb.Severity
	Package  string
	Version  string
	Fixed    string // "" is none known
}

// Sample is the scan of a version of the sample application: one minor finding that every version has and nobody has
// mended, and in Vulnerable one critical and two high ones with a fix.
func Sample(version string) Scan {
	out := Scan{Findings: []Finding{{"CVE-2025-45582", grafeaspb.Severity_LOW, "tar", "1.34+dfsg-1.2", ""}}}
	if version == Vulnerable {
		out.Findings = append(out.Findings,
			Finding{"CVE-2026-22795", grafeaspb.Severity_HIGH, "openssl", "3.0.17-1~deb12u2", "3.0.18-1~deb12u1"},
			Finding{"CVE-2026-0861", grafeaspb.Severity_CRITICAL, "glibc", "2.36-9+deb12u10", "2.36-9+deb12u14"},
			Finding{"CVE-2026-1299", grafeaspb.Severity_HIGH, "python3.11", "3.11.2-6+deb12u6", "3.11.2-6+deb12u7"},
		)
	}
	return out
}
