package sandbox

import (
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/logging"
	"slipway/internal/sandbox/monitoring"
)

const (
	// ingestDelay is how long after a sampling period the practice Cloud Monitoring shows its samples, at speed 1. With
	// the period itself that is 2 min 30 s after a request at most: less than the 3 min that a catalog waits for unless
	// it says otherwise.
	ingestDelay = 90 * time.Second
	// shortestPeriod bounds how fast practice minutes get.
	shortestPeriod = 100 * time.Millisecond
	// guideDatabase is the Cloud SQL instance of the deployment guide, guideConnections what it takes.
	guideDatabase    = "coditect-postgres-production"
	guideConnections = 100
)

// sampling is the sampling period of the practice Cloud Monitoring at a speed, and the delay after it.
func sampling(speed float64) (period, delay time.Duration) {
	if speed <= 0 {
		speed = 1
	}
	faster := func(d time.Duration) time.Duration { return time.Duration(float64(d) / speed) }
	return max(faster(monitoring.DefaultPeriod), shortestPeriod), faster(ingestDelay)
}

// startWatchers brings up what Cloud Run reports to.
func (s *Sandbox) startWatchers(opts Options) error {
	period, delay := sampling(opts.Speed)
	s.Monitoring = monitoring.New(&monitoring.Options{Period: period, Delay: delay})
	s.Logging = logging.New(nil)
	if err := s.Monitoring.Start(""); err != nil {
		return err
	}
	return s.Logging.Start("")
}

// fillDatabases has Monitoring know the guide's database, and those that the catalog watches, with as many
// connections as it says that they take. They have run for longer than this practice, so that there are samples of
// them from the beginning. What is wrong with a catalog is for the bot to say.
func (s *Sandbox) fillDatabases(opts Options) error {
	period, delay := sampling(opts.Speed)
	since := deploy.SystemClock{}.Now().Add(-2 * (period + delay))
	s.Monitoring.Database(guideDatabase, guideConnections, since)
	c, err := catalog.Load(s.catalog)
	for _, spec := range cloudrun.GuideServices() {
		if err != nil {
			break
		}
		known, unknown := c.Resolve(deploy.Target{Service: "coditect-app", Environment: spec.Environment}, opts.Version)
		if m := known.Metrics; unknown == nil && m != nil && m.Database != nil {
			s.Monitoring.Database(m.Database.Instance, m.Database.Most, since)
		}
	}
	return nil
}
