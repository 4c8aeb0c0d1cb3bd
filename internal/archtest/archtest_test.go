package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what packages may not reach, directly or through others.
type rule struct {
	of     string   // packages of this module: a path, or one that ends with /... for all below it
	never  []string // paths, or ones that end with /..., or notStandard
	except []string // of these packages
	why    string
}

const notStandard = "anything outside the standard library"

var rules = []rule{
	{of: "internal/deploy", never: []string{notStandard, "slipway/internal/...", "net", "net/http", "os/exec", "database/sql"},
		except: []string{"slipway/internal/deploy"},
		why:    "the vocabulary and the decisions are pure: everything else depends on them, they depend on nothing and do no I/O"},
	{of: "internal/deploy/engine", never: []string{"slipway/internal/deploy/provider/...", "slipway/internal/deploy/phase", "slipway/internal/commands/...",
		"slipway/internal/store/...", "slipway/internal/deploy/catalog", "slipway/internal/sandbox/..."},
		why: "the engine drives any release: it knows no provider, no Slack, no Redis"},
	{of: "internal/deploy/phase", never: []string{notStandard, "slipway/internal/deploy/provider/...", "slipway/internal/deploy/engine", "slipway/internal/commands/...",
		"slipway/internal/store/...", "slipway/internal/deploy/catalog", "slipway/internal/sandbox/...", "net/http"},
		except: []string{"slipway/internal/deploy/..."},
		why:    "phases reach the outside through the ports of deploy only"},
	{of: "internal/deploy/catalog", never: []string{"slipway/internal/deploy/engine", "slipway/internal/deploy/provider/...", "slipway/internal/store/...",
		"slipway/internal/commands/...", "slipway/internal/sandbox/...", "net/http"},
		why: "the catalog is read from files and decides nothing"},
	{of: "internal/deploy/provider/cloudrun", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/cloudrun", "slipway/internal/deploy/provider/google"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/registry", never: []string{"slipway/internal/deploy/provider/cloudrun", "slipway/internal/deploy/provider/httpprobe", "slipway/internal/deploy/engine",
		"slipway/internal/deploy/phase", "slipway/internal/commands/...", "slipway/internal/store/...", "slipway/internal/sandbox/..."},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/httpprobe", never: []string{notStandard, "slipway/internal/deploy/provider/...", "slipway/internal/deploy/engine", "slipway/internal/sandbox/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/httpprobe", "slipway/internal/deploy/provider/egress"},
		why:    "asking a URL takes nothing but net/http"},
	{of: "internal/deploy/provider/alerts", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/alerts", "slipway/internal/deploy/provider/google"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/scans", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/scans", "slipway/internal/deploy/provider/google"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/ecr", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/ecr"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/ecs", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/ecs", "slipway/internal/deploy/provider/lines"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/cloudwatch", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/cloudwatch", "slipway/internal/deploy/provider/lines"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/lines", never: []string{notStandard, "slipway/internal/...", "net", "net/http", "os/exec"}, except: []string{"slipway/internal/deploy/provider/lines"},
		why: "what may be shown of a log line has nothing to do with where it was kept"},
	{of: "internal/deploy/provider/cloudsql", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/cloudsql", "slipway/internal/deploy/provider/google"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/postgres", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/placeholder", "slipway/internal/deploy/provider/postgres", "slipway/internal/deploy/provider/egress"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/pgserver", never: []string{notStandard, "slipway/internal/..."}, except: []string{"slipway/internal/pgserver"},
		why: "how a database server is started has nothing to do with what is stored in it"},
	{of: "internal/deploy/provider/sqlread", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/sqlread"},
		why: "understanding SQL takes a parser and nothing else"},
	{of: "internal/deploy/provider/scripts", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/scripts", "slipway/internal/deploy/provider/egress"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/monitoring", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/monitoring", "slipway/internal/deploy/provider/google"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/logging", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/logging", "slipway/internal/deploy/provider/google", "slipway/internal/deploy/provider/lines"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/google", never: []string{"slipway/internal/...", "cloud.google.com/go/run/...", "cloud.google.com/go/monitoring/...", "cloud.google.com/go/logging/...",
		"cloud.google.com/go/secretmanager/...", "cloud.google.com/go/sql/...", "cloud.google.com/go/cloudsqlconn/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/google"},
		why:    "what is common to Google's APIs knows none of them, nor a provider"},
	{of: "internal/deploy/provider/prometheus", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/prometheus"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/github", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/github"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/webhook", never: []string{notStandard, "slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/webhook"},
		why: "posting a report takes nothing but net/http"},
	{of: "internal/deploy/provider/secrets", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/secrets", "slipway/internal/deploy/provider/google"},
		why: "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/httpcheck", never: []string{notStandard, "slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/httpcheck", "slipway/internal/deploy/jq", "slipway/internal/deploy/placeholder",
			"slipway/internal/deploy/provider/egress", "github.com/itchyny/..."},
		why: "telling a check takes nothing but net/http and jq"},
	{of: "internal/deploy/provider/egress", never: []string{notStandard, "slipway/internal/..."}, except: []string{"slipway/internal/deploy/provider/egress"},
		why: "which addresses are called is decided in one place, by looking at them"},
	{of: "internal/deploy/provider/tries", never: []string{notStandard, "slipway/internal/...", "net/http"}, except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/tries"},
		why: "how often something is tried has nothing to do with what"},
	{of: "internal/deploy/provider/reach", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/placeholder", "slipway/internal/deploy/provider/reach", "slipway/internal/deploy/provider/egress", "slipway/internal/deploy/provider/tries"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/command", never: []string{notStandard, "slipway/internal/...", "net/http"},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/command", "slipway/internal/deploy/provider/tries"},
		why:    "running a program takes nothing but os/exec"},
	{of: "internal/deploy/provider/runjobs", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/runjobs", "slipway/internal/deploy/provider/google"},
		why:    "providers do not know one another, nor who calls them"},
	{of: "internal/deploy/provider/checkers", never: []string{notStandard, "slipway/internal/...", "net/http", "os/exec"},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/provider/checkers", "slipway/internal/deploy/provider/tries"},
		why:    "who hands checks on knows the ports alone"},
	{of: "internal/deploy/jq", never: []string{notStandard, "slipway/internal/...", "net", "net/http", "os/exec"},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/jq", "github.com/itchyny/..."},
		why:    "an expression reads the document that it is given, and nothing else"},
	{of: "internal/deploy/placeholder", never: []string{notStandard, "slipway/internal/...", "net", "net/http", "os/exec"},
		except: []string{"slipway/internal/deploy", "slipway/internal/deploy/placeholder"},
		why:    "the catalog reads texts, the checks fill them: neither takes any I/O"},
	{of: "internal/report", never: []string{notStandard, "slipway/internal/...", "net", "net/http", "os/exec"}, except: []string{"slipway/internal/deploy", "slipway/internal/report"},
		why: "a report is made of what is stored, and of nothing else"},
	{of: "internal/store", never: []string{"slipway/internal/commands/...", "slipway/internal/deploy/engine", "slipway/internal/deploy/phase", "slipway/internal/deploy/provider/...",
		"slipway/internal/deploy/catalog", "slipway/internal/sandbox/..."},
		why: "the store keeps what it is given and decides nothing but who may write"},
	{of: "internal/commands", never: []string{"github.com/slack-go/...", "github.com/redis/...", "slipway/internal/commands/slack", "slipway/internal/store/...",
		"slipway/internal/deploy/engine", "slipway/internal/deploy/provider/...", "slipway/internal/sandbox/...", "net/http"},
		why: "what people say has the same meaning wherever they say it, and whatever keeps it"},
	{of: "internal/commands/slack", never: []string{"github.com/redis/...", "slipway/internal/store/...", "slipway/internal/deploy/engine", "slipway/internal/deploy/phase",
		"slipway/internal/deploy/provider/...", "slipway/internal/deploy/catalog", "slipway/internal/sandbox/..."},
		why: "Slack shows what is stored, and is never in the way of a rollback"},
	{of: "internal/chart", never: []string{"slipway/internal/...", "net", "net/http", "os/exec"}, except: []string{"slipway/internal/chart", "slipway/internal/deploy"},
		why: "a picture is made of what it is given"},
	{of: "internal/telemetry", never: []string{"slipway/internal/commands/...", "slipway/internal/store/...", "slipway/internal/deploy/engine", "slipway/internal/deploy/provider/...", "slipway/internal/sandbox/..."},
		why: "everything may be watched, nothing depends on who watches"},
	{of: "internal/sandbox/...", never: []string{"slipway/internal/store/...", "slipway/internal/commands/...", "slipway/internal/deploy/engine", "slipway/internal/deploy/phase", "slipway/internal/deploy/provider/...",
		"github.com/slack-go/...", "cloud.google.com/go/run/apiv2", "cloud.google.com/go/monitoring/apiv3/v2", "cloud.google.com/go/logging/apiv2",
		"cloud.google.com/go/secretmanager/apiv1", "cloud.google.com/go/sql/apiv1"},
		why: "a stand-in that shared code with what it is to test would share its mistakes"},
	{of: "internal/sandbox/grpcserver", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/sandbox/grpcserver"},
		why: "how a practice API listens has nothing to do with which one it is"},
	{of: "internal/sandbox/awsapi", never: []string{"slipway/internal/...", "github.com/aws/aws-sdk-go-v2/..."}, except: []string{"slipway/internal/sandbox/awsapi"},
		why: "the wire knows no API: which one it is, and the SDK's types of it, come with Handle"},
	{of: "internal/sandbox/elb", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/sandbox/elb", "slipway/internal/sandbox/awsapi"},
		why: "a practice load balancer knows the wire and its own targets, not who runs them"},
	{of: "internal/sandbox/awsaround", never: []string{"slipway/internal/..."}, except: []string{"slipway/internal/sandbox/awsaround", "slipway/internal/sandbox/awsapi"},
		why: "what ECS needs beside itself does not know ECS"},
	{of: "internal/sandbox/cloudwatch", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/deploy", "slipway/internal/sandbox/cloudwatch", "slipway/internal/sandbox/awsapi"},
		why:    "who is watched tells CloudWatch, which asks nobody"},
	{of: "internal/sandbox/ecs", never: []string{"slipway/internal/..."},
		except: []string{"slipway/internal/sandbox/ecs", "slipway/internal/sandbox/awsapi", "slipway/internal/sandbox/elb", "slipway/internal/sandbox/sampleapp"},
		why:    "the practice ECS runs the practice application behind a practice load balancer; images, secrets, metrics and logs are functions that it is given"},
	{of: "internal/sandbox/rehearsal", never: []string{notStandard, "slipway/internal/...", "net/http"}, except: []string{"slipway/internal/sandbox/rehearsal"},
		why: "a rehearsal is played on any stage"},
	{of: "deployments", never: []string{notStandard, "slipway/internal/..."}, why: "it carries files and nothing else"},
}

// only says who alone may import what, directly.
var only = []struct{ what, by, why string }{
	{"github.com/slack-go/slack", "internal/commands/slack", "one package knows Slack's library, so that it can be replaced or upgraded in one place"},
	{"github.com/slack-go/slack/socketmode", "internal/commands/slack", "as above"},
	{"github.com/redis/go-redis/v9", "internal/store internal/crash internal/deploy/provider/reach", "one package knows how things are kept; the crash program looks at them from outside; a check asks PING of somebody else's"},
	{"cloud.google.com/go/run/apiv2", "internal/deploy/provider/cloudrun internal/deploy/provider/runjobs", "one SDK, two halves: services and jobs"},
	{"github.com/jackc/pgx/v5/pgconn", "internal/deploy/provider/reach internal/deploy/provider/postgres internal/sandbox/cloudsql internal/crash", "one SDK, one package; a check logs in, the practice range fills its own, the crash program looks at what is in it"},
	{"github.com/jackc/pgx/v5", "internal/deploy/provider/postgres internal/bench", "one package speaks SQL; the benchmark compares it with a plain transaction"},
	{"slipway/internal/pgserver", "internal/sandbox/cloudsql", "only the practice range and tests run a PostgreSQL of their own"},
	{"cloud.google.com/go/monitoring/apiv3/v2", "internal/deploy/provider/monitoring internal/deploy/provider/alerts", "one SDK; metrics and alert policies are two of its clients"},
	{"cloud.google.com/go/logging/apiv2", "internal/deploy/provider/logging", "one SDK, one package"},
	{"cloud.google.com/go/secretmanager/apiv1", "internal/deploy/provider/secrets", "one SDK, one package"},
	{"slipway/internal/deploy/provider/google", "internal/deploy/provider/cloudrun internal/deploy/provider/monitoring internal/deploy/provider/logging internal/deploy/provider/secrets internal/deploy/provider/runjobs internal/deploy/provider/scans internal/deploy/provider/alerts internal/deploy/provider/cloudsql",
		"it is how providers on Google's APIs connect: whoever else needs one of these goes through a port"},
	{"google.golang.org/api/transport/http", "internal/deploy/provider/google internal/deploy/provider/reach internal/deploy/provider/scripts", "one package connects to Google's REST APIs; two ask for objects by themselves"},
	{"cloud.google.com/go/sql/apiv1", "internal/deploy/provider/cloudsql", "one SDK, one package"},
	{"cloud.google.com/go/cloudsqlconn", "internal/deploy/provider/cloudsql", "one SDK, one package"},
	{"cloud.google.com/go/containeranalysis/apiv1", "internal/deploy/provider/scans", "one SDK, one package"},
	{"github.com/aws/aws-sdk-go-v2/service/ecr", "internal/deploy/provider/ecr internal/deploy/provider/ecs internal/sandbox/awsaround", "logins and scans; whether an image that ECS is to pull is there; the sandbox answers with the SDK's types"},
	{"github.com/aws/aws-sdk-go-v2/service/ecs", "internal/deploy/provider/ecs internal/sandbox/ecs internal/sandbox/control internal/bench internal/crash", "one SDK, one package; the sandbox answers with its types, and tells people of calls, which the benchmark and the crash program look at, too"},
	{"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2", "internal/deploy/provider/ecs internal/sandbox/elb internal/sandbox/control", "as above: who moves the weights of a service is who deploys it"},
	{"github.com/aws/aws-sdk-go-v2/service/cloudwatch", "internal/deploy/provider/cloudwatch internal/sandbox/cloudwatch", "one SDK, one package; the sandbox answers with its types"},
	{"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs", "internal/deploy/provider/cloudwatch internal/sandbox/cloudwatch", "as above"},
	{"github.com/aws/aws-sdk-go-v2/service/secretsmanager", "internal/deploy/provider/ecs internal/sandbox/awsaround", "ECS alone starts tasks with secrets of AWS; the sandbox answers with the SDK's types"},
	{"github.com/aws/aws-sdk-go-v2/service/ssm", "internal/deploy/provider/ecs internal/sandbox/awsaround", "as above"},
	{"github.com/aws/aws-sdk-go-v2/service/iam", "internal/deploy/provider/ecs internal/sandbox/awsaround", "as above, of the roles of a task"},
	{"github.com/aws/aws-sdk-go-v2/service/sts", "internal/sandbox/awsaround", "AWS's tools ask who they are; Slipway does not"},
	{"github.com/fxamacker/cbor/v2", "internal/sandbox/awsapi", "the wire is spoken in one place"},
	{"slipway/internal/deploy/provider/lines", "internal/deploy/provider/logging internal/deploy/provider/cloudwatch internal/deploy/provider/ecs", "it is for those who read logs, or what ECS says of tasks"},
	{"github.com/sigstore/sigstore/pkg/signature", "internal/deploy/provider/registry internal/sandbox/registry", "one package verifies signatures; the sandbox makes them"},
	{"github.com/tsenart/vegeta/v12/lib", "internal/deploy/provider/load", "one package sends load"},
	{"github.com/itchyny/gojq", "internal/deploy/jq", "one package runs jq, so that what an expression may reach is decided in one place"},
	{"github.com/prometheus/client_golang/api/prometheus/v1", "internal/deploy/provider/prometheus", "one SDK, one package"},
	{"github.com/wasilibs/go-pgquery/parser", "internal/deploy/provider/sqlread", "one package parses SQL"},
	{"github.com/google/go-containerregistry/pkg/v1/remote", "internal/deploy/provider/registry internal/deploy/provider/scripts internal/sandbox/registry internal/sandbox/cloudrun", "one SDK, one package; the sandbox fills its own registry and pulls from it"},
	{"gonum.org/v1/plot", "internal/chart", "one package draws, so that its fonts and seven megabytes can be got rid of in one place"},
	{"gonum.org/v1/plot/vg/vgimg", "internal/chart", "as above"},
	{"github.com/google/go-github/v84/github", "internal/deploy/provider/github", "one SDK, one package"},
	{"github.com/goccy/go-yaml", "internal/deploy/catalog", "YAML is read strictly, in one place"},
	{"github.com/alicebob/miniredis/v2", "internal/sandbox", "a Redis in memory is for practising"},
	{"slipway/internal/sandbox", "cmd/bot internal/bench internal/crash", "the practice range is wired in by programs"},
}

type pkg struct {
	ImportPath string
	Standard   bool
	Module     *struct{ Path string }
	Imports    []string
	Deps       []string
}

// list is every package of this module, without tests, and everything they need.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Module,Imports,Deps", "./...")
	cmd.Dir = path.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
	return all
}

func (p pkg) ours() bool { return p.Module != nil && p.Module.Path == "slipway" }

// covers says whether a pattern names a package.
func covers(pattern, importPath string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == below || strings.HasPrefix(importPath, below+"/")
	}
	return pattern == importPath
}

func (r rule) forbids(p pkg) bool {
	names := func(pattern string) bool { return covers(pattern, p.ImportPath) }
	if slices.ContainsFunc(r.except, names) {
		return false
	}
	return slices.ContainsFunc(r.never, names) || slices.Contains(r.never, notStandard) && !p.Standard
}

func TestNobodyReachesWhatTheyMayNot(t *testing.T) {
	t.Parallel()
	all := list(t)
	for _, r := range rules {
		found := false
		for _, p := range all {
			if !p.ours() || !covers("slipway/"+r.of, p.ImportPath) || testOnly(p.ImportPath) {
				continue
			}
			found = true
			for _, dep := range p.Deps {
				if dep != p.ImportPath && r.forbids(all[dep]) {
					t.Errorf("%s reaches %s, by way of %s.\n  %s", p.ImportPath, dep, strings.Join(way(all, p.ImportPath, dep), " → "), r.why)
				}
			}
		}
		if !found {
			t.Errorf("there is no package %s: its rule protects nothing", r.of)
		}
	}
}

// testOnly are suites that tests share: they import what they test with.
func testOnly(importPath string) bool {
	base := path.Base(importPath)
	return base == "storetest" || base == "redistest" || base == "pgtest" || base == "providertest" || base == "metricstest"
}

// way is how one package comes to another: the shortest chain of imports.
func way(all map[string]pkg, from, to string) []string {
	before := map[string]string{from: ""}
	for next := []string{from}; len(next) > 0; next = next[1:] {
		for _, imported := range all[next[0]].Imports {
			if _, seen := before[imported]; !seen {
				before[imported] = next[0]
				next = append(next, imported)
			}
		}
	}
	var chain []string
	for at := to; at != ""; at = before[at] {
		chain = append([]string{at}, chain...)
	}
	return chain
}

func TestOnlyOneImportsEach(t *testing.T) {
	t.Parallel()
	all := list(t)
	for _, o := range only {
		may, found := strings.Fields(o.by), false
		for _, p := range all {
			if !p.ours() || testOnly(p.ImportPath) || !slices.Contains(p.Imports, o.what) {
				continue
			}
			if !slices.Contains(may, strings.TrimPrefix(p.ImportPath, "slipway/")) {
				t.Errorf("%s imports %s; only %s may.\n  %s", p.ImportPath, o.what, strings.Join(may, " and "), o.why)
			}
			found = true
		}
		if !found {
			t.Errorf("nobody imports %s: its rule protects nothing", o.what)
		}
	}
}

func TestNothingImportsAProgram(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "slipway/cmd/") {
				t.Errorf("%s imports %s: wiring is the last thing that happens", p.ImportPath, imported)
			}
		}
	}
}
