package monitoring

import (
	"slices"

	"google.golang.org/genproto/googleapis/api"
	"google.golang.org/genproto/googleapis/api/label"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The metric types that there are.
const (
	RequestCount     = "run.googleapis.com/request_count"
	RequestLatencies = "run.googleapis.com/request_latencies"
	CPUUtilizations  = "run.googleapis.com/container/cpu/utilizations"
	MemUtilizations  = "run.googleapis.com/container/memory/utilizations"
	InstanceCount    = "run.googleapis.com/container/instance_count"
	Connections      = "cloudsql.googleapis.com/database/network/connections"
)

// kind describes one metric type.
type kind struct {
	name     string
	text     string
	unit     string
	kind     metric.MetricDescriptor_MetricKind
	value    metric.MetricDescriptor_ValueType
	labels   []string
	resource *resource
}

// resource describes what a metric is about.
type resource struct {
	name   string
	labels []string
}

var (
	cloudRun = &resource{"cloud_run_revision", []string{"project_id", "service_name", "revision_name", "location", "configuration_name"}}
	cloudSQL = &resource{"cloudsql_database", []string{"project_id", "database_id", "region"}}
)

const (
	delta = metric.MetricDescriptor_DELTA
	gauge = metric.MetricDescriptor_GAUGE

	whole  = metric.MetricDescriptor_INT64
	double = metric.MetricDescriptor_DOUBLE
	dist   = metric.MetricDescriptor_DISTRIBUTION
)

var codeLabels = []string{"response_code", "response_code_class"}

var kinds = []*kind{
	{RequestCount, "Number of requests reaching the revision.", "1", delta, whole, codeLabels, cloudRun},
	{RequestLatencies, "Distribution of request latency in milliseconds reaching the revision.", "ms", delta, dist, codeLabels, cloudRun},
	{CPUUtilizations, "Container CPU utilization distribution across all container instances.", "10^2.%", delta, dist, nil, cloudRun},
	{MemUtilizations, "Container memory utilization distribution across all container instances.", "10^2.%", delta, dist, nil, cloudRun},
	{InstanceCount, "Number of container instances that exist, broken down by state.", "1", gauge, whole, []string{"state"}, cloudRun},
	{Connections, "Number of connections to databases on the Cloud SQL instance.", "1", gauge, whole, nil, cloudSQL},
}

func kindOf(name string) *kind {
	i := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return kinds[i]
}

// descriptor is what the API says of a metric type.
func (s *Server) descriptor(k *kind) *metric.MetricDescriptor {
	d := &metric.MetricDescriptor{
		Name: "projects/" + s.opts.Project + "/metricDescriptors/" + k.name, Type: k.name, Description: k.text,
		MetricKind: k.kind, ValueType: k.value, Unit: k.unit, LaunchStage: api.LaunchStage_GA,
		MonitoredResourceTypes: []string{k.resource.name},
		Metadata: &metric.MetricDescriptor_MetricDescriptorMetadata{
			SamplePeriod: durationpb.New(s.opts.Period), IngestDelay: durationpb.New(s.opts.Delay),
		},
	}
	for _, l := range k.labels {
		d.Labels = append(d.Labels, &label.LabelDescriptor{Key: l, ValueType: label.LabelDescriptor_STRING})
	}
	return d
}
