package main

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"

	"slipway/internal/deploy"
)

const (
	breachRequests = 400 // of each revision; every other one of the bad version's fails
	requestCount   = "run.googleapis.com/request_count"
)

// breach puts failed requests of the candidate of a release into the practice Cloud Monitoring, all in one sampling
// period, and says when they can be read there: the delay after the end of that period, and not before.
func (w *world) breach(ctx context.Context, id deploy.ReleaseID) (visible time.Time, err error) {
	r, err := w.store.Get(ctx, id)
	if err != nil {
		return visible, err
	}
	d, err := w.Monitoring.GetMetricDescriptor(ctx, &monitoringpb.GetMetricDescriptorRequest{
		Name: "projects/" + r.Spec.Platform.Service.Project + "/metricDescriptors/" + requestCount,
	})
	if err != nil {
		return visible, err
	}
	period, delay := d.GetMetadata().GetSamplePeriod().AsDuration(), d.GetMetadata().GetIngestDelay().AsDuration()
	at := time.Now()
	for i := range breachRequests {
		status := 200 + 300*(i%2)
		w.Monitoring.Record(r.Target.Service, string(r.Facts.Candidate.Name), status, time.Millisecond, at)
		w.Monitoring.Record(r.Target.Service, string(r.Facts.Baseline.Name), 200, time.Millisecond, at)
	}
	return at.Truncate(period).Add(period + delay), nil
}

// trafficBack is when Cloud Run received the call with which a release takes its traffic back.
func (w *world) trafficBack(r deploy.Release) (time.Time, error) {
	want := fmt.Sprintf("%s=100", r.Facts.Baseline.Name)
	for _, call := range w.CloudRun.Calls() {
		if call.Method == "UpdateService" && call.Service == r.Target.Service && call.At.After(r.Watch.Since) && len(call.Traffic) >= len(want) && call.Traffic[:len(want)] == want {
			return call.At, nil
		}
	}
	return time.Time{}, fmt.Errorf("no traffic of %s was moved back", r.ID)
}
