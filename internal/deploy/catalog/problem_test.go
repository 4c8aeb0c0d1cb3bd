package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// sound is a small catalog file without a problem. Tables below break it.
const sound = `service: app
image: gcr.io/my-gcp-project/app
channel: "#releases"
platform:
  kind: cloudrun
  project: my-gcp-project
  region: us-central1
  cpu: 2
  memory: 2Gi
  min_instances: 1
  max_instances: 4
  concurrency: 80
  timeout: 300s
  env:
    VERSION: ${VERSION}
    MODE: fast
  secrets:
    API_KEY: api-key:latest
strategy:
  kind: canary
  steps:
    - {percent: 10, bake: 5m}
    - {percent: 100, approve: true}
health:
  - {path: /health, status: 200, version: true, timeout: 2s}
policy:
  deploy: ["@platform"]
  approve: ["@oncall", U0CAROL]
  approvals: 1
  approval_expires: 60m
default_environment: production
environments:
  staging:
    platform: {service: app-staging}
  production:
    url: https://app.example.com
    platform: {service: app-production}
`

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func load(t *testing.T, files fstest.MapFS) (*catalog.Catalog, error) {
	t.Helper()
	return catalog.LoadFS(files, "cat")
}

type broken struct {
	fact     string
	old, new string // new takes the place of old in sound
	want     string // without the leading cat/app.yaml:
}

func TestAProblemIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range [][]broken{yamlProblems, fileProblems, platformProblems, strategyProblems, policyProblems, togetherProblems} {
		for _, tc := range table {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				tc.check(t, sound)
			})
		}
	}
}

// check breaks a file without problems and holds what is then reported.
func (b broken) check(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(text, b.old) {
		t.Fatalf("the sound file has no %q to break", b.old)
	}
	_, err := load(t, fstest.MapFS{"app.yaml": file(strings.Replace(text, b.old, b.new, 1))})
	got := ""
	if err != nil {
		got = strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\ncat/app.yaml:", "\n"), "cat/app.yaml:")
	}
	if diff := cmp.Diff(b.want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestTheFileThatTheTablesBreakIsSound(t *testing.T) {
	t.Parallel()
	if _, err := load(t, fstest.MapFS{"app.yaml": file(sound)}); err != nil {
		t.Fatal(err)
	}
}

var yamlProblems = []broken{
	{"an unknown key near a known one", "policy:\n", "polcy:\n", `26:1: unknown key "polcy"; did you mean "policy"?`},
	{"an unknown key far from every known one", "concurrency: 80", "colour: 80", `12:3: unknown key "colour"; there is kind, project, cluster, region, service, cpu, memory, min_instances, max_instances, concurrency, timeout, env, secrets, container, task_definition, rule, beside, test_url, within, gives_up`},
	{"an unknown key inside a list", "bake: 5m", "bale: 5m", `22:21: unknown key "bale"; did you mean "bake"?`},
	{"a key that stands twice", "  cpu: 2\n", "  cpu: 2\n  cpu: 4\n", `9:3: key "cpu" stands here twice; it is also on line 8`},
	{"an environment that stands twice", "  production:\n", "  staging:\n", `31:22: there is no environment "production"; there is staging
35:3: key "staging" stands here twice; it is also on line 33`},
	{"text for a number", "max_instances: 4", "max_instances: four", `11:18: max_instances must be a whole number, not text`},
	{"a number that readers disagree about", "max_instances: 4", "max_instances: 010", `11:18: max_instances must be a whole number, not 010`},
	{"a number with a fraction", "concurrency: 80", "concurrency: 80.5", `12:16: concurrency must be a whole number, not 80.5`},
	{"a number for text", "MODE: fast", "MODE: 8080", `16:11: MODE must be text, not 8080; put it in quotes: "8080"`},
	{"a truth for text", "MODE: fast", "MODE: true", `16:11: MODE must be text, not true; put it in quotes: "true"`},
	{"text for a truth", "version: true", "version: yes", `25:43: version must be true or false, not text`},
	{"text for a list", `approve: ["@oncall", U0CAROL]`, `approve: "@oncall"`, `28:12: approve must be a list, not text`},
	{"a list for a mapping", "platform: {service: app-staging}", "platform: [app-staging]", `34:15: platform must be a mapping of keys to values, not a list`},
	{"a key without a value", "image: gcr.io/my-gcp-project/app", "image:", `2:7: image has no value; give it one, or take the line out`},
	{"a channel that begins a comment", `channel: "#releases"`, `channel: #releases`, `3:9: channel has no value; # begins a comment: write "#releases"`},
	{"a handle without quotes", `deploy: ["@platform"]`, `deploy: [@platform]`, `27:12: this is not YAML: '@' is a reserved character; put the value in quotes`},
	{"a reference without quotes in braces", "env:\n    VERSION: ${VERSION}\n    MODE: fast", "env: {VERSION: ${VERSION}}", `14:19: this is not YAML: ',' or '}' must be specified; put a value with ${ in quotes when it stands inside { }`},
	{"a bracket that is not closed", `["@platform"]`, `["@platform"`, `28:3: this is not YAML: ',' or ']' must be specified`},
	{"an anchor", "memory: 2Gi", "memory: &m 2Gi", `9:11: anchors, aliases and tags are not read here; write the value out; what environments share may stand at the top of the file`},
	{"a merge key", "  project: my", "  <<: {}\n  project: my", `6:3: a key must be plain text`},
	{"a second document", "default_environment", "---\ndefault_environment", `1:1: the file has no environments
32:1: a second document in the file; write one file per service`},
	{"a file that is a list", sound, "- service: app\n", `1:1: a catalog file must be a mapping of keys to values, not a list`},
	{"an empty file", sound, "# nothing yet\n", `1:1: the file is empty; describe a service, or delete the file`},
	{"a file that is not text", sound, "service: \xff\n", `1:1: the file is not UTF-8 text`},
	{"a file too long to be one", sound, strings.Repeat("# ballast\n", 10_000), `1:1: the file is longer than 64 KiB`},
	{"brackets without end", sound, strings.Repeat("[", 60_000), `1:17: values are nested too deeply`},
	{"lists without end", sound, strings.Repeat("- ", 30_000), `1:33: values are nested too deeply`},
}

var fileProblems = []broken{
	{"a file without a service", "service: app\n", "", `1:1: the file has no service`},
	{"a service with capitals", "service: app", "service: App", `1:10: service "App" is not a name; lower case letters, digits and hyphens, beginning with a letter`},
	{"a service with a word of the command", "service: app", "service: status", `1:10: "status" is a word of /deploy and cannot be a service`},
	{"a service with a long name", "service: app", "service: a" + strings.Repeat("b", 49), `1:10: service has 50 characters, at most 49 are allowed`},
	{"an environment that is not a name", "  staging:", "  Staging area:", `33:3: environment "Staging area" is not a name; lower case letters, digits and hyphens, beginning with a letter`},
	{"a default that is not there", "default_environment: production", "default_environment: prodution", `31:22: there is no environment "prodution"; did you mean "production"?`},
	{"no default among two", "default_environment: production\n", "", `1:1: the file has no default_environment; say which of staging, production is meant when nobody names one`},
	{"an image with a tag", "my-gcp-project/app\n", "my-gcp-project/app:v1\n", `2:8: image "gcr.io/my-gcp-project/app:v1" has a tag or digest; write the repository only; the version that people type is the tag`},
	{"an image with a digest", "my-gcp-project/app\n", "my-gcp-project/app@sha256:ab\n", `2:8: image "gcr.io/my-gcp-project/app@sha256:ab" has a tag or digest; write the repository only; the version that people type is the tag`},
	{"an image without a registry", "gcr.io/my-gcp-project/app", "app", `2:8: image "app" is not a repository; write it with its registry: gcr.io/my-gcp-project/app`},
	{"a channel without its sign", `"#releases"`, `releases`, `3:10: channel "releases" is not a Slack channel; write "#name" in quotes, or a channel id`},
	{"a URL without a scheme", "https://app", "app", `36:10: url "app.example.com" is not the address of a service; write https://api.example.com`},
	{"a check without a slash", "path: /health", "path: health", `25:12: path "health" is not a path; it begins with / and has no spaces`},
	{"a check without a path", "path: /health, ", "", `25:5: the health check has no path`},
	{"a check with an impossible status", "status: 200", "status: 2000", `25:29: status 2000 is not an HTTP status; 100 to 599`},
	{"a check that takes too long", "timeout: 2s", "timeout: 2m", `25:58: timeout 2m0s is out of range; more than 0s, at most 1m`},
}

var platformProblems = []broken{
	{"an unknown platform", "kind: cloudrun", "kind: cloudrum", `5:9: unknown platform "cloudrum"; did you mean "cloudrun"?`},
	{"no region anywhere", "  region: us-central1\n", "", `33:5: staging has no platform.region; write it here, or at the top for all environments
36:5: production has no platform.region; write it here, or at the top for all environments`},
	{"a zone for a region", "us-central1", "us-central1-a", `7:11: region "us-central1-a" is not a region; that is a zone; its region is "us-central1"`},
	{"a bad project", "project: my-gcp-project", "project: My_Project", `6:12: project "My_Project" is not a project id; 6 to 30 lower case letters, digits and hyphens`},
	{"a bad name at the platform", "{service: app-staging}", "{service: app_staging}", `34:25: service "app_staging" is not a name; lower case letters, digits and hyphens, beginning with a letter`},
	{"a name that leaves no room for a tag", "{service: app-staging}", "{service: app-" + strings.Repeat("s", 35) + "}", `34:25: service has 39 characters, at most 38 are allowed; Cloud Run allows 46 for a service and the tag of a release together`},
	{"a CPU size that does not exist", "cpu: 2", "cpu: 3", `8:8: cpu "3" is not a size of Cloud Run; 1, 2, 4, 6, 8, or less than one from 0.08`},
	{"memory as Docker writes it", "memory: 2Gi", "memory: 2GB", `9:11: memory "2GB" is not a size of Cloud Run; did you mean "2Gi"?`},
	{"more memory than there is", "memory: 2Gi", "memory: 64Gi", `9:11: memory "64Gi" is not a size of Cloud Run; 128Mi to 32Gi`},
	{"fewer instances than none", "min_instances: 1", "min_instances: -1", `10:18: min_instances is less than 0`},
	{"no instances at all", "max_instances: 4", "max_instances: 0", `11:18: max_instances is less than 1`},
	{"too much at once", "concurrency: 80", "concurrency: 1001", `12:16: concurrency 1001 is out of range; 1 to 1000`},
	{"a request longer than an hour", "timeout: 300s", "timeout: 3601s", `13:12: timeout 1h0m1s is out of range; whole seconds, 1s to 3600s`},
	{"a time without a unit", "timeout: 300s", "timeout: 300", `13:12: timeout 300 has no unit; write 300s if you mean seconds`},
	{"a time that is none", "timeout: 300s", "timeout: 5 minutes", `13:12: timeout "5 minutes" is not a time span; units are h, m, s and ms: 90s, 5m, 1h30m`},
	{"a variable that is no name", "MODE: fast", "MY-MODE: fast", `16:14: "MY-MODE" cannot be the name of a variable; letters, digits and _`},
	{"a variable of the platform", "MODE: fast", `PORT: "8080"`, `16:11: PORT is set by Cloud Run itself; take it out`},
	{"an unknown reference", "MODE: fast", "MODE: x-${ENVIRONMNT}", `16:11: MODE refers to the unknown ${ENVIRONMNT}; did you mean "${ENVIRONMENT}"?`},
	{"a reference that is not closed", "MODE: fast", "MODE: x-${VERSION", `16:11: MODE has ${ without }; write $${ if you mean the characters`},
	{"a version that is not the release's", "VERSION: ${VERSION}", "VERSION: v1", `15:14: VERSION must be ${VERSION}; Slipway reads from it which version a revision is`},
	{"a secret without a version", "api-key:latest", "api-key", `18:14: API_KEY does not name a secret and its version; write "database-url:latest" or "database-url:3", never the value`},
	{"a secret's value", "api-key:latest", `"hunter2!"`, `18:14: API_KEY does not name a secret and its version; write "database-url:latest" or "database-url:3", never the value`},
}

var strategyProblems = []broken{
	{"an unknown strategy", "kind: canary", "kind: cannary", `20:9: unknown strategy "cannary"; did you mean "canary"?`},
	{"shares that do not rise", "percent: 10,", "percent: 100,", `23:17: percent does not rise: 100 after 100`},
	{"a last share that is not all", "percent: 100,", "percent: 90,", `23:17: the last step is 90 %; a release ends at 100 %`},
	{"a share of more than all", "percent: 100,", "percent: 110,", `23:17: percent 110 is out of range; 1 to 100`},
	{"a share of nothing", "percent: 10,", "percent: 0,", `22:17: percent 0 is out of range; 1 to 100`},
	{"a step without a share", "percent: 10, ", "", `22:7: the step has no percent`},
	{"a bake that never ends", "bake: 5m", "bake: 169h", `22:27: bake 169h0m0s is too long; at most 168h`},
	{"a bake of less than nothing", "bake: 5m", "bake: -5m", `22:27: bake -5m is less than nothing`},
	{"a canary without steps", "  steps:\n    - {percent: 10, bake: 5m}\n    - {percent: 100, approve: true}\n", "", `19:1: the canary has no steps; write one per share of traffic: percent, bake, approve`},
	{"blue-green in steps", "kind: canary", "kind: blue-green", `22:5: blue-green has one step, not 2; shares below 100 are canary steps`},
	{"an approval that is neither", "approve: true", "approve: yes", `23:31: approve "yes" is not known; there is true, false, inconclusive`},
	{"an approval misspelt", "approve: true", "approve: inconclusve", `23:31: approve "inconclusve" is not known; did you mean "inconclusive"?`},
	{"an approval by number", "approve: true", "approve: 1", `23:31: approve must be true, false or inconclusive, not 1`},
	{"a verdict before there is traffic", "bake: 5m", "bake: 5m, approve: inconclusive", `22:40: approve of the first step is inconclusive; before it there is no traffic to judge; write true or false`},
	{"a strategy without a kind", "  kind: canary\n", "", `19:1: the strategy has no kind; an environment's strategy replaces the inherited one as a whole`},
}

var policyProblems = []broken{
	{"a person by name", `["@platform"]`, `[alice]`, `27:12: "alice" is not a person or group; write a user id (U…), a user group id (S…) or a group's handle ("@oncall")`},
	{"somebody to mention who is a channel", `channel: "#releases"`, "channel: \"#releases\"\non_call: \"#oncall\"", `4:10: "#oncall" is not a person or group; write a user id (U…), a user group id (S…) or a group's handle ("@oncall")`},
	{"no rule who may deploy", "  deploy: [\"@platform\"]\n", "", `32:3: staging has no policy.deploy; write it here, or at the top for all environments; [] says that there is none
34:3: production has no policy.deploy; write it here, or at the top for all environments; [] says that there is none`},
	{"no approvals needed", "approvals: 1", "approvals: 0", `29:14: approvals 0 is out of range; 1 to 20`},
	{"an approval that never expires", "approval_expires: 60m", "approval_expires: 0s", `30:21: approval_expires 0s is out of range; more than 0s, at most 168h`},
}

var togetherProblems = []broken{
	{"fewer instances at most than at least", "min_instances: 1", "min_instances: 5", `10:18: min_instances 5 is more than max_instances 4`},
	{"fewer instances in one environment", "{service: app-staging}", "{service: app-staging, max_instances: 1, min_instances: 2}", `34:71: min_instances 2 is more than max_instances 1`},
	{"memory that needs more CPU", "memory: 2Gi", "memory: 9Gi", `9:11: memory 9Gi needs at least 4 CPU, not 2`},
	{"eight CPU with little memory", "cpu: 2", `cpu: "8"`, `9:11: cpu 8 needs at least 4Gi of memory, not 2Gi`},
	{"part of a CPU serving many at once", "cpu: 2\n  memory: 2Gi", "cpu: 500m\n  memory: 512Mi", `12:16: concurrency 80 needs at least 1 CPU, not 500m; below one CPU it must be 1`},
	{"a variable that is also a secret", "MODE: fast", "API_KEY: fast", `18:14: API_KEY is in env and in secrets; leave one`},
	{"a gate that nobody may open", `["@oncall", U0CAROL]`, `[]`, `28:12: nobody may approve, but the strategy of staging asks for approval`},
	{"a verdict that nobody gives", "approve: true", "approve: inconclusive", `23:31: approve is inconclusive, but staging has no metrics; people would always be asked; write true, or metrics`},
	{"a verdict that nobody gives any more", "approve: true}", "approve: inconclusive}\nmetrics: {source: none}", `23:31: approve is inconclusive, but staging has no metrics; people would always be asked; write true, or metrics`},
	{"a verdict from metrics that are misspelt", "approve: true}", "approve: inconclusive}\nmetrcs: {source: prometheus}", `24:1: unknown key "metrcs"; did you mean "metrics"?`},
	{"a gate for more people than there are", "[\"@oncall\", U0CAROL]\n  approvals: 1", "[U0CAROL]\n  approvals: 2", `28:12: approvals is 2, more than the 1 who may approve`},
	{"two environments in one service", "app-production}", "app-staging}", `37:25: app/production and app/staging are both cloudrun:my-gcp-project/us-central1/app-staging; the other is at cat/app.yaml:34`},
}

func TestEveryProblemOfEveryFileIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	second := strings.NewReplacer("cpu: 2", "cpu: 3", "bake: 5m", "bake: 5").Replace(sound)
	first := strings.NewReplacer("polcy", "policy", "us-central1", "mars", "approvals: 1", "aprovals: 1").Replace(sound)
	_, err := load(t, fstest.MapFS{"b.yml": file(second), "a.yaml": file(first), "c.yaml": file("service: [\n"), "notes.txt": file("not read")})
	want := `cat/a.yaml:7:11: region "mars" is not a region; write it like us-central1
cat/a.yaml:29:3: unknown key "aprovals"; did you mean "approvals"?
cat/b.yml:1:10: service "app" is described twice; the other is at cat/a.yaml:1
cat/b.yml:8:8: cpu "3" is not a size of Cloud Run; 1, 2, 4, 6, 8, or less than one from 0.08
cat/b.yml:22:27: bake 5 has no unit; write 5s if you mean seconds
cat/c.yaml:1:10: this is not YAML: sequence end token ']' not found`
	if err == nil {
		t.Fatal("loaded")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if code := deploy.CodeOf(err); code != deploy.Invalid {
		t.Errorf("code %q, want invalid", code)
	}
	if got, want := deploy.Message(err), "the catalog has 6 problems"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestAFolderWithoutAFileIsAProblem(t *testing.T) {
	t.Parallel()
	_, err := load(t, fstest.MapFS{"README.md": file("# catalog"), ".swp.yaml": file("service: [")})
	want := "cat: there is no catalog file in it; write one per service, named *.yaml"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAFolderThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	_, err := catalog.Load(t.TempDir() + "/missing")
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Hint(err) == "" {
		t.Errorf("got %v (%s), want not_found with a hint", err, deploy.CodeOf(err))
	}
}
