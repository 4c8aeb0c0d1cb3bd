package monitoring

import (
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"

	"slipway/internal/deploy"
)

// reading makes one of the answers.
func (a *answers) reading(q *deploy.MetricsQuery, w window) (deploy.Reading, error) {
	asked := map[string]bool{}
	for _, r := range q.Revisions {
		asked[string(r)] = true
	}
	found := map[deploy.RevisionName]deploy.Measured{}
	// each hands over the points of the revisions that were asked about, with what is known of the revision so far.
	each := func(series []*monitoringpb.TimeSeries, do func(m *deploy.Measured, s *monitoringpb.TimeSeries, p *monitoringpb.Point) error) error {
		for _, s := range series {
			name := s.GetResource().GetLabels()[revisionLabel]
			if !asked[name] {
				continue
			}
			for _, p := range s.GetPoints() {
				m := found[deploy.RevisionName(name)]
				if err := do(&m, s, p); err != nil {
					return err
				}
				found[deploy.RevisionName(name)] = m
			}
		}
		return nil
	}
	if err := each(a.requests, addRequests); err != nil {
		return deploy.Reading{}, err
	}
	if err := each(a.latencies, addLatencies); err != nil {
		return deploy.Reading{}, err
	}
	if err := each(a.cpu, func(m *deploy.Measured, _ *monitoringpb.TimeSeries, p *monitoringpb.Point) error {
		return addUse(&m.CPU, cpuUtilizations, p)
	}); err != nil {
		return deploy.Reading{}, err
	}
	if err := each(a.memory, func(m *deploy.Measured, _ *monitoringpb.TimeSeries, p *monitoringpb.Point) error {
		return addUse(&m.Memory, memoryUtilizations, p)
	}); err != nil {
		return deploy.Reading{}, err
	}
	if err := addInstances(found, asked, a.instances, w); err != nil {
		return deploy.Reading{}, err
	}
	connections, err := a.connected(q.Spec.Database, w)
	if err != nil {
		return deploy.Reading{}, err
	}
	return deploy.Reading{
		Revisions: found, Connections: connections,
		Newest: newest(newest(time.Time{}, asked, a.written), asked, a.instances),
	}, nil
}

func addRequests(m *deploy.Measured, s *monitoringpb.TimeSeries, p *monitoringpb.Point) error {
	n, err := count(requestCount, p.GetValue())
	if err != nil {
		return err
	}
	m.Requests += n
	if s.GetMetric().GetLabels()[classLabel] == "5xx" {
		m.Failed += n
	}
	return nil
}

func addLatencies(m *deploy.Measured, _ *monitoringpb.TimeSeries, p *monitoringpb.Point) error {
	h, err := histogram(requestLatencies, p.GetValue())
	if err != nil {
		return err
	}
	return add(requestLatencies, &m.Latency, h)
}

// addInstances puts the average in. There is a series for each state of an instance, and they are reported at the same
// times: all that is in the window, over how often it was reported.
func addInstances(found map[deploy.RevisionName]deploy.Measured, asked map[string]bool, series []*monitoringpb.TimeSeries, w window) error {
	sums, times := map[string]float64{}, map[string]map[time.Time]bool{}
	for _, s := range series {
		name := s.GetResource().GetLabels()[revisionLabel]
		if !asked[name] {
			continue
		}
		for _, p := range s.GetPoints() {
			at := p.GetInterval().GetEndTime().AsTime()
			if !w.has(at) {
				continue
			}
			n, err := level(instanceCount, p.GetValue())
			if err != nil {
				return err
			}
			if times[name] == nil {
				times[name] = map[time.Time]bool{}
			}
			times[name][at] = true
			sums[name] += n
		}
	}
	for name, reported := range times {
		m := found[deploy.RevisionName(name)]
		m.Instances = sums[name] / float64(len(reported))
		found[deploy.RevisionName(name)] = m
	}
	return nil
}

// connected is how much of the database was in use.
func (a *answers) connected(d *deploy.DatabaseMetrics, w window) (deploy.Gauge, error) {
	var g deploy.Gauge
	for _, s := range a.connections {
		for _, p := range s.GetPoints() {
			if !w.has(p.GetInterval().GetEndTime().AsTime()) {
				continue
			}
			n, err := level(sqlConnections, p.GetValue())
			if err != nil {
				return deploy.Gauge{}, err
			}
			into(&g, n/float64(d.Most), n/float64(d.Most), 1)
		}
	}
	return g, nil
}

// newest is the later of a time and the end of the newest point.
func newest(t time.Time, asked map[string]bool, series []*monitoringpb.TimeSeries) time.Time {
	for _, s := range series {
		if !asked[s.GetResource().GetLabels()[revisionLabel]] {
			continue
		}
		for _, p := range s.GetPoints() {
			if end := p.GetInterval().GetEndTime(); end.IsValid() && end.AsTime().After(t) {
				t = end.AsTime()
			}
		}
	}
	return t
}
