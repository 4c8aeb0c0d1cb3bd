package cloudwatch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The namespaces that there are.
const (
	LoadBalancing     = "AWS/ApplicationELB"
	Insights          = "ECS/ContainerInsights"
	ContainerService  = "AWS/ECS"
	RelationalService = "AWS/RDS"
)

// The metrics that there are.
const (
	RequestCount          = "RequestCount"
	Target2XX             = "HTTPCode_Target_2XX_Count"
	Target3XX             = "HTTPCode_Target_3XX_Count"
	Target4XX             = "HTTPCode_Target_4XX_Count"
	Target5XX             = "HTTPCode_Target_5XX_Count"
	Balancer5XX           = "HTTPCode_ELB_5XX_Count"
	TargetResponseTime    = "TargetResponseTime"
	TargetConnectionError = "TargetConnectionErrorCount"
	HealthyHostCount      = "HealthyHostCount"
	UnhealthyHostCount    = "UnHealthyHostCount"
	CPUUtilized           = "CpuUtilized"
	CPUReserved           = "CpuReserved"
	MemoryUtilized        = "MemoryUtilized"
	MemoryReserved        = "MemoryReserved"
	RunningTaskCount      = "RunningTaskCount"
	DesiredTaskCount      = "DesiredTaskCount"
	CPUUtilization        = "CPUUtilization"
	MemoryUtilization     = "MemoryUtilization"
	DatabaseConnections   = "DatabaseConnections"
)

// Moment is a time at which something is reported.
type Moment struct {
	server *Server
	at     time.Time
}

// At is for what happened at another time than now. Times of levels (Hosts, Task, Connections) do not go back.
func (s *Server) At(t time.Time) Moment { return Moment{s, t} }

func (s *Server) now() Moment { return Moment{s, s.opts.Clock.Now()} }

// Request counts a request that a target answered, with what status and how long that took. The load balancer and its target
// group are named as in dimensions: app/NAME/ID and targetgroup/NAME/ID (the ends of their ARNs).
func (s *Server) Request(targetGroup, loadBalancer string, status int, took time.Duration) {
	s.now().Request(targetGroup, loadBalancer, status, took)
}

// Unanswered counts a request that a target was chosen for which did not take the connection, so that the load balancer
// answered with a 5xx of its own. Without a target group there was no target to choose: such requests are not in
// RequestCount.
func (s *Server) Unanswered(targetGroup, loadBalancer string) {
	s.now().Unanswered(targetGroup, loadBalancer)
}

// Hosts says how many targets of a group are healthy from now on, and how many are not; no targets at all are not reported.
func (s *Server) Hosts(targetGroup, loadBalancer string, healthy, unhealthy int) {
	s.now().Hosts(targetGroup, loadBalancer, healthy, unhealthy)
}

// Task says what the tasks of a service do from now on.
func (s *Server) Task(t Tasks) { s.now().Task(t) }

// Connections says how many connections of a database instance are open from now on.
func (s *Server) Connections(instance string, open int) { s.now().Connections(instance, open) }

// count adds a one to metrics. Under mu.
func (m Moment) count(dims []types.Dimension, names ...string) {
	for _, name := range names {
		m.server.of(LoadBalancing, name, types.StandardUnitCount, dims).add(m.index(), 1, 1)
	}
}

func (m Moment) index() int64 { return floor(m.at.UnixNano(), int64(m.server.opts.Period)) }

// places are the dimensions under which a request is counted: of its target group, and of all that the load balancer did.
func places(targetGroup, loadBalancer string) [][]types.Dimension {
	all := [][]types.Dimension{dim("LoadBalancer", loadBalancer)}
	if targetGroup != "" {
		all = append(all, dim("TargetGroup", targetGroup, "LoadBalancer", loadBalancer))
	}
	return all
}

// Request is Server.Request.
func (m Moment) Request(targetGroup, loadBalancer string, status int, took time.Duration) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	for _, dims := range places(targetGroup, loadBalancer) {
		m.count(dims, RequestCount)
		switch status / 100 {
		case 2:
			m.count(dims, Target2XX)
		case 3:
			m.count(dims, Target3XX)
		case 4:
			m.count(dims, Target4XX)
		case 5:
			m.count(dims, Target5XX)
		}
		m.server.of(LoadBalancing, TargetResponseTime, types.StandardUnitSeconds, dims).add(m.index(), took.Seconds(), 1)
	}
}

// Unanswered is Server.Unanswered.
func (m Moment) Unanswered(targetGroup, loadBalancer string) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.count(dim("LoadBalancer", loadBalancer), Balancer5XX)
	if targetGroup == "" {
		return
	}
	for _, dims := range places(targetGroup, loadBalancer) {
		m.count(dims, RequestCount, TargetConnectionError)
	}
}

// Hosts is Server.Hosts.
func (m Moment) Hosts(targetGroup, loadBalancer string, healthy, unhealthy int) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	dims := dim("TargetGroup", targetGroup, "LoadBalancer", loadBalancer)
	for name, n := range map[string]int{HealthyHostCount: healthy, UnhealthyHostCount: unhealthy} {
		x := m.server.of(LoadBalancing, name, types.StandardUnitCount, dims)
		if healthy+unhealthy == 0 {
			x.hold("", m.at)
			continue
		}
		x.hold("", m.at, float64(n))
	}
}

// Connections is Server.Connections.
func (m Moment) Connections(instance string, open int) {
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.of(RelationalService, DatabaseConnections, types.StandardUnitCount, dim("DBInstanceIdentifier", instance)).hold("", m.at, float64(open))
}
