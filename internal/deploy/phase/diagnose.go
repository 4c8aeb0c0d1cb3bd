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

// clue is what a platform or an application says when something certain is wrong. The words are those that Cloud Run,
// its start-up probe, registries and PostgreSQL clients use.
type clue struct {
	words         []string
	cause, remedy string
}

var deployClues = []clue{
	{[]string{"permission", "denied", "forbidden", "iam"}, "the platform may not read something that the revision needs",
		"check the roles of the service account and of the platform's agent: image, secrets, connections"},
	{[]string{"secret"}, "a secret that the revision names cannot be read", "check that each secret and its version exist, and that the service account may read them"},
	{[]string{"image", "manifest", "pull", "not found in registry"}, "the image cannot be had", "check that the image exists and that the platform may pull it"},
	{[]string{"memory limit", "out of memory", "oom"}, "it needs more memory than it may use", "raise memory in the catalog, or look for what uses it"},
	{[]string{"listen", "port", "failed to start", "start-up", "startup", "exit", "crash", "container called"}, "the application does not start",
		"read its last lines; check environment variables and secrets; run the image by hand"},
	{[]string{"/health", "answered", "says version"}, "it starts, and does not answer its health checks rightly", "read its last lines; check what it depends on, and that the image is the one meant"},
	{[]string{"quota", "limit"}, "the platform has no room for it", "look at the quotas of the project and the limits of the service"},
}

var runtimeClues = []clue{
	{[]string{"relation", "column", "does not exist", "undefined table", "undefined column"}, "the code and the schema of the database do not fit", "check whether the migration of this version was run, then release again"},
	{[]string{"too many connections", "too many clients", "remaining connection slots", "pool"}, "the database has no connections left", "lower the pool of each instance or its number of instances, or raise what the database takes"},
	{[]string{"connection refused", "no such host", "timeout", "timed out", "deadline", "unreachable", "reset by peer"}, "something it depends on does not answer", "check the dependency, its address and its credentials in this version's variables"},
	{[]string{"permission", "unauthorized", "unauthorised", "denied", "forbidden", "401", "403"}, "it may not use something it depends on", "check secrets and roles that this version needs"},
	{[]string{"out of memory", "memory limit", "oom", "heap"}, "it runs out of memory", "raise memory in the catalog, or look for the leak"},
	{[]string{"nil pointer", "panic", "exception", "undefined is not", "traceback", "null"}, "a defect in the code of this version", "mend it from the line above, and add the case to the tests"},
}

// diagnose says what probably went wrong and what to do about it. It goes by words and numbers, says on what, and
// stays silent where nothing speaks for anything.
func diagnose(r deploy.Release, in deploy.Incident) deploy.Diagnosis {
	switch {
	case r.Kind == deploy.Deploy && r.Facts.MaxShare == 0 && broken(r):
		return diagnoseDeploy(in)
	case slow(r):
		return diagnoseSlow(r, in)
	case failing(r, in):
		return diagnoseErrors(r, in)
	}
	return deploy.Diagnosis{}
}

func broken(r deploy.Release) bool {
	return slices.ContainsFunc(r.Steps, func(s deploy.Step) bool { return s.Status == deploy.Broken })
}

func diagnoseDeploy(in deploy.Incident) deploy.Diagnosis {
	d := deploy.Diagnosis{Symptom: deployFails, Cause: "not clear from what the platform says",
		Remedy: "check the image, the roles of the service account, variables and secrets, CPU and memory"}
	said := append([]string{in.Trigger}, in.Platform...)
	if c, text, ok := match(deployClues, append(said, texts(in.Lines)...)); ok {
		d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
	}
	return d
}

func diagnoseErrors(r deploy.Release, in deploy.Incident) deploy.Diagnosis {
	d := deploy.Diagnosis{Symptom: errorsRise, Cause: "the logs do not say why",
		Remedy: "compare what changed, then mend it or release without it"}
	if f, ok := beyond(r, deploy.Connections); ok {
		d.Cause, d.Remedy = "the database is short of connections ("+f.Text+")", runtimeClues[1].remedy
	}
	if len(in.Lines) == 0 {
		return d
	}
	d.Cause = fmt.Sprintf("not clear; %d× %s", in.Lines[0].Count, quoted(in.Lines[0].Text))
	if c, text, ok := match(runtimeClues, texts(in.Lines)); ok {
		d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
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
		{deploy.Connections, "the database is short of connections", runtimeClues[1].remedy},
	} {
		if f, ok := beyond(r, x.metric); ok {
			d.Cause, d.Remedy = x.cause+" ("+f.Text+")", x.remedy
			return d
		}
	}
	if c, text, ok := match(runtimeClues, texts(in.Lines)); ok {
		d.Cause, d.Remedy = c.cause+" ("+quoted(text)+")", c.remedy
	}
	return d
}

// slow says whether a latency is what the judge objects to, and errors are not.
func slow(r deploy.Release) bool {
	bad := func(f deploy.Finding) bool { return f.Verdict == deploy.Unhealthy && !f.DryRun }
	latency, errors := false, false
	for _, f := range r.Watch.Last.Findings {
		_, isLatency := f.Metric.Quantile()
		latency = latency || isLatency && bad(f)
		errors = errors || (f.Metric == deploy.ErrorRate || f.Metric == deploy.Availability) && bad(f)
	}
	return latency && !errors
}

func failing(r deploy.Release, in deploy.Incident) bool {
	return in.Failed > 0 || len(in.Lines) > 0 || slices.ContainsFunc(r.Watch.Last.Findings, func(f deploy.Finding) bool {
		return (f.Metric == deploy.ErrorRate || f.Metric == deploy.Availability) && f.Verdict == deploy.Unhealthy && !f.DryRun
	})
}

// beyond finds a metric that is past what is wanted of it.
func beyond(r deploy.Release, m deploy.MetricName) (deploy.Finding, bool) {
	for _, f := range r.Watch.Last.Findings {
		if f.Metric == m && f.Known && f.Value > f.Target {
			return f, true
		}
	}
	return deploy.Finding{}, false
}

// match finds the first clue, in the order of the texts: the platform's own words count before the application's.
func match(clues []clue, said []string) (clue, string, bool) {
	for _, text := range said {
		low := strings.ToLower(text)
		for _, c := range clues {
			if slices.ContainsFunc(c.words, func(w string) bool { return strings.Contains(low, w) }) {
				return c, text, true
			}
		}
	}
	return clue{}, "", false
}

func texts(groups []deploy.LogGroup) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.Text)
	}
	return list
}

func quoted(text string) string { return "“" + cut([]byte(text)) + "”" }
