package scans

import (
	"cmp"
	"path"
	"time"

	grafeaspb "google.golang.org/genproto/googleapis/grafeas/v1"

	"slipway/internal/deploy"
)

// finished is when the image was last scanned. NotYet while it is being scanned, NotFound if no scan has ended well: there may be several of an image (of
// its packages, of its parts), and one that ended is one that can be gone by.
func finished(doing string, img deploy.Image, occurrences []*grafeaspb.Occurrence) (time.Time, error) {
	var at time.Time
	ended, going, failed, unsupported := false, false, false, false
	for _, o := range occurrences {
		d := o.GetDiscovery()
		if d == nil {
			continue
		}
		switch d.GetAnalysisStatus() {
		case grafeaspb.DiscoveryOccurrence_FINISHED_SUCCESS:
			ended = true
			if t := cmp.Or(d.GetLastScanTime(), o.GetUpdateTime()); t != nil && t.AsTime().After(at) {
				at = t.AsTime()
			}
		case grafeaspb.DiscoveryOccurrence_PENDING, grafeaspb.DiscoveryOccurrence_SCANNING:
			going = true
		case grafeaspb.DiscoveryOccurrence_FINISHED_UNSUPPORTED:
			unsupported = true
		default:
			failed = true
		}
	}
	e := &deploy.Error{Code: deploy.NotFound, Op: doing}
	switch {
	case ended:
		return at, nil
	case going:
		e.Code, e.Msg, e.Hint = deploy.NotYet, "Artifact Analysis is still scanning the image", "wait for it: a scan takes some minutes after a push"
	case failed:
		e.Msg, e.Hint = "Artifact Analysis could not scan the image", "see why with `gcloud artifacts docker images describe "+img.Ref()+" --show-all-metadata`, or push it again"
	case unsupported:
		e.Msg, e.Hint = "Artifact Analysis cannot scan images of this kind", "attach a report of another scanner to it"
	default:
		e.Msg, e.Hint = "Artifact Analysis has not scanned the image", "enable the Container Scanning API in its project and push it again: only what is pushed after that is scanned"
	}
	return time.Time{}, e
}

// found is one finding for each package that a vulnerability is in.
func found(occurrences []*grafeaspb.Occurrence) []deploy.Vulnerability {
	var out []deploy.Vulnerability
	for _, o := range occurrences {
		v := o.GetVulnerability()
		if v == nil {
			continue
		}
		base := deploy.Vulnerability{ID: path.Base(o.GetNoteName()), Severity: severity(v.GetEffectiveSeverity(), v.GetSeverity())}
		if urls := v.GetRelatedUrls(); len(urls) > 0 {
			base.Link = urls[0].GetUrl()
		}
		if len(v.GetPackageIssue()) == 0 {
			out = append(out, base)
		}
		for _, issue := range v.GetPackageIssue() {
			one := base
			one.Package, one.Version = issue.GetAffectedPackage(), version(issue.GetAffectedVersion())
			one.Fixed = version(issue.GetFixedVersion())
			if s := issue.GetEffectiveSeverity(); s != grafeaspb.Severity_SEVERITY_UNSPECIFIED {
				one.Severity = severity(s)
			}
			out = append(out, one)
		}
	}
	return out
}

// version is as the package's own tools write it; "" for one that stands for the end of all versions, by which the API
// says that there is no fix.
func version(v *grafeaspb.Version) string {
	if v == nil || v.GetKind() == grafeaspb.Version_MAXIMUM || v.GetKind() == grafeaspb.Version_MINIMUM {
		return ""
	}
	if v.GetFullName() != "" {
		return v.GetFullName()
	}
	if v.GetRevision() != "" {
		return v.GetName() + "-" + v.GetRevision()
	}
	return v.GetName()
}

// severity is the first that says something: the distribution's own rating goes before that of the score.
func severity(ratings ...grafeaspb.Severity) deploy.Severity {
	switch cmp.Or(ratings...) {
	case grafeaspb.Severity_CRITICAL:
		return deploy.Critical
	case grafeaspb.Severity_HIGH:
		return deploy.High
	case grafeaspb.Severity_MEDIUM:
		return deploy.Medium
	case grafeaspb.Severity_LOW:
		return deploy.Low
	case grafeaspb.Severity_MINIMAL:
		return deploy.Negligible
	default:
		return deploy.Unrated
	}
}
