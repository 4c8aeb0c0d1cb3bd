package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// prove looks at one thing that a machine can look at. The error says what was found instead; a retryable one, that
// nobody can tell for now.
func (l *looking) prove(ctx context.Context, proof deploy.Proof) error {
	switch proof.Kind {
	case deploy.ProveImage:
		return l.proveImage(ctx)
	case deploy.ProveScan:
		return l.proveScan(ctx)
	case deploy.ProveSecrets:
		return l.proveSecrets(ctx)
	case deploy.ProveHTTPS:
		return l.proveHTTPS(ctx, proof.Arg)
	case deploy.ProveCertificate:
		return l.proveCertificate(ctx, proof.Arg)
	case deploy.ProveDNS:
		return l.proveDNS(ctx, proof.Arg)
	case deploy.ProveURL:
		return l.proveURL(ctx, proof.Arg)
	case deploy.ProveAlerts:
		return l.proveAlerts(ctx)
	case deploy.ProveOnCall:
		return l.proveOnCall(ctx)
	case deploy.ProveMetrics:
		return l.proveMetrics(ctx)
	case deploy.ProveLiveIn:
		return l.proveLiveIn(ctx, proof.Arg)
	case deploy.ProveChecks:
		if len(l.r.Spec.ChecksAt(deploy.CheckStage(proof.Arg))) == 0 {
			return cannot("the catalog has no check of the stage " + proof.Arg)
		}
		return nil
	case deploy.ProveCheck:
		return l.proveCheck(ctx, proof.Arg)
	case deploy.ProveWayBack:
		return l.proveWayBack(ctx)
	}
	return cannot("this version of Slipway cannot prove " + string(proof.Kind))
}

// proveImage looks for the image by its digest; without somebody who can, for its tag.
func (l *looking) proveImage(ctx context.Context) error {
	img := l.r.Facts.Image
	if l.Inspector != nil {
		_, err := l.Inspector.Inspect(ctx, img)
		return err
	}
	found, err := l.Images.Resolve(ctx, l.r.Spec.Image, l.r.Version)
	if err == nil && found.Digest != img.Digest {
		return cannot(fmt.Sprintf("the tag %s leads to %s by now, not to %s", l.r.Version, short(found.Digest), short(img.Digest)))
	}
	return err
}

func (l *looking) proveAlerts(ctx context.Context) error {
	if l.Alerts == nil {
		return cannot("this Slipway cannot see alert policies")
	}
	service := l.r.Spec.Platform.Service
	names, err := l.Alerts.About(ctx, service)
	if err == nil && len(names) == 0 {
		return cannot("no enabled alert policy of " + service.Project + " is about " + service.Name)
	}
	return err
}

// proveOnCall looks for somebody who is mentioned when somebody must act. A single person is somebody.
func (l *looking) proveOnCall(ctx context.Context) error {
	group := l.r.Spec.OnCall
	switch {
	case group == "":
		return cannot("the catalog names nobody on call (on_call)")
	case strings.HasPrefix(group, "U"), strings.HasPrefix(group, "W"):
		return nil
	case l.People == nil:
		return cannot("this Slipway cannot see who is in a group")
	}
	people, err := l.People.Members(ctx, deploy.Principal(group))
	if err == nil && len(people) == 0 {
		return cannot("nobody is in " + group)
	}
	return err
}

func (l *looking) proveMetrics(ctx context.Context) error {
	m := l.r.Spec.Metrics
	if m == nil {
		return cannot("the catalog names no metrics for " + l.r.Target.String())
	}
	source, ok := l.Metrics[m.Source]
	if !ok {
		return cannot("this Slipway has no client for metrics from " + string(m.Source))
	}
	return source.Check(ctx, l.r.Spec.Platform.Service, *m)
}

// proveLiveIn compares the content of what is live in another environment.
func (l *looking) proveLiveIn(ctx context.Context, environment string) error {
	if l.Live == nil {
		return cannot("this Slipway does not know what is live elsewhere")
	}
	live, err := l.Live.Live(ctx, deploy.Target{Service: l.r.Target.Service, Environment: environment})
	if deploy.CodeOf(err) == deploy.NotFound {
		return cannot("Slipway has released nothing to " + environment + " so far")
	}
	if err != nil {
		return err
	}
	landed := live.Landed()
	_, there, _ := strings.Cut(landed.Image, "@")
	if here := l.r.Facts.Image.Digest; there != here {
		return cannot(fmt.Sprintf("%s is live in %s (%s), not %s (%s)", known(landed.Version), environment, short(there), l.r.Version, short(here)))
	}
	return nil
}

// proveCheck runs a dependency check before its time. It is run again at its stage. It has one try and less than the time
// of a look, which is made again by itself: what ends with the look only says that it was broken off.
func (l *looking) proveCheck(ctx context.Context, name string) error {
	at := slices.IndexFunc(l.r.Spec.Checks, func(c deploy.Check) bool { return c.Name == name && c.Dependency != nil })
	switch {
	case at < 0:
		return cannot("the catalog has no check of a dependency that is called " + name)
	case l.Checker == nil:
		return cannot("this Slipway runs no checks")
	}
	check := l.r.Spec.Checks[at]
	check.Tries, check.Within = 1, min(check.Within, checkWithin)
	_, err := l.Checker.Run(ctx, deploy.CheckRequest{
		Check: check, Service: l.r.Spec.Platform.Service, Values: values(l.r), Public: l.r.Spec.Public,
	})
	return err
}

// proveWayBack makes sure that a rollback has somewhere to go.
func (l *looking) proveWayBack(ctx context.Context) error {
	pf, err := l.platform(l.r)
	if err != nil {
		return err
	}
	svc, err := pf.Describe(ctx, l.r.Spec.Platform.Service)
	if err != nil {
		return err
	}
	name, err := svc.Baseline()
	if err != nil {
		return err
	}
	baseline := l.r.Facts.Baseline.Name
	if name != baseline {
		return cannot(fmt.Sprintf("%s has all of the traffic by now, not %s", name, baseline))
	}
	rev, err := pf.Revision(ctx, l.r.Spec.Platform.Service, name)
	if err == nil && rev.Failed {
		return cannot(fmt.Sprintf("%s, which has all of the traffic, could not be started again: %s", name, rev.Reason))
	}
	return err
}
