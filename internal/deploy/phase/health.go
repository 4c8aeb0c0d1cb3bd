package phase

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	healthTries = 5               // looks at a candidate that answers wrongly, before it is given up
	healthPause = time.Second     // between two looks
	excerpt     = 200             // bytes of a wrong answer shown to people
	probeWithin = 5 * time.Second // one GET, where the catalog does not say
)

// health asks the candidate itself, on its own URL, before any user sees it.
func (p Ports) health(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	var notes []string
	for _, check := range r.Spec.Health {
		note, err := p.probe(ctx, candidateURL(r), check, r.Version)
		if err == nil {
			notes = append(notes, note)
			continue
		}
		if ctx.Err() != nil {
			return deploy.Outcome{}, err
		}
		if s.Looks+1 < healthTries {
			return deploy.Outcome{Facts: r.Facts, Again: healthPause, Note: deploy.Message(err)}, nil
		}
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "check " + string(r.Facts.Candidate.Name),
			Msg: fmt.Sprintf("%s (%d times)", deploy.Message(err), healthTries), Err: err}
	}
	return deploy.Outcome{Facts: r.Facts, Note: strings.Join(notes, ", ")}, nil
}

// candidateURL is where the candidate is asked: at its own address, or if it has none, where users are.
func candidateURL(r deploy.Release) string { return cmp.Or(r.Facts.Candidate.URL, r.Spec.URL) }

// probe makes one check. The error says what was asked, what came back and what was expected.
func (p Ports) probe(ctx context.Context, base string, c deploy.HealthCheck, version string) (note string, err error) {
	url := strings.TrimSuffix(base, "/") + c.Path
	within := c.Timeout
	if within <= 0 {
		within = probeWithin
	}
	resp, err := p.Prober.Get(ctx, url, within)
	if err != nil {
		return "", err
	}
	if resp.Status != c.Status {
		return "", wrong(url, fmt.Sprintf("answered %d, expected %d: %s", resp.Status, c.Status, cut(resp.Body)))
	}
	if c.Version && version != "" {
		var body struct {
			Version string `json:"version"`
		}
		if err := json.Unmarshal(resp.Body, &body); err != nil {
			return "", wrong(url, "expected JSON with a version: "+cut(resp.Body))
		}
		if body.Version != version {
			return "", wrong(url, fmt.Sprintf("says version %q, expected %q", body.Version, version))
		}
		return fmt.Sprintf("%s %d %s %s", c.Path, resp.Status, version, answeredIn(resp.Took)), nil
	}
	return fmt.Sprintf("%s %d %s", c.Path, resp.Status, answeredIn(resp.Took)), nil
}

func answeredIn(d time.Duration) string {
	if d < time.Millisecond {
		return "<1 ms"
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

func wrong(url, what string) error {
	return &deploy.Error{Code: deploy.Invalid, Op: "GET " + url, Msg: "GET " + url + " " + what}
}

func cut(body []byte) string {
	text := strings.ToValidUTF8(strings.Join(strings.Fields(string(body)), " "), "?")
	if len(text) > excerpt {
		return strings.ToValidUTF8(text[:excerpt], "") + "…"
	}
	return text
}
