package catalog

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Limits of Cloud Run.
const (
	// A traffic tag and the service's name have at most 46 characters together ("Combined traffic tag and service
	// name cannot exceed 46 characters", says the API), and a release's tag may have 8: see deploy.CandidateTag.
	// That is stricter than the limits of a service's name (49) and of a revision's (63, with -r99999-9).
	longestCloudRunName = 46 - len("rc-99999")

	longestRequest  = time.Hour // cloud.google.com/run/docs/configuring/request-timeout
	mostConcurrency = 1000      // cloud.google.com/run/quotas
)

var (
	platforms   = []string{string(deploy.CloudRun), string(deploy.ECS)}
	project     = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	region      = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
	zone        = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+-[a-z]$`)
	variable    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secret      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}:(latest|[1-9][0-9]{0,8})$`)
	ofTheSystem = []string{"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"} // cloud.google.com/run/docs/container-contract
)

// checkPlatform checks each value by itself, as it is to be for a kind of platform: that of p, or what p inherits.
func (s *source) checkPlatform(path string, p Platform, kind deploy.PlatformKind) {
	at := under(path, "kind")
	s.must(slices.Contains(platforms, p.Kind), at, "unknown platform "+strconv.Quote(p.Kind), didYouMean(p.Kind, platforms))
	switch kind {
	case deploy.CloudRun:
		s.checkCloudRun(path, p)
	case deploy.ECS:
		s.checkECS(path, p)
	}
}

// kind is the one that was probably meant; Cloud Run if nothing says otherwise.
func (p Platform) kind() deploy.PlatformKind {
	if p.Kind == "" && p.Cluster != "" {
		return deploy.ECS
	}
	return cmp.Or(deploy.PlatformKind(meant(p.Kind, platforms)), deploy.CloudRun)
}

// kindAt is the kind of a platform at the top or in an environment: its own, or what it inherits. What stands at the top
// without a kind is of the one that an environment names.
func (s *source) kindAt(path string, p Platform) deploy.PlatformKind {
	top := deref(s.file.Platform)
	switch {
	case p.Kind != "":
		return p.kind()
	case top.Kind != "" || path != "platform":
		return top.kind()
	}
	for _, env := range s.file.Environments {
		if own := deref(env.Platform); own.Kind != "" {
			return own.kind()
		}
	}
	return top.kind()
}

func (s *source) checkCloudRun(path string, p Platform) {
	at := func(key string) string { return under(path, key) }
	s.must(project.MatchString(p.Project), at("project"), "project "+strconv.Quote(p.Project)+" is not a project id", "6 to 30 lower case letters, digits and hyphens")
	s.checkRegion(at("region"), p.Region)
	s.must(name.MatchString(p.Service), at("service"), "service "+strconv.Quote(p.Service)+" is not a name", nameRule)
	s.must(len(p.Service) <= longestCloudRunName, at("service"), fmt.Sprintf("service has %d characters, at most %d are allowed", len(p.Service), longestCloudRunName), "Cloud Run allows 46 for a service and the tag of a release together")
	s.checkSize(path, p)
	s.must(p.MinInstances == nil || *p.MinInstances >= 0, at("min_instances"), "min_instances is less than 0", "")
	s.must(p.MaxInstances == nil || *p.MaxInstances >= 1, at("max_instances"), "max_instances is less than 1", "")
	s.must(p.Concurrency >= 1 && p.Concurrency <= mostConcurrency, at("concurrency"), fmt.Sprintf("concurrency %d is out of range", p.Concurrency), "1 to 1000")
	timeout := time.Duration(p.Timeout)
	s.must(timeout >= time.Second && timeout <= longestRequest && timeout%time.Second == 0, at("timeout"), "timeout "+timeout.String()+" is out of range", "whole seconds, 1s to 3600s")
	s.checkVariables(path, p, deploy.CloudRun)
}

func (s *source) checkRegion(path, text string) {
	hint := "write it like us-central1"
	if zone.MatchString(text) {
		hint = "that is a zone; its region is " + strconv.Quote(text[:len(text)-2])
	}
	s.must(region.MatchString(text), path, "region "+strconv.Quote(text)+" is not a region", hint)
}

func (s *source) checkSize(path string, p Platform) {
	_, ok := p.CPU.milli()
	s.must(ok, under(path, "cpu"), "cpu "+strconv.Quote(string(p.CPU))+" is not a size of Cloud Run", "1, 2, 4, 6, 8, or less than one from 0.08")
	hint := "128Mi to 32Gi"
	m := nearSize(string(p.Memory))
	if _, ok := mebibytes(m); ok {
		hint = "did you mean " + strconv.Quote(m) + "?"
	}
	_, ok = mebibytes(string(p.Memory))
	s.must(ok, under(path, "memory"), "memory "+strconv.Quote(string(p.Memory))+" is not a size of Cloud Run", hint)
}

func (s *source) checkVariables(path string, p Platform, kind deploy.PlatformKind) {
	for _, key := range []string{"env", "secrets"} {
		values := p.Env
		if key == "secrets" {
			values = p.Secrets
		}
		for v, text := range values {
			at := under(under(path, key), v)
			s.must(variable.MatchString(v), at, strconv.Quote(v)+" cannot be the name of a variable", "letters, digits and _")
			s.must(kind != deploy.CloudRun || !slices.Contains(ofTheSystem, v), at, v+" is set by Cloud Run itself", "take it out")
			if key == "secrets" {
				s.checkSecret(at, v, text, kind)
				continue
			}
			msg, hint := templateFlaw(text)
			s.must(msg == "", at, v+" "+msg, hint)
			s.must(v != "VERSION" || text == "${VERSION}", at, "VERSION must be ${VERSION}", "Slipway reads from it which version a revision is")
		}
	}
}

func (s *source) checkSecret(at, v, text string, kind deploy.PlatformKind) {
	if kind == deploy.ECS {
		msg, hint := ecsSecretFlaw(text)
		s.must(msg == "", at, v+" "+msg, hint)
		return
	}
	s.must(secret.MatchString(text), at, v+" does not name a secret and its version", `write "database-url:latest" or "database-url:3", never the value`)
}

// nearSize reads what other tools write: 2GB, 2G, 512MB, 2gi.
func nearSize(text string) string {
	digits := strings.TrimRight(text, "GgMmIiBb ")
	unit := strings.ToUpper(strings.TrimSpace(text[len(digits):]))
	if unit == "" {
		return ""
	}
	near := digits + unit[:1] + "i"
	if _, ok := byteSize(near); !ok {
		return ""
	}
	return near
}
