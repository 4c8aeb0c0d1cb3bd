package scans_test

import (
	"context"
	"errors"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/scans"
)

// one is a scanner that answers with a scan by its name, or an error.
type one struct {
	name string
	err  error
}

func (o one) Scan(context.Context, deploy.Image) (deploy.Scan, error) {
	return deploy.Scan{Source: o.name}, o.err
}

func TestTheFirstThatHasAScanWins(t *testing.T) {
	t.Parallel()
	none := func(msg string) deploy.Scanner {
		return one{"", &deploy.Error{Code: deploy.NotFound, Msg: msg, Hint: "hint of " + msg}}
	}
	down := &deploy.Error{Code: deploy.Unavailable, Msg: "it is down"}
	for name, tc := range map[string]struct {
		asked  []deploy.Scanner
		source string
		code   deploy.Code
		says   string
		hint   string
	}{
		"the first":                     {[]deploy.Scanner{one{"a", nil}, one{"b", down}}, "a", "", "", ""},
		"the second":                    {[]deploy.Scanner{none("a has none"), one{"b", nil}}, "b", "", "", ""},
		"none has":                      {[]deploy.Scanner{none("a has none"), none("b has none")}, "", deploy.NotFound, "a has none; b has none", "hint of a has none"},
		"one that cannot say":           {[]deploy.Scanner{none("a has none"), one{"", down}, one{"c", nil}}, "", deploy.Unavailable, "it is down", ""},
		"one that is still at it":       {[]deploy.Scanner{one{"", &deploy.Error{Code: deploy.NotYet, Msg: "wait"}}, one{"c", nil}}, "", deploy.NotYet, "wait", ""},
		"what is no error of Slipway's": {[]deploy.Scanner{one{"", errors.New("odd")}, one{"c", nil}}, "", deploy.Internal, "internal error", ""},
		"nobody is asked":               {nil, "", deploy.NotFound, "there is nobody to ask", "have it scanned, or attach a report of Trivy or Grype to it"},
	} {
		got, err := scans.First(tc.asked...).Scan(t.Context(), image)
		if got.Source != tc.source || deploy.CodeOf(err) != tc.code || deploy.Message(err) != tc.says || deploy.Hint(err) != tc.hint {
			t.Errorf("%s: %+v, %v, hint %q", name, got, err, deploy.Hint(err))
		}
	}
}
