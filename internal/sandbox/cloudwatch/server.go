package cloudwatch

import (
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/awsapi"
)

const (
	// DefaultAccount and DefaultRegion are those of the practice range.
	DefaultAccount = "123456789012"
	DefaultRegion  = "us-east-1"
	// DefaultPeriod is how often the real service is told what load balancers and ECS do.
	DefaultPeriod = time.Minute
)

// Clock says what time it is.
type Clock interface{ Now() time.Time }

// Options of New; nil means all defaults.
type Options struct {
	// Clock is by which samples become visible; nil means the wall clock.
	Clock Clock
	// Account and Region are whose metrics and logs these are; default the practice range's.
	Account, Region string
	// Period is the sampling period, whole seconds; default DefaultPeriod.
	Period time.Duration
	// Delay is how long after the end of a sampling period its samples can be read; default 0.
	Delay time.Duration
	// LogDelay is how long after a line was written it can be found; default 0.
	LogDelay time.Duration
}

// Server is one practice CloudWatch with its logs. Its methods may be called from any goroutine. It has none of its own,
// and nothing to close.
type Server struct {
	opts Options

	mu     sync.RWMutex
	fault  Fault
	shown  time.Time // up to here samples could be read already
	series map[key]*series
	groups map[string]*group
	lines  int64 // written so far
}

// New makes a CloudWatch without samples and without logs.
func New(opts *Options) *Server {
	s := &Server{series: map[key]*series{}, groups: map[string]*group{}}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Clock == nil {
		s.opts.Clock = deploy.SystemClock{}
	}
	if s.opts.Account == "" {
		s.opts.Account = DefaultAccount
	}
	if s.opts.Region == "" {
		s.opts.Region = DefaultRegion
	}
	if s.opts.Period = s.opts.Period.Truncate(time.Second); s.opts.Period <= 0 {
		s.opts.Period = DefaultPeriod
	}
	return s
}

// APIs are CloudWatch and CloudWatch Logs, to be handled by an awsapi.Server.
func (s *Server) APIs() []awsapi.API { return []awsapi.API{s.Metrics(), s.Logs()} }

// Metrics is CloudWatch in all three of its protocols.
func (s *Server) Metrics() awsapi.API {
	return awsapi.API{
		Name: "monitoring", Target: "GraniteServiceVersion20100801", JSONNames: awsapi.Same,
		Version: "2010-08-01", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		CBOR: "GraniteServiceVersion20100801",
		Operations: map[string]awsapi.Operation{
			"GetMetricData": awsapi.Op(s.getMetricData), "GetMetricStatistics": awsapi.Op(s.getMetricStatistics),
			"ListMetrics": awsapi.Op(s.listMetrics), "PutMetricData": awsapi.Op(s.putMetricData),
		},
	}
}

// Logs is CloudWatch Logs.
func (s *Server) Logs() awsapi.API {
	return awsapi.API{
		Name: "logs", Target: "Logs_20140328", JSONNames: awsapi.Camel,
		Operations: map[string]awsapi.Operation{
			"FilterLogEvents": awsapi.Op(s.filterLogEvents), "GetLogEvents": awsapi.Op(s.getLogEvents),
			"DescribeLogGroups": awsapi.Op(s.describeLogGroups), "DescribeLogStreams": awsapi.Op(s.describeLogStreams),
		},
	}
}

func refuse(code, message string) error { return awsapi.Error{Code: code, Message: message} }

// missing refuses a request without a member that it must have.
func missing(member string) error {
	return refuse("MissingParameter", "The parameter "+member+" is required.")
}
