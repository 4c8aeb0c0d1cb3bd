package scans

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

type first []deploy.Scanner

// First is a scanner that asks others in turn: the first that has a scan wins. NotFound if none has, with what each of
// them says; any other error is returned as it is, because a scan that cannot be read, or is still going on, is no reason
// to go by another.
func First(scanners ...deploy.Scanner) deploy.Scanner { return first(slices.Clone(scanners)) }

// Scan asks them in turn.
func (f first) Scan(ctx context.Context, img deploy.Image) (deploy.Scan, error) {
	var said []string
	hint := "have it scanned, or attach a report of Trivy or Grype to it"
	for _, s := range f {
		scan, err := s.Scan(ctx, img)
		if deploy.CodeOf(err) != deploy.NotFound {
			return scan, err
		}
		said = append(said, deploy.Message(err))
		if h := deploy.Hint(err); len(said) == 1 && h != "" {
			hint = h
		}
	}
	if len(said) == 0 {
		said = []string{"there is nobody to ask"}
	}
	return deploy.Scan{}, &deploy.Error{Code: deploy.NotFound, Op: "find a scan of " + img.Ref(), Msg: strings.Join(said, "; "), Hint: hint}
}
