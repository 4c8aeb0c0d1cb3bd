package phase

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// The three symptoms of the guide's troubleshooting.
const (
	deployFails = "the deployment failed"
	errorsRise  = "errors rose"
	gotSlow     = "it got slow"
)

// diagnose says what probably went wrong and what to do about it. It goes by words and numbers, says on what, and
// stays silent where nothing speaks for anything.
func diagnose(r deploy.Release, in deploy.Incident) deploy.Diagnosis {
	step, broke := broken(r)
	switch {
	case r.Kind == deploy.Deploy && r.Facts.MaxShare == 0 && broke, r.Kind == deploy.Deploy && fellWhileRolling(r, in.Part):
		return diagnoseDeploy(r, in, step)
	case slow(r):
		return diagnoseSlow(r, in)
	case failing(r, in):
		return diagnoseErrors(r, in)
	}
	return deploy.Diagnosis{}
}

// fellWhileRolling says whether a rolling deployment of a part never came to its end: its tasks did not come up.
func fellWhileRolling(r deploy.Release, part string) bool {
	return r.Spec.Strategy.Kind == deploy.Rolling && slices.ContainsFunc(r.Steps, func(s deploy.Step) bool {
		return s.Kind == deploy.KindShift && s.Part == part && (s.Status == deploy.Broken || s.Status == deploy.Skipped && !s.Begun.IsZero() && r.Watch.Way.Fell != "")
	})
}

func broken(r deploy.Release) (deploy.Step, bool) {
	for _, s := range r.Steps {
		if s.Status == deploy.Broken {
			return s, true
		}
	}
	return deploy.Step{}, false
}

// diagnoseDeploy goes by what the platform says, and where that is only that it does not work, by the last lines of
// the application itself.
func diagnoseDeploy(r deploy.Release, in deploy.Incident, step deploy.Step) deploy.Diagnosis {
	d := deploy.Diagnosis{Symptom: deployFails, Cause: "not clear from what the platform says",
		Remedy: "check the image, the roles of the service account, variables and secrets, CPU and memory"}
	service, lines := r.Spec.Platform.Service.Name, texts(in.Lines)
	c, text, ok := match(deployClues, service, slices.Concat(in.Platform, []string{withoutHint(in.Trigger)}, lines))
	if step.Kind == deploy.KindHealth { // it is up, so none of those
		c, text, ok = isUnhealthy, in.Trigger, true
	}
	if step.Kind == deploy.KindSmoke { // nor is it unhealthy
		c, text, ok = failsChecks, in.Trigger, true
	}
	if step.Kind == deploy.KindLoad {
		c, text, ok = bearsNoLoad, in.Trigger, true
	}
	if step.Kind == deploy.KindMigrate || step.Kind == deploy.KindRunJob { // it was never made
		c, text, ok = doesNotMigrate, withoutHint(in.Trigger), true
	}
	if !ok {
		return d
	}
	d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
	if c.cause != doesNotStart.cause && c.cause != isUnhealthy.cause && c.cause != failsChecks.cause && c.cause != bearsNoLoad.cause {
		return d
	}
	if why, text, ok := match(runtimeClues, service, lines); ok {
		d.Cause, d.Remedy = c.cause+": "+why.cause+" ("+quoted(text)+")", why.remedy
		return bySchema(r, in, why, d)
	}
	return d
}

// withoutHint is what went wrong without what Slipway advises, which names whatever it might be.
func withoutHint(why string) string {
	if i := strings.LastIndex(why, "; "); i > 0 {
		return why[:i]
	}
	return why
}

func diagnoseErrors(r deploy.Release, in deploy.Incident) deploy.Diagnosis {
	d := deploy.Diagnosis{Symptom: errorsRise, Cause: "the logs do not say why",
		Remedy: "compare what changed, then mend it or release without it"}
	if c, text, ok := match(runtimeClues, r.Spec.Platform.Service.Name, texts(in.Lines)); ok {
		d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
		return bySchema(r, in, c, d)
	}
	if f, ok := beyond(r, deploy.Connections); ok {
		d.Cause, d.Remedy = "the database is short of connections ("+f.Text+")", fewerConnection
		return d
	}
	if c, text, ok := match(databaseClues, "", in.Database); ok {
		d.Cause, d.Remedy = c.cause+" ("+text+")", c.remedy
		return d
	}
	if len(in.Lines) > 0 {
		d.Cause = fmt.Sprintf("not clear; %d× %s", in.Lines[0].Count, quoted(in.Lines[0].Text))
	}
	return d
}

func diagnoseSlow(r deploy.Release, in deploy.Incident) deploy.Diagnosis {
	d := deploy.Diagnosis{Symptom: gotSlow, Cause: "neither CPU nor memory nor the database's connections are short, so probably the code or its queries",
		Remedy: "look for slow queries and for calls made one after the other that this version added"}
	for _, x := range []struct {
		metric        deploy.MetricName
		cause, remedy string
	}{
		{deploy.CPU, "it is short of CPU", "raise cpu in the catalog, or lower concurrency"},
		{deploy.Memory, "it is short of memory", "raise memory in the catalog, or look for a leak"},
		{deploy.Connections, "the database is short of connections", fewerConnection},
	} {
		if f, ok := beyond(r, x.metric); ok {
			d.Cause, d.Remedy = x.cause+" ("+f.Text+")", x.remedy
			return d
		}
	}
	if c, text, ok := match(runtimeClues, r.Spec.Platform.Service.Name, texts(in.Lines)); ok {
		d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
		return bySchema(r, in, c, d)
	}
	if c, text, ok := match(slices.Concat(databaseClues, []clue{indexClue}), "", in.Database); ok {
		d.Cause, d.Remedy = c.cause+" ("+text+")", c.remedy
		return d
	}
	if query, ok := slowest(in.Database); ok {
		d.Remedy += "; slowest in the database, since its statistics were begun: " + query
	}
	return d
}

// slow says whether a latency is what the judge objects to, and errors are not.
func slow(r deploy.Release) bool {
	latency, errors := false, false
	for _, f := range r.Watch.Last.Findings {
		_, isLatency := f.Metric.Quantile()
		latency = latency || isLatency && objected(f)
		errors = errors || ofErrors(f) && objected(f)
	}
	return latency && !errors
}

// failing says whether errors rose. Every service has some: what the judge says of them counts first, then how many
// requests failed, and lines in the log only where nobody has counted.
func failing(r deploy.Release, in deploy.Incident) bool {
	findings := r.Watch.Last.Findings
	if slices.ContainsFunc(findings, func(f deploy.Finding) bool { return ofErrors(f) && objected(f) }) {
		return true
	}
	if slices.ContainsFunc(findings, func(f deploy.Finding) bool { return f.Metric == deploy.ErrorRate && f.Verdict == deploy.Healthy }) {
		return false
	}
	if in.Requests > 0 {
		return float64(in.Failed) > wanted(r)*float64(in.Requests)
	}
	return len(in.Lines) > 0
}

// wanted is the share of errors that a release is meant to stay below.
func wanted(r deploy.Release) float64 {
	if r.Spec.Metrics == nil {
		return 0
	}
	for _, o := range r.Spec.Metrics.Objectives {
		if o.Metric == deploy.ErrorRate {
			return o.Target
		}
	}
	return 0
}

func ofErrors(f deploy.Finding) bool {
	return f.Metric == deploy.ErrorRate || f.Metric == deploy.Availability
}

func objected(f deploy.Finding) bool { return f.Verdict == deploy.Unhealthy && !f.DryRun }

// beyond finds a metric that is past what is wanted of it, and was not just as high in the stable revision.
func beyond(r deploy.Release, m deploy.MetricName) (deploy.Finding, bool) {
	for _, f := range r.Watch.Last.Findings {
		if f.Metric == m && f.Known && f.Value > f.Target && (f.StableOf == 0 || f.Value > 1.1*f.Stable) {
			return f, true
		}
	}
	return deploy.Finding{}, false
}

func texts(groups []deploy.LogGroup) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.Text)
	}
	return list
}

func quoted(text string) string { return "“" + cut([]byte(text)) + "”" }
