package cloudwatch

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Tasks is what the tasks of a service do that have one task definition, or are of one task set.
type Tasks struct {
	// Cluster and Service are names.
	Cluster, Service string
	// Family is that of the task definition.
	Family string
	// Group tells these tasks from others of the service: a task set or a task definition. CloudWatch never shows it.
	Group string
	// Running are how many there are; 0 of a service that is there still is 0.
	Running int
	// Desired are how many there should be.
	Desired int
	// CPU and Memory are the shares (0 to 1) that each task uses of what it may; 0 is that of a task with little to do.
	CPU, Memory float64
	// Units and MiB are what each task may use; default 1,024 units and 2,048 MiB.
	Units, MiB float64
	// Gone says that the service is not there any more: nothing is reported of these tasks.
	Gone bool
}

const (
	idleCPU    = 0.08
	idleMemory = 0.22
)

func (t Tasks) whole() Tasks {
	for _, d := range []struct {
		value *float64
		or    float64
	}{{&t.CPU, idleCPU}, {&t.Memory, idleMemory}, {&t.Units, 1024}, {&t.MiB, 2048}} {
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	if t.Gone {
		t.Running = 0
	}
	return t
}

// Task is Server.Task.
func (m Moment) Task(t Tasks) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	t = t.whole()
	group := t.Service + "\x00" + t.Family + "\x00" + t.Group
	hold := func(namespace, name string, unit types.StandardUnit, dims []types.Dimension, values []float64, total bool) {
		x := m.server.of(namespace, name, unit, dims)
		x.total = total
		x.hold(group, m.at, values...)
	}
	each := func(v float64) []float64 { // one value for each task
		values := make([]float64, t.Running)
		for i := range values {
			values[i] = v
		}
		return values
	}
	once := func(n int) []float64 {
		if t.Gone {
			return nil
		}
		return []float64{float64(n)}
	}
	cluster, service := dim("ClusterName", t.Cluster), dim("ClusterName", t.Cluster, "ServiceName", t.Service)
	places := [][]types.Dimension{cluster, service}
	if t.Family != "" {
		places = append(places, dim("ClusterName", t.Cluster, "TaskDefinitionFamily", t.Family))
	}
	for _, dims := range places {
		hold(Insights, CPUUtilized, types.StandardUnitNone, dims, each(t.CPU*t.Units), false)
		hold(Insights, CPUReserved, types.StandardUnitNone, dims, each(t.Units), false)
		hold(Insights, MemoryUtilized, types.StandardUnitMegabytes, dims, each(t.Memory*t.MiB), false)
		hold(Insights, MemoryReserved, types.StandardUnitMegabytes, dims, each(t.MiB), false)
	}
	hold(Insights, RunningTaskCount, types.StandardUnitCount, service, once(t.Running), true)
	hold(Insights, DesiredTaskCount, types.StandardUnitCount, service, once(t.Desired), true)
	for _, dims := range [][]types.Dimension{cluster, service} {
		hold(ContainerService, CPUUtilization, types.StandardUnitPercent, dims, each(100*t.CPU), false)
		hold(ContainerService, MemoryUtilization, types.StandardUnitPercent, dims, each(100*t.Memory), false)
	}
}
