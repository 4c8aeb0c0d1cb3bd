package phase

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	mostAtOnce = 50  // checks run at the same time: as many as the catalog takes of a stage
	mostOfOne  = 600 // bytes that one check which went wrong may say
)

// smoke tells the candidate the smoke checks, on its own URL, before any user sees it.
func (p Ports) smoke(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	return p.tell(ctx, r, deploy.Smoke, candidateURL(r))
}

// functional tells the functional checks to the service, where users reach it. It has had all of the traffic since the
// step before.
func (p Ports) functional(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	url, err := p.usersURL(ctx, r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	return p.tell(ctx, r, deploy.Functional, url)
}

// usersURL is where users reach the service: what the catalog says, or else the platform.
func (p Ports) usersURL(ctx context.Context, r deploy.Release) (string, error) {
	if r.Spec.URL != "" {
		return r.Spec.URL, nil
	}
	pf, err := p.platform(r)
	if err != nil {
		return "", err
	}
	svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
	return svc.URL, err
}

// values are those that checks may name.
func values(r deploy.Release) map[string]string {
	return map[string]string{"VERSION": r.Version, "ENVIRONMENT": r.Target.Environment}
}

// checked is what became of one check.
type checked struct {
	check  deploy.Check
	report deploy.CheckReport
	err    error
}

// tell runs the checks of a stage in the time of the slowest. A run that was interrupted is begun anew, with all of them.
func (p Ports) tell(ctx context.Context, r deploy.Release, stage deploy.CheckStage, url string) (deploy.Outcome, error) {
	if p.Checker == nil {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "run the checks", Msg: "this Slipway runs no checks"}
	}
	all := make([]checked, 0, len(r.Spec.Checks))
	for _, c := range r.Spec.ChecksAt(stage) {
		all = append(all, checked{check: c})
	}
	var checks together
	seats := make(chan struct{}, mostAtOnce)
	for i := range all {
		t := &all[i]
		seats <- struct{}{}
		checks.begin(func() {
			defer func() { <-seats }()
			t.report, t.err = p.Checker.Run(ctx, deploy.CheckRequest{
				Check: t.check, BaseURL: url, Service: r.Spec.Platform.Service, Public: r.Spec.Public,
				Values: values(r),
			})
		})
	}
	checks.wait()
	return sum(ctx, r.Facts, stage, all)
}

// sum says what the checks came to. Asking again would not help one that has failed for good, so that it decides also
// when another had no answer.
func sum(ctx context.Context, facts deploy.Facts, stage deploy.CheckStage, all []checked) (deploy.Outcome, error) {
	var failed, unanswered []checked
	for _, t := range all {
		switch {
		case t.err == nil:
		case ctx.Err() != nil || deploy.Retryable(t.err):
			unanswered = append(unanswered, t)
		case deploy.CodeOf(t.err) == deploy.Internal, deploy.CodeOf(t.err) == deploy.Fenced:
			return deploy.Outcome{}, t.err
		default:
			failed = append(failed, t)
		}
	}
	e := &deploy.Error{Op: "run the " + string(stage) + " checks"}
	switch {
	case len(failed) > 0:
		e.Code = deploy.Invalid
		e.Msg = headline(len(failed), all, stage, "failed", failed) + bad(all) + good(all)
	case len(unanswered) > 0:
		e.Code = deploy.Unavailable
		e.Msg = headline(len(unanswered), all, stage, "without an answer", unanswered) + bad(all)
	default:
		return deploy.Outcome{Facts: facts, Note: headline(len(all), all, stage, "passed", nil) + good(all)}, nil
	}
	return deploy.Outcome{}, e
}

// headline is 1 of 4 smoke checks failed: API endpoint.
func headline(n int, all []checked, stage deploy.CheckStage, became string, named []checked) string {
	noun := "checks"
	if len(all) == 1 {
		noun = "check"
	}
	text := fmt.Sprintf("%d of %d %s %s %s", n, len(all), stage, noun, became)
	for i, t := range named {
		text += [...]string{": ", ", "}[min(i, 1)] + t.check.Name
	}
	return text
}

// bad is a line for each check that did not pass.
func bad(all []checked) string {
	var lines strings.Builder
	for _, t := range all {
		if t.err == nil {
			continue
		}
		lines.WriteString("\n✗ " + t.check.Name + ": " + brief(deploy.Message(t.err)))
		if hint := deploy.Hint(t.err); hint != "" {
			lines.WriteString("; " + brief(hint))
		}
	}
	return lines.String()
}

// good is a line for each check that passed.
func good(all []checked) string {
	var lines strings.Builder
	for _, t := range all {
		if t.err == nil {
			lines.WriteString("\n✓ " + t.check.Name + "  " + effort(t.report))
		}
	}
	return lines.String()
}

// brief cuts what one check says, so that no other is kept from saying it.
func brief(text string) string {
	if len(text) <= mostOfOne {
		return text
	}
	return strings.ToValidUTF8(text[:mostOfOne], "") + "…"
}

// effort is 5 calls, 120 ms, 2 tries; of what makes no calls PostgreSQL 15.3, 12 ms, by job slipway-probe
// or beside the bot.
func effort(r deploy.CheckReport) string {
	text := "1 call"
	switch {
	case r.Calls == 0 && r.Note != "":
		text = brief(r.Note)
	case r.Calls == 0:
		text = "passed"
	case r.Calls != 1:
		text = fmt.Sprintf("%d calls", r.Calls)
	}
	if r.Took < 10*time.Second {
		text += ", " + answeredIn(r.Took)
	} else {
		text += ", " + deploy.Took(r.Took)
	}
	if r.Tries > 1 {
		text += fmt.Sprintf(", %d tries", r.Tries)
	}
	switch {
	case r.From != "":
		text += ", by " + r.From
	case r.Calls == 0:
		text += ", beside the bot"
	}
	return text
}
