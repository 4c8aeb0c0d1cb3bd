package awsaround

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"slipway/internal/sandbox/awsapi"
)

// The account and the region of the deployment guide.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// What is there from the start, with practice values.
const (
	// APIKeyName is a secret in Secrets Manager, of one value.
	APIKeyName = "coditect/api-key"
	APIKey     = "practice-key-5f2c8e91d7"
	// DatabaseName is a secret that is JSON with the keys username, password and url.
	DatabaseName = "coditect/database"
	Database     = `{"username":"coditect","password":"practice-password","url":"postgresql://coditect:practice-password@10.0.0.5:5432/coditect"}`
	// LogLevelName and TokenName are parameters; the second is a SecureString.
	LogLevelName = "/coditect/production/log-level"
	LogLevel     = "info"
	TokenName    = "/coditect/production/token"
	Token        = "practice-token-91d75f2c8e"
	// ExecutionRole and TaskRole are for ecs-tasks.amazonaws.com, BalancerRole for ecs.amazonaws.com, which moves weights.
	ExecutionRole = "ecsTaskExecutionRole"
	TaskRole      = "coditect-task"
	BalancerRole  = "ecsInfrastructureRoleForLoadBalancers"
	// CallerRole is who asks, as STS has it.
	CallerRole = "slipway"
)

const (
	// forTasks and forECS are who takes a role on.
	forTasks = "ecs-tasks.amazonaws.com"
	forECS   = "ecs.amazonaws.com"
)

// Options of New; nil means all defaults.
type Options struct {
	// Registry is the host:port of the practice registry, which holds ECR's images. "" is an ECR without repositories.
	Registry string
	// Repositories are those of ECR, called as in the registry; nil means "coditect".
	Repositories []string
	// Account and Region default to the guide's.
	Account, Region string
	// Now is the clock of what is made; nil means time.Now.
	Now func() time.Time
}

// Server is what stands around ECS. Its methods may be called from any goroutine.
type Server struct {
	opts     Options
	registry *http.Client

	mu         sync.Mutex
	started    time.Time
	images     map[string]image // by digest
	secrets    map[string]*secret
	parameters map[string]*parameter
	roles      map[string]role
}

// New fills one with what the constants of this package name. The caller closes it.
func New(opts *Options) *Server {
	s := &Server{images: map[string]image{}, secrets: map[string]*secret{}, parameters: map[string]*parameter{}, roles: map[string]role{}}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Account == "" {
		s.opts.Account = Account
	}
	if s.opts.Region == "" {
		s.opts.Region = Region
	}
	if s.opts.Repositories == nil && s.opts.Registry != "" {
		s.opts.Repositories = []string{"coditect"}
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.registry = &http.Client{Transport: &http.Transport{}, Timeout: registryWithin}
	s.started = s.opts.Now()
	s.Put(APIKeyName, APIKey)
	s.Put(DatabaseName, Database)
	s.PutParameter(LogLevelName, LogLevel, false)
	s.PutParameter(TokenName, Token, true)
	for name, by := range map[string]string{ExecutionRole: forTasks, TaskRole: forTasks, BalancerRole: forECS} {
		s.PutRole(name, by)
	}
	return s
}

// APIs are what awsapi.Server.Handle takes.
func (s *Server) APIs() []awsapi.API {
	return []awsapi.API{s.ecrAPI(), s.secretsAPI(), s.ssmAPI(), s.iamAPI(), s.stsAPI()}
}

// Close gives up what is held of the registry. Closing twice is harmless.
func (s *Server) Close() error {
	s.registry.CloseIdleConnections()
	return nil
}

// arn is the name of a thing of this account and region: "secretsmanager", "secret:coditect/api-key-AbCdEf".
func (s *Server) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, s.opts.Region, s.opts.Account, resource)
}

// letters are n of them that follow from a name, as AWS has them at the end of ARNs and in ids.
func letters(alphabet, name string, n int) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // a hash takes everything
	sum := hash.Sum64()
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[sum%uint64(len(alphabet))]
		sum = sum/uint64(len(alphabet)) + sum<<7
	}
	return string(text)
}

// refuse is an error as the APIs here say it: 400, the client's fault.
func refuse(code, format string, args ...any) error {
	return awsapi.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
