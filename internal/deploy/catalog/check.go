package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of Slipway's own.
const (
	longestWait   = 168 * time.Hour // a bake, an observation or an approval; as long as Slipway remembers what it has seen
	longestCheck  = time.Minute     // one health check
	mostApprovals = 20
	longestName   = 49 // of a service; as at Cloud Run
)

var (
	name        = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	channelName = regexp.MustCompile(`^#[\p{Ll}\p{Lo}\p{N}_-]{1,80}$|^[CG][A-Z0-9]{6,20}$`)
	principal   = regexp.MustCompile(`^[US][A-Z0-9]{2,20}$|^@[a-z0-9][a-z0-9._-]{0,79}$`)
	repository  = regexp.MustCompile(`^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`)
	urlPath     = regexp.MustCompile(`^/[!-"$-~]*$`)
)

// commandWords follow /deploy in place of a service.
var commandWords = []string{"status", "history", "help", "queue", "unlock", "checklist"}

const (
	nameRule      = "lower case letters, digits and hyphens, beginning with a letter"
	principalRule = `write a user id (U…), a user group id (S…) or a group's handle ("@oncall")`
)

// checkFile checks each value of the file by itself, where it stands.
func (s *source) checkFile() {
	f := &s.file
	for _, key := range []string{"service", "environments"} {
		if !s.has(key) {
			s.problem(key, "the file has no "+key, "")
		}
	}
	s.must(name.MatchString(f.Service), "service", "service "+strconv.Quote(f.Service)+" is not a name", nameRule)
	s.must(len(f.Service) <= longestName, "service", fmt.Sprintf("service has %d characters, at most %d are allowed", len(f.Service), longestName), "")
	s.must(!slices.Contains(commandWords, f.Service), "service", strconv.Quote(f.Service)+" is a word of /deploy and cannot be a service", "")
	s.must(len(f.Environments) > 0, "environments", "environments is empty", "name at least one")
	s.checkShared("", f.Shared)

	var names []string
	for _, env := range f.Environments {
		path := under("environments", env.Name)
		names = append(names, env.Name)
		if !name.MatchString(env.Name) || len(env.Name) > longestName {
			s.problemAt(s.places[path].key, "environment "+strconv.Quote(env.Name)+" is not a name", nameRule)
		}
		s.checkShared(path, env.Shared)
		s.checkURL(under(path, "url"), env.URL)
	}
	s.checkDefault(names)
}

func (s *source) checkDefault(environments []string) {
	const key = "default_environment"
	given := s.file.DefaultEnvironment
	s.must(slices.Contains(environments, given), key, "there is no environment "+strconv.Quote(given), didYouMean(given, environments))
	if len(environments) > 1 && !s.has(key) {
		s.problem(key, "the file has no "+key, "say which of "+strings.Join(environments, ", ")+" is meant when nobody names one")
	}
}

func (s *source) checkShared(path string, c Shared) {
	s.checkImage(under(path, "image"), c.Image)
	s.must(channelName.MatchString(c.Channel), under(path, "channel"), "channel "+strconv.Quote(c.Channel)+" is not a Slack channel", `write "#name" in quotes, or a channel id`)
	s.checkPrincipal(under(path, "on_call"), c.OnCall)
	if c.Platform != nil {
		at := under(path, "platform")
		s.checkPlatform(at, *c.Platform, s.kindAt(at, *c.Platform))
	}
	if c.Strategy != nil {
		s.checkStrategy(under(path, "strategy"), *c.Strategy)
	}
	for i, h := range c.Health {
		s.checkHealth(item(under(path, "health"), i), h)
	}
	s.checkChecks(under(path, "checks"), c.Checks)
	s.checkLoads(under(path, "load"), c.Load)
	if c.ImagePolicy != nil {
		s.checkImagePolicy(under(path, "image_policy"), *c.ImagePolicy)
	}
	s.checkChecklist(under(path, "checklist"), c.Checklist)
	if c.Policy != nil {
		s.checkPolicy(under(path, "policy"), *c.Policy)
	}
	observe := time.Duration(deref(c.Observe))
	s.must(observe <= longestWait, under(path, "observe"), "observe "+observe.String()+" is too long", "at most 168h")
	if c.Metrics != nil {
		s.checkMetrics(under(path, "metrics"), *c.Metrics)
	}
	if c.Database != nil {
		s.checkServiceDatabase(under(path, "database"), *c.Database)
	}
	s.checkAlso(under(path, "also"), c.Also)
}

func (s *source) checkImage(path, image string) {
	_, after, _ := strings.Cut(image, "/")
	s.must(!strings.ContainsAny(after, ":@"), path, "image "+strconv.Quote(image)+" has a tag or digest", "write the repository only; the version that people type is the tag")
	s.must(repository.MatchString(image), path, "image "+strconv.Quote(image)+" is not a repository", "write it with its registry: gcr.io/my-gcp-project/app")
}

func (s *source) checkURL(path, text string) {
	s.must(address(text), path, "url "+strconv.Quote(text)+" is not the address of a service", "write https://api.example.com")
}

// address says whether text is the address of a server, with nothing secret or particular in it.
func address(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func (s *source) checkPrincipal(path, p string) {
	s.must(principal.MatchString(p), path, strconv.Quote(p)+" is not a person or group", principalRule)
}

func (s *source) checkHealth(path string, h HealthCheck) {
	if !s.has(under(path, "path")) {
		s.problem(under(path, "path"), "the health check has no path", "")
	}
	s.must(urlPath.MatchString(h.Path), under(path, "path"), "path "+strconv.Quote(h.Path)+" is not a path", "it begins with / and has no spaces")
	s.must(h.Status >= 100 && h.Status <= 599, under(path, "status"), fmt.Sprintf("status %d is not an HTTP status", h.Status), "100 to 599")
	timeout := time.Duration(h.Timeout)
	s.must(timeout > 0 && timeout <= longestCheck, under(path, "timeout"), "timeout "+timeout.String()+" is out of range", "more than 0s, at most 1m")
}

func (s *source) checkPolicy(path string, p Policy) {
	for i, who := range p.Deploy {
		s.checkPrincipal(item(under(path, "deploy"), i), who)
	}
	for i, who := range p.Approve {
		s.checkPrincipal(item(under(path, "approve"), i), who)
	}
	s.must(p.Approvals >= 1 && p.Approvals <= mostApprovals, under(path, "approvals"), fmt.Sprintf("approvals %d is out of range", p.Approvals), fmt.Sprintf("1 to %d", mostApprovals))
	expires := time.Duration(p.ApprovalExpires)
	s.must(expires > 0 && expires <= longestWait, under(path, "approval_expires"), "approval_expires "+expires.String()+" is out of range", "more than 0s, at most 168h")
}
