package registry

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"slipway/internal/deploy"
)

const (
	// maxReport is the size of a report, in bytes. Trivy writes some 2 KiB for a finding.
	maxReport = 32 << 20
	// maxUndated is how many reports are read whose attachment does not say how old they are.
	maxUndated = 10
)

var (
	// declared is what calls itself a report of a scanner, so that it has to be one.
	declared = regexp.MustCompile(`(?i)trivy|grype|sarif`)
	// others are attachments that are no reports, so that they are not even read.
	others = regexp.MustCompile(`(?i)cyclonedx|spdx|syft|in-toto|sigstore|cosign\.(artifact|simplesigning)|notary`)

	errTooLarge = errors.New("larger than a report may be")
)

// candidate is a blob that may be a report.
type candidate struct {
	attachment

	blob     v1.Descriptor
	declared bool
}

// reading is what came of one.
type reading struct {
	at   time.Time // by which the newest is found
	scan deploy.Scan
	err  error
}

// Scan reads the newest report that is attached to the image, or to the index it is in: Trivy's JSON (also as cosign
// wraps it), Grype's JSON, or SARIF. What calls itself a report of Trivy or Grype, or SARIF, in its artifact type, media
// type or file name has to be one; other JSON may be one. Every result of a SARIF report is a finding. Codes: NotFound
// (none is attached), Invalid (the newest report cannot be read, or is larger than 32 MiB), Forbidden, Unavailable.
func (i *Images) Scan(ctx context.Context, img deploy.Image) (deploy.Scan, error) {
	doing := "read the scan of " + img.Ref()
	within, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	ref, err := byDigest(doing, img)
	if err != nil {
		return deploy.Scan{}, err
	}
	found, err := i.candidates(within, ref, img)
	if err != nil {
		return deploy.Scan{}, i.explain(ctx, doing, ref, err)
	}
	newest, err := newest(found)
	switch {
	case err != nil:
		return deploy.Scan{}, i.explain(ctx, doing, ref, err)
	case newest == nil:
		return deploy.Scan{}, &deploy.Error{
			Code: deploy.NotFound, Op: doing, Msg: "no report of a scanner is attached to the image",
			Hint: "attach one: `trivy image --format json --output trivy.json " + img.Ref() + "`, then `oras attach --artifact-type application/vnd.aquasec.trivy.report+json " + img.Ref() + " trivy.json:application/json`",
		}
	case newest.err != nil:
		return deploy.Scan{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: "the newest report that is attached to the image cannot be read: " + unreadable(newest.err),
			Hint: "attach it again, as Trivy's or Grype's JSON or as SARIF, at most 32 MiB", Err: newest.err,
		}
	}
	return newest.scan, nil
}

func unreadable(err error) string {
	if errors.Is(err, errTooLarge) {
		return "it is larger than 32 MiB"
	}
	return "it is neither a report of Trivy or Grype in JSON nor SARIF"
}

// candidates are the blobs that may be reports, the newest first, those without a date last.
func (i *Images) candidates(ctx context.Context, ref name.Digest, img deploy.Image) ([]candidate, error) {
	subjects, err := i.subjects(ctx, ref, img)
	if err != nil {
		return nil, err
	}
	var out []candidate
	for _, subject := range subjects {
		found, err := i.attached(ctx, subject, func(kind string) bool { return !others.MatchString(kind) })
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			for _, d := range a.manifest.Layers {
				about := strings.Join([]string{a.kind, string(d.MediaType), d.Annotations["org.opencontainers.image.title"]}, " ")
				c := candidate{a, d, declared.MatchString(about)}
				if c.declared || strings.Contains(string(d.MediaType), "json") && !others.MatchString(about) {
					out = append(out, c)
				}
			}
		}
	}
	return out, nil
}

// newest reads what may be the newest report: the first that has a date, and those that have to be read to know. One
// without any date that cannot be read counts as the newest: somebody has to look at it.
func newest(found []candidate) (*reading, error) {
	var best *reading
	dated, undated := time.Time{}, 0
	for _, c := range found {
		if c.at.IsZero() {
			if undated++; undated > maxUndated {
				continue
			}
		} else if c.at.Before(dated) {
			continue
		}
		r, err := c.read()
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		if c.at.After(dated) {
			dated = c.at
		}
		if best == nil || r.at.After(best.at) {
			best = r
		}
	}
	return best, nil
}

// read reads a report; nil if it is none and never said it was. An error is the registry's.
func (c candidate) read() (*reading, error) {
	out := &reading{at: c.at}
	if c.blob.Size > maxReport {
		out.err = errTooLarge
	} else {
		data, err := blob(c.content, c.blob, maxReport)
		if missing(err) {
			return nil, nil //nolint:nilnil // it was removed in the meantime: no report, and no error
		}
		if err != nil {
			return nil, fmt.Errorf("read an attachment: %w", err)
		}
		out.scan, out.err = parse(data)
	}
	if out.err != nil && !c.declared {
		return nil, nil //nolint:nilnil // other JSON: no report, and no error
	}
	if out.scan.At.IsZero() {
		out.scan.At = c.at
	}
	if out.at.IsZero() {
		out.at = out.scan.At
		if out.err != nil {
			out.at = time.Unix(1<<40, 0)
		}
	}
	return out, nil
}
