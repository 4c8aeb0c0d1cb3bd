package catalog

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

var (
	jobName    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`) // as at Cloud Run
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	hostName   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$`)

	filledIn = regexp.MustCompile(`\$\{[^}]*\}`)
)

// stand is what stands in an address for a value that is filled in later: it may be a host, a port, or part of a name.
const stand = "1111"

// checkKind checks what a check looks at, and that it looks at one thing only.
func (s *source) checkKind(path string, c Check, names *names) {
	at := func(key string) string { return under(path, key) }
	first := ""
	for _, key := range append(slices.Clone(dependencies), "command") {
		switch {
		case !s.has(at(key)):
		case first != "":
			s.problem(at(key), "there are "+first+" and "+key, "one check looks at one thing")
		default:
			first = key
		}
	}
	s.must(jobName.MatchString(c.Job), at("job"), "job "+strconv.Quote(c.Job)+" is not a name", nameRule)
	s.must(first == "command", at("beside_the_bot"), "beside_the_bot is for a command", "anything else is done beside the bot unless there is a job")
	switch first {
	case "":
		s.must(false, at("job"), "job is for a dependency or a command", "stories are told beside the bot")
		s.checkStory(path, c, names)
		return
	case "command":
		s.checkCommand(path, c)
	default:
		s.checkAddress(at(first), deploy.DependencyKind(first), *c.addresses()[slices.Index(dependencies, first)], names)
	}
	for _, key := range append(slices.Clone(methods), "headers", "json", "body", "timeout", "expect", "capture", "calls", "cleanup") {
		s.must(false, at(key), key+" stands beside "+first, "a check is a story, a dependency or a command")
	}
}

// checkAddress checks the address of a dependency, as far as it is not filled in later.
func (s *source) checkAddress(path string, kind deploy.DependencyKind, text string, names *names) {
	msg, hint := names.flaw(text)
	s.must(msg == "", path, string(kind)+msg, hint)
	if strings.HasPrefix(text, "${") || s.excused(path) {
		return
	}
	text = filledIn.ReplaceAllString(text, stand)
	switch kind {
	case deploy.Postgres:
		s.checkServer(path, kind, text, "postgres://HOST:5432/DATABASE", "postgres", "postgresql")
	case deploy.Redis:
		s.checkServer(path, kind, text, "redis://HOST:6379", "redis", "rediss")
	case deploy.HTTP:
		s.checkServer(path, kind, text, "https://api.example.com/health", "https", "http")
	case deploy.Bucket:
		bucket, ok := strings.CutPrefix(text, "gs://")
		s.must(ok && bucketName.MatchString(strings.TrimSuffix(bucket, "/")), path, "bucket "+strconv.Quote(text)+" is not a bucket", "write gs:// and its name")
	case deploy.TCP:
		host, port, err := net.SplitHostPort(text)
		n, perr := strconv.Atoi(port)
		ok := err == nil && perr == nil && n > 0 && n <= 65535 && (hostName.MatchString(host) || net.ParseIP(host) != nil)
		s.must(ok, path, "tcp "+strconv.Quote(text)+" is not a host and a port", "write it like db.example.com:5432")
	case deploy.DNS:
		s.must(hostName.MatchString(text) && len(text) <= 253, path, "dns "+strconv.Quote(text)+" is not a name", "write it like api.example.com, without https:// and without a port")
	}
}

// checkServer checks the URL of a server. What is wrong with it is not shown: there may be a password in it.
func (s *source) checkServer(path string, kind deploy.DependencyKind, text, form string, schemes ...string) {
	u, err := url.Parse(text)
	if err != nil {
		s.must(false, path, string(kind)+" is not an address", "write "+form+", or keep it in a secret: ${secret:NAME}")
		return
	}
	s.must(kind != deploy.HTTP || u.User == nil, path, "http has a user or a password in it", "keep the address in a secret, and write ${secret:NAME}")
	password, _ := u.User.Password()
	password += u.Query().Get("password")
	s.must(password == "" || password == stand, path, string(kind)+" has a password in it", "keep the address in a secret, and write ${secret:NAME}")
	host := u.Hostname() != "" || kind == deploy.Postgres && u.Query().Get("host") != "" // Cloud SQL's socket: ?host=/cloudsql/…
	s.must(slices.Contains(schemes, u.Scheme) && host && u.Fragment == "", path, string(kind)+" is not an address", "write "+form+", or keep it in a secret: ${secret:NAME}")
}
