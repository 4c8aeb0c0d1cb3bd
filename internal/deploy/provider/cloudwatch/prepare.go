package cloudwatch

import (
	"slipway/internal/deploy"
)

// asking is the questions of one reading, and what each is for.
type asking struct {
	questions   questions
	order       []deploy.RevisionName
	traffic     map[deploy.RevisionName]*traffic
	use         map[deploy.RevisionName]*use
	connections level
}

// traffic is what a target group did.
type traffic struct {
	requests, failed, unconnected, hosts *question
	latency                              latency
}

// use is what the tasks of a service used.
type use struct {
	alive, running *question
	cpu, memory    share
}

// share is how much of something was used: of Container Insights, and what ECS always reports.
type share struct{ used, most, samples, reserved, each, percent, percentMost, percentSamples *question }

// level is a number over time.
type level struct{ mean, most *question }

// prepare asks what is wanted of each revision. What two revisions share is asked of the first that is asked about, and of no
// other.
func (c *CloudWatch) prepare(q *deploy.MetricsQuery, wanted wants, places map[deploy.RevisionName]Place) *asking {
	a := &asking{traffic: map[deploy.RevisionName]*traffic{}, use: map[deploy.RevisionName]*use{}}
	bounds := boundsOf(&q.Spec)
	taken := map[string]bool{}
	for _, r := range q.Revisions {
		p, there := places[r]
		if !there || a.has(r) {
			continue
		}
		a.order = append(a.order, r)
		if p.TargetGroup != "" && !taken[p.TargetGroup] {
			taken[p.TargetGroup] = true
			a.traffic[r] = a.askTraffic(p, wanted, bounds)
		}
		if name := "service " + p.Service; !taken[name] {
			taken[name] = true
			a.use[r] = a.askUse(q.Service.Project, p, wanted)
		}
	}
	if wanted.connections {
		of := []string{"DBInstanceIdentifier", q.Spec.Database.Instance}
		a.connections = level{
			mean: a.questions.ask(relational, databaseConnections, average, of...),
			most: a.questions.ask(relational, databaseConnections, maximum, of...),
		}
	}
	return a
}

func (a *asking) has(r deploy.RevisionName) bool {
	for _, known := range a.order {
		if known == r {
			return true
		}
	}
	return false
}

func (a *asking) askTraffic(p Place, wanted wants, bounds []float64) *traffic {
	ask := func(metric, stat string) *question {
		return a.questions.ask(balancing, metric, stat, "TargetGroup", p.TargetGroup, "LoadBalancer", p.LoadBalancer)
	}
	t := &traffic{hosts: ask(healthyHosts, average)}
	if wanted.requests {
		t.requests, t.failed, t.unconnected = ask(requestCount, sum), ask(targetFailures, sum), ask(connectionErrors, sum)
	}
	if wanted.latency {
		t.latency = askLatency(bounds, func(stat string) *question { return ask(targetResponseTime, stat) })
	}
	return t
}

func (a *asking) askUse(cluster string, p Place, wanted wants) *use {
	ask := func(namespace, metric, stat string) *question {
		return a.questions.ask(namespace, metric, stat, "ClusterName", cluster, "ServiceName", p.Service)
	}
	both := func(m utilisation) share {
		return share{
			used: ask(insights, m.used, sum), most: ask(insights, m.used, maximum), samples: ask(insights, m.used, sampleCount),
			reserved: ask(insights, m.reserved, sum), each: ask(insights, m.reserved, average),
			percent: ask(containers, m.percent, average), percentMost: ask(containers, m.percent, maximum), percentSamples: ask(containers, m.percent, sampleCount),
		}
	}
	u := &use{alive: ask(containers, ofCPU.percent, sampleCount)}
	if p.TargetGroup == "" {
		u.running = ask(insights, runningTaskCount, average)
	}
	if wanted.cpu {
		u.cpu = both(ofCPU)
	}
	if wanted.memory {
		u.memory = both(ofMemory)
	}
	return u
}

// utilisation is the names of the metrics of one thing that tasks use.
type utilisation struct{ used, reserved, percent string }

var (
	ofCPU    = utilisation{"CpuUtilized", "CpuReserved", "CPUUtilization"}
	ofMemory = utilisation{"MemoryUtilized", "MemoryReserved", "MemoryUtilization"}
)
