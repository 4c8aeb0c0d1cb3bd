package scans

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/grafeas/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/filter"
)

const mostPage = 1000 // as the real one; it gives 20 to whoever names no number

// ListOccurrences answers with what was found in images, and with a discovery for each scan.
func (s *Server) ListOccurrences(_ context.Context, req *grafeas.ListOccurrencesRequest) (*grafeas.ListOccurrencesResponse, error) {
	if req.GetParent() != "projects/"+s.opts.Project {
		return nil, status.Errorf(codes.PermissionDenied, "permission \"containeranalysis.occurrences.list\" denied for %q (or it may not exist)", req.GetParent())
	}
	f, err := filter.Parse(req.GetFilter())
	if err == nil {
		err = f.Each(check)
	}
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid filter: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*grafeas.Occurrence
	for _, k := range s.scans {
		if s.fault.Scanning {
			k.Status, k.Findings = grafeas.DiscoveryOccurrence_SCANNING, nil
		}
		// The image is the same one whatever registry it is asked about at; the answer is about the one that was meant.
		asked := ""
		for _, o := range s.occurrences(k) {
			fits := f.Match(func(c filter.Comparison) bool {
				if c.Field == "resourceUrl" {
					asked = c.Values[0]
					return k.is(asked) == (c.Op == "=")
				}
				return holds(c, o)
			})
			if fits {
				if asked != "" {
					o.ResourceUri = asked
				}
				all = append(all, o)
			}
		}
	}
	return page(all, req)
}

func page(all []*grafeas.Occurrence, req *grafeas.ListOccurrencesRequest) (*grafeas.ListOccurrencesResponse, error) {
	size, from := int(req.GetPageSize()), 0
	if size <= 0 {
		size = 20
	}
	if req.GetPageToken() != "" {
		n, err := strconv.Atoi(req.GetPageToken())
		if err != nil || n < 0 || n > len(all) {
			return nil, status.Error(codes.InvalidArgument, "invalid page token")
		}
		from = n
	}
	to := min(from+min(size, mostPage), len(all))
	res := &grafeas.ListOccurrencesResponse{Occurrences: all[from:to]}
	if to < len(all) {
		res.NextPageToken = strconv.Itoa(to)
	}
	return res, nil
}

// check refuses comparisons that mean nothing here.
func check(c filter.Comparison) error {
	switch c.Field {
	case "kind", "resourceUrl", "noteProjectId":
	default:
		return fmt.Errorf("unknown field %s", c.Field)
	}
	if c.Func != "" || c.Op != "=" && c.Op != "!=" {
		return fmt.Errorf("%s is not understood", c)
	}
	return nil
}

func holds(c filter.Comparison, o *grafeas.Occurrence) bool {
	value := o.GetKind().String()
	if c.Field == "noteProjectId" {
		value = noteProject
	}
	holds, _ := c.Compare(value)
	return holds
}

const noteProject = "goog-vulnz"

// occurrences are those of a scan: the discovery, then what was found. Under mu.
func (s *Server) occurrences(k scan) []*grafeas.Occurrence {
	at, resource := timestamppb.New(k.At), "https://gcr.io/"+k.repository+"@"+k.digest
	one := func(note string, kind grafeas.NoteKind) *grafeas.Occurrence {
		return &grafeas.Occurrence{
			Name:        fmt.Sprintf("projects/%s/occurrences/%s-%.12s", s.opts.Project, note, k.digest[len(k.digest)-12:]),
			ResourceUri: resource, NoteName: "projects/" + noteProject + "/notes/" + note, Kind: kind, CreateTime: at, UpdateTime: at,
		}
	}
	discovery := one("PACKAGE_VULNERABILITY", grafeas.NoteKind_DISCOVERY)
	d := &grafeas.DiscoveryOccurrence{ContinuousAnalysis: grafeas.DiscoveryOccurrence_ACTIVE, AnalysisStatus: k.Status}
	if k.Status == grafeas.DiscoveryOccurrence_FINISHED_SUCCESS {
		d.LastScanTime = at
	}
	discovery.Details = &grafeas.Occurrence_Discovery{Discovery: d}
	out := []*grafeas.Occurrence{discovery}
	for _, f := range k.Findings {
		o := one(f.ID, grafeas.NoteKind_VULNERABILITY)
		o.Details = &grafeas.Occurrence_Vulnerability{Vulnerability: f.occurrence()}
		out = append(out, o)
	}
	return out
}

func (f Finding) occurrence() *grafeas.VulnerabilityOccurrence {
	fixed := &grafeas.Version{Kind: grafeas.Version_MAXIMUM}
	if f.Fixed != "" {
		fixed = &grafeas.Version{Kind: grafeas.Version_NORMAL, FullName: f.Fixed, Name: f.Fixed}
	}
	return &grafeas.VulnerabilityOccurrence{
		Severity: f.Severity, EffectiveSeverity: f.Severity, FixAvailable: f.Fixed != "", ShortDescription: f.ID,
		RelatedUrls: []*grafeas.RelatedUrl{{Url: "https://security-tracker.debian.org/tracker/" + f.ID, Label: "More Info"}},
		PackageIssue: []*grafeas.VulnerabilityOccurrence_PackageIssue{{
			AffectedPackage: f.Package, FixedPackage: f.Package, PackageType: "OS", FixAvailable: f.Fixed != "", EffectiveSeverity: f.Severity,
			AffectedVersion: &grafeas.Version{Kind: grafeas.Version_NORMAL, FullName: f.Version, Name: f.Version}, FixedVersion: fixed,
		}},
	}
}
