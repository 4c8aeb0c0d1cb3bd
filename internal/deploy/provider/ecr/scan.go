package ecr

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"slipway/internal/deploy"
)

const (
	pageSize = 1000 // the most there is; ECR may give fewer
	// maxFindings of an image are read, on any number of pages that there is time for. The worst need not come first: what
	// is beyond cannot be left out.
	maxFindings = 50_000
)

var _ deploy.Scanner = (*ECR)(nil)

// Scan is what ECR, or Amazon Inspector for it, found in an image, by its digest. Codes: NotFound (the image lies in
// another registry: at once, without a question; nobody has scanned it, or that failed), NotYet (the scan is still going
// on), Invalid (there are more findings than are read, too), Forbidden, Unavailable.
func (e *ECR) Scan(ctx context.Context, img deploy.Image) (deploy.Scan, error) {
	doing := "read the scan of " + img.Ref()
	p, ok := locate(img.Repository)
	if !ok {
		return deploy.Scan{}, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: "Amazon ECR scans its own images only"}
	}
	within, cancel := context.WithTimeout(ctx, e.opts.Timeout)
	defer cancel()
	client, err := e.client(within, p.region)
	if err != nil {
		return deploy.Scan{}, e.explain(ctx, doing, err)
	}
	pages := service.NewDescribeImageScanFindingsPaginator(client, &service.DescribeImageScanFindingsInput{
		RegistryId: aws.String(p.account), RepositoryName: aws.String(p.repository),
		ImageId: &types.ImageIdentifier{ImageDigest: aws.String(img.Digest)}, MaxResults: aws.Int32(pageSize),
	})
	out := deploy.Scan{Source: "Amazon ECR"}
	for pages.HasMorePages() {
		page, err := pages.NextPage(within)
		if err != nil {
			return deploy.Scan{}, e.explain(ctx, doing, err)
		}
		if err := ended(doing, page.ImageScanStatus); err != nil {
			return deploy.Scan{}, err
		}
		if f := page.ImageScanFindings; f != nil {
			out.At = aws.ToTime(f.ImageScanCompletedAt)
			if len(f.EnhancedFindings) > 0 {
				out.Source = "Amazon Inspector"
			}
			out.Vulnerabilities = append(append(out.Vulnerabilities, basic(f.Findings)...), enhanced(f.EnhancedFindings)...)
		}
		if len(out.Vulnerabilities) > maxFindings {
			return deploy.Scan{}, tooMany(doing)
		}
	}
	return out, nil
}

func tooMany(doing string) error {
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: "Amazon ECR has found more in the image than " + deploy.Thousands(maxFindings) + " vulnerabilities",
		Hint: "build it on a base image that is looked after",
	}
}

// ended is NotFound if the scan has not ended well, as far as is said. Inspector's is active: it goes on for as long as
// the image is in use, with what it knows at present.
func ended(doing string, s *types.ImageScanStatus) error {
	m, status := unscanned, types.ScanStatus("")
	if s != nil {
		status = s.Status
	}
	switch status {
	case types.ScanStatusComplete, types.ScanStatusActive:
		return nil
	case types.ScanStatusInProgress, types.ScanStatusPending:
		m.code, m.msg, m.hint = deploy.NotYet, "Amazon ECR is still scanning the image", "wait for it: a scan takes some minutes after a push"
	case types.ScanStatusUnsupportedImage:
		m = unknown
	case types.ScanStatusScanEligibilityExpired:
		m.msg, m.hint = "Amazon Inspector does not scan the image any more, because of its age", "push it again, or lengthen the re-scan duration of the registry"
	default:
		m.msg, m.hint = "Amazon ECR could not scan the image", "see why with `aws ecr describe-image-scan-findings`"
	}
	return &deploy.Error{Code: m.code, Op: doing, Msg: m.msg, Hint: m.hint}
}

func basic(findings []types.ImageScanFinding) []deploy.Vulnerability {
	var out []deploy.Vulnerability
	for _, f := range findings {
		v := deploy.Vulnerability{ID: aws.ToString(f.Name), Severity: severity(string(f.Severity)), Link: aws.ToString(f.Uri)}
		for _, a := range f.Attributes {
			switch aws.ToString(a.Key) {
			case "package_name":
				v.Package = aws.ToString(a.Value)
			case "package_version":
				v.Version = aws.ToString(a.Value)
			case "patched_version", "fixed_in_version":
				v.Fixed = fixed(a.Value)
			}
		}
		out = append(out, v)
	}
	return out
}

// enhanced is one finding for each package that a vulnerability is in. What was suppressed by a rule of Inspector's, or
// closed, does not count.
func enhanced(findings []types.EnhancedImageScanFinding) []deploy.Vulnerability {
	var out []deploy.Vulnerability
	for _, f := range findings {
		if s := aws.ToString(f.Status); s == "SUPPRESSED" || s == "CLOSED" {
			continue
		}
		one := deploy.Vulnerability{ID: aws.ToString(f.Title), Severity: severity(aws.ToString(f.Severity))}
		details := f.PackageVulnerabilityDetails
		if details == nil || len(details.VulnerablePackages) == 0 {
			out = append(out, one)
			continue
		}
		one.ID, one.Link = aws.ToString(details.VulnerabilityId), aws.ToString(details.SourceUrl)
		for _, p := range details.VulnerablePackages {
			one.Package, one.Version, one.Fixed = aws.ToString(p.Name), aws.ToString(p.Version), fixed(p.FixedInVersion)
			if r := aws.ToString(p.Release); r != "" {
				one.Version += "-" + r
			}
			out = append(out, one)
		}
	}
	return out
}

// fixed is a version; Inspector says in words that there is none.
func fixed(version *string) string {
	if v := aws.ToString(version); !strings.EqualFold(v, "NotAvailable") {
		return v
	}
	return ""
}

func severity(s string) deploy.Severity {
	switch s {
	case "CRITICAL":
		return deploy.Critical
	case "HIGH":
		return deploy.High
	case "MEDIUM":
		return deploy.Medium
	case "LOW":
		return deploy.Low
	case "INFORMATIONAL":
		return deploy.Negligible
	default: // UNDEFINED, UNTRIAGED
		return deploy.Unrated
	}
}
