package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/chart"
	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/github"
	"slipway/internal/deploy/provider/logging"
	"slipway/internal/deploy/provider/monitoring"
	"slipway/internal/deploy/provider/prometheus"
	"slipway/internal/deploy/provider/webhook"
)

// watching is where metrics and logs come from.
type watching struct {
	cloud *monitoring.Metrics
	prom  *prometheus.Metrics
	lines *logging.Logs
}

func (b *bot) makeWatching(ctx context.Context) (err error) {
	if b.watching.cloud, err = monitoring.New(ctx, &monitoring.Options{Endpoint: b.cfg.seeURL}); err != nil {
		return err
	}
	if b.watching.lines, err = logging.New(ctx, &logging.Options{Endpoint: b.cfg.logURL}); err != nil {
		return err
	}
	b.watching.prom = prometheus.New(&prometheus.Options{Token: b.cfg.promAuth})
	return nil
}

func (b *bot) sources() map[deploy.MetricsSource]deploy.Metrics {
	return map[deploy.MetricsSource]deploy.Metrics{deploy.CloudMonitoring: b.watching.cloud, deploy.Prometheus: b.watching.prom, deploy.CloudWatch: b.amazon.watch}
}

func (b *bot) logs() map[deploy.PlatformKind]deploy.Logs {
	return map[deploy.PlatformKind]deploy.Logs{deploy.CloudRun: b.watching.lines, deploy.ECS: b.amazon.watch}
}

func (w watching) close() error {
	var errs []error
	if w.cloud != nil {
		errs = append(errs, w.cloud.Close())
	}
	if w.lines != nil {
		errs = append(errs, w.lines.Close())
	}
	if w.prom != nil {
		errs = append(errs, w.prom.Close())
	}
	return errors.Join(errs...)
}

// checkWatching asks each target's source whether the target could be watched, and its parts that are.
func (b *bot) checkWatching(ctx context.Context, r *findings) {
	if err := b.makeWatching(ctx); err != nil {
		r.err(err)
		return
	}
	b.everyService(func(name, part string, spec deploy.Spec) {
		m := spec.Metrics
		if m == nil {
			if part == "" {
				r.warn(name+": no metrics, so nothing is judged and nothing goes back by itself", "describe metrics in the catalog: docs/catalog.md")
			}
			return
		}
		if err := b.sources()[m.Source].Check(ctx, spec.Platform.Service, *m); err != nil {
			r.problem(name+": "+deploy.Message(err), deploy.Hint(err))
			return
		}
		r.good(fmt.Sprintf("%s: can be watched by %d metrics from %s", name, len(m.Objectives), m.Source))
		b.checkLogs(ctx, r, name, spec.Platform.Service)
	})
}

// checkLogs reads the error lines of what runs now: what counts is whether it may. Where nobody can say what runs, or there
// is no one thing, checkTargets has said so.
func (b *bot) checkLogs(ctx context.Context, r *findings, name string, s deploy.ServiceRef) {
	logs, ok := b.logs()[s.Kind]
	if !ok || s.Kind == deploy.CloudRun && b.cloudRun == nil {
		return
	}
	service, err := b.platforms()[s.Kind].Describe(ctx, s)
	if err != nil {
		return
	}
	revision, err := service.Baseline()
	if err != nil {
		return
	}
	now := b.clock.Now()
	if _, err := logs.Errors(ctx, deploy.LogQuery{Service: s, Revision: revision, From: now.Add(-time.Minute), To: now, Limit: 1}); err != nil {
		r.warn(name+": an incident would have no log lines: "+deploy.Message(err), deploy.Hint(err))
	}
}

// bugReports is where they go: to GitHub if that is set, else to the webhook if that is; nil if neither is.
func bugReports(c config) (deploy.Notifier, error) {
	switch {
	case c.github.Repository != "" || c.github.Token != "":
		return github.New(c.github)
	case c.webhook.URL != "":
		return webhook.New(c.webhook)
	}
	return nil, nil
}

func placeOf(n deploy.Notifier) string {
	if n == nil {
		return ""
	}
	return n.Name()
}

// draw is the chart of a release, or of its incident once that has been counted; nil where there is nothing to draw.
func draw(r deploy.Release) (picture []byte, alt string, err error) {
	points := r.Watch.Points
	if r.Incident != nil && len(r.Incident.Points) > 1 {
		points = r.Incident.Points
	}
	if len(points) == 0 || r.Spec.Metrics == nil {
		return nil, "", nil
	}
	limits := chart.Limits{}
	for _, o := range r.Spec.Metrics.Objectives {
		switch o.Metric {
		case deploy.ErrorRate:
			limits.ErrorRate = o.Critical
		case deploy.LatencyP50:
			limits.P50 = o.Critical
		case deploy.LatencyP95:
			limits.P95 = o.Critical
		case deploy.LatencyP99:
			limits.P99 = o.Critical
		case deploy.Availability, deploy.CPU, deploy.Memory, deploy.Connections:
		}
	}
	return chart.Canary(fmt.Sprintf("%s %s", r.Target.Service, against(r)), points, limits)
}

// against names what a chart compares.
func against(r deploy.Release) string {
	candidate, stable := r.Version, r.Facts.Baseline.Version
	if r.Kind == deploy.Rollback {
		candidate = r.Left.Version
	}
	if stable == "" {
		stable = string(r.Facts.Baseline.Name)
	}
	return candidate + " against " + stable
}
