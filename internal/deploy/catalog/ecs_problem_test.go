package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAProblemOfAServiceOnECSIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range []struct {
		text  string
		cases []broken
	}{{onECS, ecsProblems}, {onECS, ecsTogetherProblems}, {weighted, weightedProblems}, {weighted, partProblems}} {
		for _, tc := range table.cases {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				got := strings.ReplaceAll(problemsOf(t, tasked(replaced(t, table.text, tc), task)), "app.yaml:", "")
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestAProblemOfATaskDefinitionIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, tc := range taskProblems {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			got := strings.ReplaceAll(problemsOf(t, tasked(onECS, replaced(t, task, tc))), "tasks/edge.json:", "")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

var ecsProblems = []broken{
	{"no problem there", "", "", ``},
	{"a platform misspelt", "kind: ecs", "kind: esc", `5:9: unknown platform "esc"; did you mean "ecs"?`},
	{"a cluster by its ARN", "cluster: edge", "cluster: arn:aws:ecs:us-east-1:123456789012:cluster/edge", `6:12: cluster "arn:aws:ecs:us-east-1:123456789012:cluster/edge" is not a name; letters, digits, - and _; not an ARN`},
	{"a cluster with a long name", "cluster: edge", "cluster: " + strings.Repeat("c", 256), `6:12: cluster has 256 characters, at most 255 are allowed`},
	{"a container without a name", "container: app", `container: ""`, `8:14: container "" is not a name; letters, digits, - and _; not an ARN`},
	{"a zone for a region", "region: us-east-1", "region: us-east-1a", `7:11: region "us-east-1a" is not a region; that is a zone; its region is "us-east-1"`},
	{"a region of Google Cloud", "region: us-east-1", "region: us-central1", `7:11: region "us-central1" is not a region; write it like us-east-1`},
	{"a region of a government", "region: us-east-1", "region: us-gov-east-1", ``},
	{"a service with a point", "service: edge, ", "service: edge.b, ", `37:25: service "edge.b" is not a name; letters, digits, - and _; not an ARN`},
	{"a test address without a scheme", `"https://test.example.com/"`, "test.example.com", `37:41: test_url "test.example.com" is not the address of a listener; write https://test.example.com`},
	{"a CPU size of Cloud Run", "cpu: 0.5 vCPU", "cpu: 2", `10:8: cpu "2" is not a size of ECS; units, 1024 of which are one CPU: 128 to 196608, or "1 vCPU"`},
	{"a part of a CPU of Cloud Run", "cpu: 0.5 vCPU", "cpu: 500m", `10:8: cpu "500m" is not a size of ECS; units, 1024 of which are one CPU: 128 to 196608, or "1 vCPU"`},
	{"memory of Cloud Run", "memory: 1024", "memory: 2Gi", `11:11: memory "2Gi" is not a size of ECS; write 2048: ECS counts in MiB`},
	{"memory in words", "memory: 1024", "memory: lots", `11:11: memory "lots" is not a size of ECS; MiB from 4, such as 1024, or "2 GB"`},
	{"a move that takes no time", "within: 20m", "within: 30s", `12:11: within 30s is out of range; 1m to 24h`},
	{"a move that takes more than a day", "within: 20m", "within: 25h", `12:11: within 25h0m0s is out of range; 1m to 24h`},
	{"patience of less than ECS has", "gives_up: 4h", "gives_up: 9m", `37:80: gives_up 9m0s is out of range; whole minutes, 10m to 336h`},
	{"patience with seconds", "gives_up: 4h", "gives_up: 4h1s", `37:80: gives_up 4h0m1s is out of range; whole minutes, 10m to 336h`},
	{"patience of more than ECS has", "gives_up: 4h", "gives_up: 337h", `37:80: gives_up 337h0m0s is out of range; whole minutes, 10m to 336h`},
	{"a variable of Cloud Run", "MODE: ${ENVIRONMENT}", `PORT: "8080"`, ``},
	{"a version that is not the release's", "MODE: ${ENVIRONMENT}", `VERSION: "8080"`, `14:14: VERSION must be ${VERSION}; Slipway reads from it which version a revision is`},
	{"a secret of Google Cloud", "FLAG: /edge/flag", "FLAG: flag:latest", `18:11: FLAG does not name a secret or a parameter; write the ARN of a secret of Secrets Manager, or the ARN or the name (/coditect/api-key) of a parameter, never the value`},
	{"a secret's value", "FLAG: /edge/flag", "FLAG: hunter2", `18:11: FLAG does not name a secret or a parameter; write the ARN of a secret of Secrets Manager, or the ARN or the name (/coditect/api-key) of a parameter, never the value`},
	{"a key of a secret without what follows", "keys-AbCdEf:api::", "keys-AbCdEf:api", `17:10: KEY has some of a secret's JSON key, stage and version; write all three after the name, empty where there is none: …:json-key::`},
	{"a parameter by its ARN", "FLAG: /edge/flag", "FLAG: arn:aws:ssm:us-east-1:123456789012:parameter/edge/flag", ``},
	{"a task definition of another folder", "tasks/edge.json", "../edge.json", `9:20: task_definition "../edge.json" is not in the catalog's folder; write its path from there, such as task-definition.json`},
	{"a task definition in YAML", "tasks/edge.json", "tasks/edge.yaml", `9:20: task_definition "tasks/edge.yaml" is not a JSON file; its name ends in .json`},
	{"a task definition that is not there", "tasks/edge.json", "tasks/egde.json", `9:20: there is no file tasks/egde.json in the catalog's folder; did you mean "tasks/edge.json"?`},
}

var ecsTogetherProblems = []broken{
	{"a project on ECS", "  cluster: edge\n", "  cluster: edge\n  project: my-gcp-project\n", `7:12: project is for Cloud Run, and the platform is ecs; ECS has clusters; write cluster in its place`},
	{"no cluster anywhere", "  cluster: edge\n", "", `34:5: staging has no platform.cluster; write it here, or at the top for all environments
36:5: production has no platform.cluster; write it here, or at the top for all environments`},
	{"keys of Cloud Run on ECS", "  within: 20m\n", "  min_instances: 1\n  max_instances: 2\n  concurrency: 3\n  timeout: 3s\n", `12:18: min_instances is for Cloud Run, and the platform is ecs; how many tasks there are is the service's desired count at ECS; take it out
13:18: max_instances is for Cloud Run, and the platform is ecs; how many tasks there are is the service's desired count at ECS; take it out
14:16: concurrency is for Cloud Run, and the platform is ecs; a task of ECS gets what the load balancer sends it; take it out
15:12: timeout is for Cloud Run, and the platform is ecs; how long a request may take is set at the load balancer; take it out`},
	{"keys of ECS on Cloud Run", "kind: ecs\n  cluster: edge\n  region: us-east-1\n", "kind: cloudrun\n  project: my-gcp-project\n  region: us-central1\n", `8:14: container is for ECS, and the platform is cloudrun; Cloud Run sends requests to one container, which is the one that is released; take it out
9:20: task_definition is for ECS, and the platform is cloudrun; Cloud Run starts from the live revision; take it out
10:8: cpu "0.5 vCPU" is not a size of Cloud Run; 1, 2, 4, 6, 8, or less than one from 0.08
11:11: memory "1024" is not a size of Cloud Run; 128Mi to 32Gi
12:11: within is for ECS, and the platform is cloudrun; how long Cloud Run may take is known; take it out
16:9: DB does not name a secret and its version; write "database-url:latest" or "database-url:3", never the value
17:10: KEY does not name a secret and its version; write "database-url:latest" or "database-url:3", never the value
18:11: FLAG does not name a secret and its version; write "database-url:latest" or "database-url:3", never the value
34:22: the strategy is rolling, and the platform is cloudrun; Cloud Run starts a version beside the old one; write canary or blue-green
37:41: test_url is for ECS, and the platform is cloudrun; a version on Cloud Run has an address of its own; take it out
37:80: gives_up is for ECS, and the platform is cloudrun; Cloud Run does not go back by itself; take it out
39:23: cloudwatch is for ECS, and the platform of production is cloudrun; write cloud-monitoring or prometheus`},
	{"no platform at all", "  kind: ecs\n", "", `34:5: staging has no platform.kind; write it here, or at the top for all environments
36:5: production has no platform.kind; write it here, or at the top for all environments`},
	{"a container that is not in the task definition", "container: app", "container: ap", `8:14: tasks/edge.json has no container ap; did you mean "app"?`},
	{"a variable that is also a secret", "MODE: $", "KEY: $", `17:10: KEY is in env and in secrets; leave one`},
	{"health without an address for it", `test_url: "https://test.example.com/", `, "", `37:5: production has no platform.test_url; a version on ECS has no address of its own: health, smoke checks and load before traffic are sent to the test listener`},
	{"nothing is asked before there is traffic", "health:\n  - {path: /health}\n", "health: []\n", ``},
	{"a smoke check without an address for it", `test_url: "https://test.example.com/", gives_up: 4h}`, "gives_up: 4h}\n    health: []\n    checks: [{name: A, stage: smoke, get: /a}]", `37:5: production has no platform.test_url; a version on ECS has no address of its own: health, smoke checks and load before traffic are sent to the test listener`},
	{"load without an address for it", `test_url: "https://test.example.com/", gives_up: 4h}`, "gives_up: 4h}\n    health: []\n    load: [{name: A, stage: smoke, rate: 1, targets: [{get: /a}]}]", `37:5: production has no platform.test_url; a version on ECS has no address of its own: health, smoke checks and load before traffic are sent to the test listener`},
	{"a dependency is tried without an address", `test_url: "https://test.example.com/", gives_up: 4h}`, "gives_up: 4h}\n    health: []\n    checks: [{name: A, stage: smoke, tcp: \"10.0.0.5:80\"}]", ``},
	{"shares and patience of what is rolling", "{service: edge-staging}", `{service: edge-staging, test_url: "https://t.example.com", gives_up: 1h, rule: "` + rule + `"}`, `35:49: test_url is for versions that share the traffic, and staging is rolling; ECS replaces it task by task; take one or the other out
35:84: gives_up is for versions that share the traffic, and staging is rolling; ECS replaces it task by task; take one or the other out
35:94: rule is for versions that share the traffic, and staging is rolling; ECS replaces it task by task; take one or the other out`},
	{"rolling in steps", "{kind: rolling}", "{kind: rolling, steps: [{percent: 50}, {percent: 100}]}", `34:38: rolling has one step, not 2; ECS replaces task by task, and no share of traffic is held; shares below 100 are canary steps`},
	{"rolling with an approval", "{kind: rolling}", "{kind: rolling, steps: [{percent: 100, bake: 5m, approve: true}]}", ``},
	{"rolling to a half", "{kind: rolling}", "{kind: rolling, steps: [{percent: 50}]}", `34:49: the last step is 50 %; a release ends at 100 %`},
	{"health of what is rolling without an address", "    url: https://edge-staging.example.com\n", "", `32:3: staging has no url; ECS gives a service no address of its own; say where its checks are to be sent`},
	{"shares that are no equal steps", "percent: 50,", "percent: 51,", `22:5: ECS moves the traffic of production in equal steps of 3 % or more, and steps to 10, 51, 100 % are of 1 %; write multiples of 5 or 10, or platform.rule, with which any share can be had`},
	{"shares in steps too small", "percent: 10,", "percent: 4,", `22:5: ECS moves the traffic of production in equal steps of 3 % or more, and steps to 4, 50, 100 % are of 2 %; write multiples of 5 or 10, or platform.rule, with which any share can be had`},
	{"equal steps of five", "    - {percent: 10, bake: 5m}\n    - {percent: 50, bake: 10m}\n", "    - {percent: 5, bake: 5m}\n", ``},
	{"patience shorter than people", "gives_up: 4h", "gives_up: 69m", `37:80: gives_up 1h9m0s is less than the longest bake and approval_expires together, 1h10m0s; ECS would go back while people are still asked; write more, or leave it out`},
	{"patience as long as people", "gives_up: 4h", "gives_up: 70m", ``},
	{"a way back for longer than ECS keeps it", "observe: 1h", "observe: 25h", `38:14: observe and the bake at 100 % are 25h0m0s together; ECS keeps the old version of production for 24h at most`},
	{"a bake at the end for longer than ECS keeps the way back", "{percent: 100, approve: true}", "{percent: 100, approve: true, bake: 23h1m}", `37:80: gives_up 4h0m0s is less than the longest bake and approval_expires together, 24h1m0s; ECS would go back while people are still asked; write more, or leave it out
38:14: observe and the bake at 100 % are 24h1m0s together; ECS keeps the old version of production for 24h at most`},
	{"metrics of Google Cloud", "source: cloudwatch", "source: cloud-monitoring", `39:23: cloud-monitoring is for Cloud Run, and the platform of production is ecs; write cloudwatch or prometheus`},
	{"a database at CloudWatch", "{source: cloudwatch}", "{source: cloudwatch, database: {instance: a, connections: 1}}", `39:45: database is for counting connections, which cloudwatch cannot; take it out; prometheus can`},
	{"connections at CloudWatch", "{source: cloudwatch}", "{source: cloudwatch, objectives: {database_connections: {}}}", `39:70: cloudwatch cannot measure database_connections; take it out; prometheus can`},
	{"a Prometheus that is not the source", "{source: cloudwatch}", "{source: cloudwatch, prometheus: {url: http://p:9090}}", `39:47: prometheus is for source: prometheus; take it out, or change the source`},
	{"two environments in one service", "{service: edge-staging}", "{service: edge}", `37:25: edge/production and edge/staging are both ecs:edge/us-east-1/edge; the other is at cat/35`},
	{"a job for a check", "health:\n", "checks: [{name: A, stage: smoke, redis: \"${secret:r}\", job: probe}]\nhealth:\n", `25:61: there is no job probe on ECS; jobs are run on Cloud Run only; leave it out to have this done beside the bot`},
	{"a database that is left alone", "policy:\n", "database: {off: not yet, instance: db}\npolicy:\n", ``},
	{"a database that is nowhere", "    observe: 1h\n", "    observe: 1h\n    database: {instance: db, name: d, user: a@my-gcp-project.iam}\n", `39:5: production has no database.project; write it here, or at the top for all environments; off says why nothing is done with the database
39:5: production has no database.region; write it here, or at the top for all environments; off says why nothing is done with the database`},
	{"a job for migrations", "    observe: 1h\n", "    observe: 1h\n    database: {instance: db, project: my-gcp-project, region: us-central1, name: d, user: a@my-gcp-project.iam, migrations: {job: m}}\n", `39:131: there is no job m on ECS; jobs are run on Cloud Run only; write from, for scripts`},
	{"functional checks without an address", "health:\n", "checks: [{name: A, stage: functional, get: /a}]\nhealth:\n", `37:3: production has no url; ECS gives a service no address of its own; say where its checks are to be sent`},
}

var weightedProblems = []broken{
	{"no problem there", "", "", ``},
	{"a load balancer for a rule", rule, "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/edge/50dc6c495c0c9188", `10:9: rule "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/edge/50dc6c495c0c9188" is not a listener rule or a listener; that is a load balancer; write the ARN of its listener, or of one of that listener's rules`},
	{"a target group for a rule", rule, "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/edge/50dc6c495c0c9188", `10:9: rule "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/edge/50dc6c495c0c9188" is not a listener rule or a listener; that is a target group; write the ARN of the rule that forwards to it`},
	{"a network load balancer", rule, "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/edge/50dc6c495c0c9188/f2f7dc8efc522ab2", `10:9: rule "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/edge/50dc6c495c0c9188/f2f7dc8efc522ab2" is not a listener rule or a listener; that is of a network load balancer; only rules and listeners of an application load balancer have weights here`},
	{"a listener for a rule", rule, "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/edge/50dc6c495c0c9188/f2f7dc8efc522ab2", ``},
	{"a rule that is cut short", rule, "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/edge/50dc6c495c0c9188/f2f7dc8efc522ab2", `10:9: rule "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/edge/50dc6c495c0c9188/f2f7dc8efc522ab2" is not a listener rule or a listener; write arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener-rule/app/… or …:listener/app/…`},
	{"a rule in another region", rule, strings.Replace(rule, "us-east-1", "eu-west-1", 1), `10:9: rule is in eu-west-1, and production in us-east-1`},
	{"a pair without a rule", "  rule: " + rule + "\n", "", `9:11: beside stands without rule; write the ARN of the listener rule that both services are behind
13:5: ECS moves the traffic of production in equal steps of 3 % or more, and steps to 1, 100 % are of 1 %; write multiples of 5 or 10, or platform.rule, with which any share can be had`},
	{"a pair with itself", "beside: pair-b", "beside: pair-a", `9:11: beside is the service itself; name the second service of the pair`},
	{"patience beside a rule", "  beside: pair-b\n", "  beside: pair-b\n  gives_up: 4h\n", `10:13: gives_up stands beside rule; with a rule Slipway moves the weights, and ECS knows nothing of it; take it out`},
}

var partProblems = []broken{
	{"a part without a name", "name: worker\n    ", "", `22:5: the part has no name`},
	{"a part with capitals", "name: worker", "name: Worker", `22:11: part "Worker" is not a name; lower case letters, digits and hyphens, beginning with a letter`},
	{"a part with a long name", "name: worker", "name: " + strings.Repeat("w", 50), `22:11: name has 50 characters, at most 49 are allowed`},
	{"a part that stands twice", "name: worker", "name: front", `31:11: part "front" stands here twice; the other is on line 22`},
	{"a part that is called as the service", "name: worker", "name: pair", `22:11: part "pair" is called as the service is; write what it is beside that: worker`},
	{"a part that runs nowhere", "    platform: {kind: cloudrun, project: my-gcp-project, region: us-central1, service: front, env: {E: \"${VERSION}\"}}\n", "", `31:5: the part has no platform`},
	{"a part without a cluster", "      cluster: edge\n", "", `24:5: the part has no platform.cluster; nothing of the service's own platform is inherited`},
	{"a part without a kind of platform", "{kind: cloudrun, ", "{", `36:5: the part has no platform.kind; nothing of the service's own platform is inherited`},
	{"an image of a part with a tag", "front\n    url", "front:v1\n    url", `32:12: image "gcr.io/my-gcp-project/front:v1" has a tag or digest; write the repository only; the version that people type is the tag`},
	{"an address of a part without a scheme", "https://front", "front", `33:10: url "front.example.com/" is not the address of a service; write https://api.example.com`},
	{"a health check of a part without a slash", "path: /up", "path: up", `35:16: path "up" is not a path; it begins with / and has no spaces`},
	{"a part on Cloud Run that is rolling", "  - name: front\n", "  - name: front\n    rolling: true\n", `32:14: rolling is for ECS, and the platform is cloudrun; Cloud Run starts a version beside the old one, and gives it any share; take it out`},
	{"a strategy that is rolling behind a rule", "  kind: canary\n  steps:\n    - {percent: 1, bake: 5m}\n    - {percent: 100, approve: true}\n", "  kind: rolling\n", `9:11: beside is for versions that share the traffic, and production is rolling; ECS replaces it task by task; take one or the other out
10:9: rule is for versions that share the traffic, and production is rolling; ECS replaces it task by task; take one or the other out
28:5: front of production is not rolling, and the strategy is; with strategy rolling nothing is held at a share; release it by itself, or write canary or blue-green`},
	{"a part that ECS gives no such share", "    rolling: true\n", "", `14:5: ECS moves the traffic of worker of production in equal steps of 3 % or more, and steps to 1, 100 % are of 1 %; write multiples of 5 or 10, or platform.rule, with which any share can be had`},
	{"parts of a service that moves all at once", "  kind: canary\n  steps:\n    - {percent: 1, bake: 5m}\n    - {percent: 100, approve: true}\n", "  kind: blue-green\n", ``},
	{"health of a part that is rolling without an address", "    rolling: true\n", "    rolling: true\n    health: [{path: /up}]\n", `22:5: worker of production has no url; ECS gives it no address of its own; say where its health checks are to be sent`},
	{"health of a part that is rolling at an address", "    rolling: true\n", "    rolling: true\n    health: [{path: /up}]\n    url: http://worker.internal\n", ``},
	{"metrics of a part only", "approve: [\"@oncall\"]\nmetrics: {source: cloudwatch}\n", "approve: [\"@oncall\"]\n", `29:14: worker of production has metrics, and production has none; the verdict is on the whole release, and begins with the service itself; write metrics there too`},
	{"metrics that the platform of a part does not have", "metrics: {source: cloudwatch, obj", "metrics: {source: cloud-monitoring, obj", `30:23: cloud-monitoring is for Cloud Run, and the platform of worker of production is ecs; write cloudwatch or prometheus`},
	{"a part that is the other of a pair", "service: worker", "service: pair-b", `28:16: worker of pair/production and pair/production are both ecs:edge/us-east-1/pair-b; the other is at cat/9`},
	{"a part behind the rule of the service", "      service: worker\n", "      service: worker\n      rule: " + rule + "\n", `29:13: rule is for versions that share the traffic, and worker of production is rolling; ECS replaces it task by task; take one or the other out`},
	{"a key of ECS at a part on Cloud Run", "service: front, ", "service: front, within: 5m, ", `36:102: within is for ECS, and the platform is cloudrun; how long Cloud Run may take is known; take it out`},
	{"a variable of a part that is also a secret", `env: {E: "${VERSION}"}`, `env: {E: "${VERSION}"}, secrets: {E: "e:1"}`, `36:131: E is in env and in secrets; leave one`},
	{"two environments in one pair", "  production: {}\n", "  production: {}\n  other: {platform: {service: o}, also: []}\ndefault_environment: other\n", `9:11: pair/other and pair/production are both ecs:edge/us-east-1/pair-b; the other is at cat/9
10:9: pair/other and pair/production are both behind arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/edge/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee; the other is at cat/10`},
	{"more parts than can be held together", "also:\n", "also:\n" + strings.Repeat("  - {name: x, platform: {kind: cloudrun}}\n", 4), `22:3: there are 6 parts, at most 5 are allowed; what is released together is held together, and goes back together`},
	{"a strategy of a part", "  - name: front\n", "  - name: front\n    strategy: {kind: rolling}\n", `32:5: unknown key "strategy"; there is name, image, platform, rolling, url, health, metrics`},
}

var taskProblems = []broken{
	{"no problem there", "", "", ``},
	{"a comma that is missing", `"family": "edge",`, `"family": "edge"`, `3:3: this is not JSON: invalid character '"' after object key:value pair; references such as ${VERSION} stand in quotes`},
	{"a reference without quotes", `"edge:${VERSION}"`, `${VERSION}`, `5:30: this is not JSON: invalid character '$' looking for beginning of value; references such as ${VERSION} stand in quotes`},
	{"an unknown reference", "${ENVIRONMENT}", "${ENVIRONMNT}", `5:83: a value refers to the unknown ${ENVIRONMNT}; did you mean "${ENVIRONMENT}"?`},
	{"a list for a task definition", task, "[]", `1:1: a task definition must be a JSON object`},
	{"an empty task definition", task, "", `1:1: this is not JSON: unexpected end of JSON input; references such as ${VERSION} stand in quotes`},
	{"an answer of ECS for a task definition", `"containerDefinitions"`, `"taskDefinition"`, `1:1: the file is an answer of describe-task-definition; keep what stands in it under taskDefinition`},
	{"a task definition without containers", `"containerDefinitions"`, `"containers"`, `1:1: the task definition has no containerDefinitions; a list of at least one container, each with its name`},
	{"containers that are text", task, `{"containerDefinitions": "app"}`, `1:1: the task definition has no containerDefinitions; a list of at least one container, each with its name`},
	{"a container without a name", `"name": "proxy"`, `"nam": "proxy"`, `1:1: container 2 has the name ""; letters, digits, - and _, at most 255`},
	{"two containers of one name", `"name": "proxy"`, `"name": "app"`, `1:1: two containers are called app`},
	{"a task definition that is not text", "edge", "\xff", `1:1: the file is not UTF-8 text`},
	{"a task definition too long to be one", task, `{"a": "` + strings.Repeat("x", 64<<10) + `"}`, `1:1: the file is longer than 64 KiB; ECS takes no longer task definition`},
}

func TestPartsOfAServiceThatIsRollingAreRolling(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("  beside: pair-b\n", "", "  rule: "+rule+"\n", "", "  kind: canary\n  steps:\n    - {percent: 1, bake: 5m}\n    - {percent: 100, approve: true}\n", "  kind: rolling\n").Replace(weighted)
	text, _, _ = strings.Cut(text, "  - name: front\n")
	text += "environments:\n  production: {}\n"
	if got := problemsOf(t, tasked(text, task)); got != "" {
		t.Error(got)
	}
	want := "app.yaml:17:5: worker of production is not rolling, and the strategy is; with strategy rolling nothing is held at a share; write rolling: true"
	if diff := cmp.Diff(want, problemsOf(t, tasked(strings.Replace(text, "    rolling: true\n", "", 1), task))); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestATaskDefinitionIsReportedOnceForAllWhoHaveIt(t *testing.T) {
	t.Parallel()
	files := tasked(onECS, "{}")
	files["other.yaml"] = file(strings.NewReplacer("service: edge", "service: other", "edge-staging}", "other-staging}").Replace(onECS))
	want := "tasks/edge.json:1:1: the task definition has no containerDefinitions; a list of at least one container, each with its name"
	if diff := cmp.Diff(want, problemsOf(t, files)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
