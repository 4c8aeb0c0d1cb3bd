package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// watched is sound with metrics from Cloud Monitoring, and scraped with metrics from a Prometheus.
const (
	watched = sound + `observe: 15m
metrics:
  source: cloud-monitoring
  lag: 3m
  every: 15s
  delay: 0s
  minimum: 50
  errors: 4
  unsure: 4
  objectives:
    error_rate: {target: 0.1%, critical: 1 %, window: 5m, worse: 2, on_critical: roll-back, dry_run: true}
    availability: {}
    latency_p95: {target: 500ms, critical: 1s, worse: 1.5}
    cpu: {target: 70%}
    database_connections: {critical: 95%}
  database: {instance: app-db, connections: 100}
`
	scraped = sound + `metrics:
  source: prometheus
  prometheus:
    url: http://prometheus:9090
    requests: requests_total
    latency: request_seconds
    code: status
    service: app
    revision: version
    cpu: cpu_use
    memory: memory_use
    database: pg_stat_activity_count
  database: {instance: "10.0.0.5:9187", connections: 100}
`
)

func TestAProblemOfTheMetricsIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range []struct {
		text  string
		cases []broken
	}{{watched, watchedProblems}, {watched, objectiveProblems}, {scraped, scrapedProblems}} {
		for _, tc := range table.cases {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				tc.check(t, table.text)
			})
		}
	}
}

func TestAGateForAnInconclusiveVerdictNeedsPeople(t *testing.T) {
	t.Parallel()
	unsure := strings.Replace(watched, "approve: true", "approve: inconclusive", 1)
	broken{"", `["@oncall", U0CAROL]`, `[]`, `28:12: nobody may approve, but the strategy of staging asks for approval`}.check(t, unsure)
	broken{"", "[\"@oncall\", U0CAROL]\n  approvals: 1", "[U0CAROL]\n  approvals: 2", `28:12: approvals is 2, more than the 1 who may approve`}.check(t, unsure)
}

func TestAGateThatOpensByItselfNeedsNobody(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(", approve: true", "", `["@oncall", U0CAROL]`, "[]").Replace(watched)
	if _, err := load(t, fstest.MapFS{"app.yaml": file(text)}); err != nil {
		t.Error(err)
	}
}

var watchedProblems = []broken{
	{"no problem", "", "", ``},
	{"an observation that never ends", "observe: 15m", "observe: 169h", `38:10: observe 169h0m0s is too long; at most 168h`},
	{"an observation without a unit", "observe: 15m", "observe: 15", `38:10: observe 15 has no unit; write 15s if you mean seconds`},
	{"an observation of less than nothing", "observe: 15m", "observe: -1s", `38:10: observe -1s is less than nothing`},
	{"an unknown key", "unsure: 4", "unsur: 4", `46:3: unknown key "unsur"; did you mean "unsure"?`},
	{"no source", "  source: cloud-monitoring\n", "", `39:1: the metrics have no source; an environment's metrics replace the inherited ones as a whole; {source: none} turns them off`},
	{"a source misspelt", "source: cloud-monitoring", "source: cloud-monitorin", `40:11: unknown source of metrics "cloud-monitorin"; did you mean "cloud-monitoring"?`},
	{"another source", "source: cloud-monitoring", "source: datadog", `40:11: unknown source of metrics "datadog"; there is cloud-monitoring, cloudwatch, prometheus, none`},
	{"metrics that are turned off and described", "source: cloud-monitoring", "source: none", `40:11: source is none, but there is also lag, every, delay, minimum, errors, unsure, objectives, database; take one or the other out`},
	{"a source far behind", "lag: 3m", "lag: 2h", `41:8: lag 2h0m0s is too long; at most 1h`},
	{"looks all the time", "every: 15s", "every: 5ms", `42:10: every 5ms is out of range; 10ms to 1h`},
	{"looks without a pause", "every: 15s", "every: 0s", `42:10: every 0s is out of range; 10ms to 1h`},
	{"looks hardly ever", "every: 15s", "every: 2h", `42:10: every 2h0m0s is out of range; 10ms to 1h`},
	{"looks further apart than a window that is not written", "every: 15s", "every: 6m", `42:10: every 6m0s is longer than the window of 5m0s; write longer windows, or look more often
48:55: window 5m0s is out of range; from the time between two looks, 6m0s, to 24h`},
	{"a delay that never ends", "delay: 0s", "delay: 25h", `43:10: delay 25h0m0s is too long; at most 24h`},
	{"a delay of less than nothing", "delay: 0s", "delay: -5s", `43:10: delay -5s is less than nothing`},
	{"a verdict on nothing", "minimum: 50", "minimum: 0", `44:12: minimum 0 is out of range; 1 to 1000000 requests`},
	{"errors at once", "errors: 4", "errors: 0", `45:11: errors 0 is out of range; 1 to 100 looks`},
	{"unsure for ever", "unsure: 4", "unsure: 101", `46:11: unsure 101 is out of range; 1 to 100 looks`},
	{"a Prometheus that is not the source", "  database: {", "  prometheus: {url: http://prometheus:9090}\n  database: {", `53:15: prometheus is for source: prometheus; take it out, or change the source`},
	{"a database without a name", "instance: app-db, ", "", `53:3: the database has no instance`},
	{"a database without a limit", ", connections: 100", "", `53:3: the database has no connections`},
	{"a database for no one", "connections: 100", "connections: 0", `53:45: connections 0 is out of range; as many as the database takes: 1 to 1000000`},
	{"a database that is no name", "instance: app-db", "instance: App_DB", `53:24: instance "App_DB" is not the name of a Cloud SQL instance; lower case letters, digits and hyphens`},
	{"a database by its connection name", "instance: app-db", `instance: "my-gcp-project:us-central1:app-db"`, `53:24: instance "my-gcp-project:us-central1:app-db" is not the name of a Cloud SQL instance; write "app-db", without project and region`},
}

var objectiveProblems = []broken{
	{"an unknown metric", "latency_p95:", "latency_95:", `50:5: unknown key "latency_95"; did you mean "latency_p95"?`},
	{"an unknown key of a metric", "availability: {}", "availability: {goal: 99%}", `49:20: unknown key "goal"; there is target, critical, window, worse, on_critical, dry_run`},
	{"a metric without anything", "availability: {}", "availability:", `49:18: availability has no value; give it one, or take the line out`},
	{"a percentage without a unit", "target: 0.1%", "target: 0.1", `48:26: target 0.1 has no unit; write 0.1% if you mean that many in a hundred`},
	{"a percentage of more than all", "target: 0.1%", "target: 101%", `48:26: target "101%" is not a percentage; 0% to 100%, such as 0.1%`},
	{"a percentage in words", "target: 0.1%", "target: few", `48:26: target "few" is not a percentage; 0% to 100%, such as 0.1%`},
	{"a time for a percentage", "target: 0.1%", "target: 10ms", `48:26: target "10ms" is not a percentage; 0% to 100%, such as 0.1%`},
	{"a list for a percentage", "target: 0.1%", "target: [1%]", `48:26: target must be text, not a list`},
	{"a latency without a unit", "target: 500ms", "target: 500", `50:27: target 500 has no unit; write 500ms if you mean milliseconds`},
	{"a percentage for a latency", "target: 500ms", "target: 5%", `50:27: target "5%" is not a time span; units are h, m, s and ms: 90s, 5m, 1h30m`},
	{"a latency of nothing", "target: 500ms", "target: 0ms", `50:27: target 0s is out of range; more than 0ms, at most 1h`},
	{"a latency longer than a request", "critical: 1s", "critical: 2h", `50:44: critical 2h0m0s is out of range; more than 0ms, at most 1h`},
	{"a target no better than critical", "critical: 1 %", "critical: 0.1%", `48:26: target 0.1 % is not better than critical 0.1 %; of error_rate less is better`},
	{"a target worse than critical", "target: 500ms", "target: 1500ms", `50:27: target 1.5s is not better than critical 1s; of latency_p95 less is better`},
	{"an availability the wrong way round", "availability: {}", "availability: {target: 99%, critical: 99.9%}", `49:28: target 99 % is not better than critical 99.9 %; of availability more is better`},
	{"a target worse than the guide's critical", "target: 70%", "target: 92.5%", `51:19: target 92.5 % is not better than critical 90 %; of cpu less is better; what is critical is the guide's unless you write another`},
	{"a critical better than the guide's target", "critical: 95%", "critical: 75%", `52:38: target 80 % is not better than critical 75 %; of database_connections less is better; the target is the guide's unless you write another`},
	{"better counted as worse", "worse: 2", "worse: 0.5", `48:66: worse 0.5 is out of range; 1 to 100 times, or 0 for no comparison`},
	{"never worse", "worse: 2", "worse: 101", `48:66: worse 101 is out of range; 1 to 100 times, or 0 for no comparison`},
	{"worse in words", "worse: 2", "worse: twice", `48:66: worse must be a number such as 2 or 1.5, not text`},
	{"worse than what is the same", "availability: {}", "availability: {worse: 2}", `49:27: availability cannot be compared with the stable version; it is of both versions together; take worse out`},
	{"worse than the same database", "{critical: 95%}", "{worse: 1}", `52:35: database_connections cannot be compared with the stable version; it is of both versions together; take worse out`},
	{"a load that is compared", "cpu: {target: 70%}", "cpu: {target: 70%, worse: 1}", ``},
	{"no comparison of what is not compared", "availability: {}", "availability: {worse: 0}", ``},
	{"a window between two looks", "window: 5m", "window: 10s", `48:55: window 10s is out of range; from the time between two looks, 15s, to 24h`},
	{"a window of nothing", "window: 5m", "window: 0s", `48:55: window 0s is out of range; from the time between two looks, 15s, to 24h`},
	{"a window of more than a day", "window: 5m", "window: 25h", `48:55: window 25h0m0s is out of range; from the time between two looks, 15s, to 24h`},
	{"an unknown way to act", "on_critical: roll-back", "on_critical: rollback", `48:82: unknown on_critical "rollback"; did you mean "roll-back"?`},
	{"connections without a database", "  database: {instance: app-db, connections: 100}\n", "", `52:27: cloud-monitoring cannot measure database_connections; say in database which instance it is, and how many connections it takes`},
}

var scrapedProblems = []broken{
	{"no problem there", "", "", ``},
	{"a Prometheus without an address", "    url: http://prometheus:9090\n", "", `40:3: the metrics have no prometheus.url; say where its HTTP API is: http://prometheus:9090`},
	{"an address without a scheme", "url: http://prometheus:9090", "url: prometheus:9090", `41:10: url "prometheus:9090" is not the address of a Prometheus; write http://prometheus:9090`},
	{"an address with a password", "url: http://prometheus:9090", "url: http://me:secret@prometheus:9090", `41:10: url has a user or a password in it; write http://prometheus:9090`},
	{"a metric that is no name", "requests: requests_total", "requests: requests-total", `42:15: requests "requests-total" cannot be the name of a metric; letters, digits, _ and :, not beginning with a digit`},
	{"a metric that is a query", "cpu: cpu_use", `cpu: "avg(cpu_use)"`, `47:10: cpu "avg(cpu_use)" cannot be the name of a metric; letters, digits, _ and :, not beginning with a digit`},
	{"a histogram's buckets", "latency: request_seconds", "latency: request_seconds_bucket", `43:14: latency "request_seconds_bucket" is one part of a histogram; write "request_seconds"`},
	{"a label that is no name", "code: status", `code: "http:status"`, `44:11: code "http:status" cannot be the name of a label; letters, digits and _, not beginning with a digit`},
	{"a label that means two things", "service: app\n    rev", "service: version\n    rev", `41:5: code, service and revision are the labels status, version and version; each must have its own`},
	{"a label that means what another does by default", "    revision: version\n", "    revision: service\n", ``},
	{"a database that is not counted", "    database: pg_stat_activity_count\n", "", `49:13: database needs prometheus.database; name the gauge of its open connections`},
	{"a count without a database", "  database: {instance: \"10.0.0.5:9187\", connections: 100}\n", "", `49:15: prometheus.database needs database; say which instance it is, and how many connections it takes`},
	{"a database without a label", `instance: "10.0.0.5:9187"`, `instance: "a b"`, `50:24: instance "a b" is not a value of the label instance; write it like 10.0.0.5:9187`},
	{"no objective at all", "  database: {", "  objectives: {}\n  database: {", `50:15: objectives is empty; leave it out for the guide's, or write {source: none} to watch nothing`},
	{"a load that is wanted and not measured", "    cpu: cpu_use\n    memory: memory_use\n    database: pg_stat_activity_count\n", "    database: pg_stat_activity_count\n  objectives: {cpu: {}, memory: {}}\n", `48:21: prometheus cannot measure cpu; name its gauge in prometheus.cpu
48:33: prometheus cannot measure memory; name its gauge in prometheus.memory`},
	{"connections that are wanted and not counted", "    database: pg_stat_activity_count\n", "  objectives: {database_connections: {}}\n", `49:38: prometheus cannot measure database_connections; name its gauge in prometheus.database
50:13: database needs prometheus.database; name the gauge of its open connections`},
	{"connections that are wanted of no database", "    database: pg_stat_activity_count\n  database: {instance: \"10.0.0.5:9187\", connections: 100}\n", "  objectives: {database_connections: {}}\n", `49:38: prometheus cannot measure database_connections; say in database which instance it is, and how many connections it takes`},
}
