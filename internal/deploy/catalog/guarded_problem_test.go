package catalog_test

import "strings"

var kindProblems = []broken{
	{"nothing is wrong", "", "", ``},
	{"two dependencies", `tcp: "10.0.0.5:5432"`, `tcp: "10.0.0.5:5432", dns: a.b`, `44:60: there are tcp and dns; one check looks at one thing`},
	{"a dependency and a command", `tcp: "10.0.0.5:5432"`, `tcp: "10.0.0.5:5432", command: [x]`, `44:64: there are tcp and command; one check looks at one thing`},
	{"a dependency and a call", `tcp: "10.0.0.5:5432"`, `tcp: "10.0.0.5:5432", get: /`, `44:60: get stands beside tcp; a check is a story, a dependency or a command`},
	{"a command and what is expected", "beside_the_bot: true", "beside_the_bot: true, expect: {status: 200}", `45:106: expect stands beside command; a check is a story, a dependency or a command`},
	{"a job that cannot be", "job: slipway-probe", "job: Slipway", `44:60: job "Slipway" is not a name; lower case letters, digits and hyphens, beginning with a letter`},
	{"a story in a job", `tcp: "10.0.0.5:5432"`, `get: /`, `44:46: job is for a dependency or a command; stories are told beside the bot`},
	{"a dependency allowed beside the bot", "job: slipway-probe", "beside_the_bot: true", `44:71: beside_the_bot is for a command; anything else is done beside the bot unless there is a job`},
	{"a key that is nearly known", "bucket: ", "buckets: ", `43:35: unknown key "buckets"; did you mean "bucket"?`},
}

var addressProblems = []broken{
	{"a placeholder of nothing", "${ENVIRONMENT}-uploads", "${ENV}-uploads", `43:43: bucket refers to the unknown ${ENV}; there is VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
	{"a secret that cannot be", "${secret:database-url}", "${secret:database url}", `42:46: postgres: ${secret:database url} is no placeholder; write ${NAME} or ${secret:NAME} for a value, and $${ for ${ itself`},
	{"a secret with its version", "${secret:database-url}", "${secret:database-url:3}", `42:46: postgres: ${secret:database-url:3} is no placeholder; did you mean "${secret:database-url}", its newest version?`},
	{"a password", "${secret:database-url}", "postgres://u:hunter2@db/app", `42:46: postgres has a password in it; keep the address in a secret, and write ${secret:NAME}`},
	{"a password of a query", "${secret:database-url}", "postgres://u@db/app?password=hunter2", `42:46: postgres has a password in it; keep the address in a secret, and write ${secret:NAME}`},
	{"a password from a secret", "${secret:database-url}", "postgres://u:${secret:pw}@db:5432/app", ``},
	{"a socket of Cloud SQL", "${secret:database-url}", "postgresql://u@/app?host=/cloudsql/p:r:i", ``},
	{"another scheme", "${secret:database-url}", "mysql://db/app", `42:46: postgres is not an address; write postgres://HOST:5432/DATABASE, or keep it in a secret: ${secret:NAME}`},
	{"no host", "${secret:database-url}", "postgres:///app", `42:46: postgres is not an address; write postgres://HOST:5432/DATABASE, or keep it in a secret: ${secret:NAME}`},
	{"no address at all", `postgres: "${secret:database-url}"`, `redis: "a b:%"`, `42:43: redis is not an address; write redis://HOST:6379, or keep it in a secret: ${secret:NAME}`},
	{"no bucket", "gs://app-${ENVIRONMENT}-uploads", "s3://app-uploads", `43:43: bucket "s3://app-uploads" is not a bucket; write gs:// and its name`},
	{"a path in a bucket", "gs://app-${ENVIRONMENT}-uploads", "gs://app/uploads", `43:43: bucket "gs://app/uploads" is not a bucket; write gs:// and its name`},
	{"no port", `"10.0.0.5:5432"`, `10.0.0.5`, `44:38: tcp "10.0.0.5" is not a host and a port; write it like db.example.com:5432`},
	{"a port that there is not", `10.0.0.5:5432`, `10.0.0.5:70000`, `44:38: tcp "10.0.0.5:70000" is not a host and a port; write it like db.example.com:5432`},
	{"port nought", `10.0.0.5:5432`, `10.0.0.5:0`, `44:38: tcp "10.0.0.5:0" is not a host and a port; write it like db.example.com:5432`},
	{"a port from a secret", `10.0.0.5:5432`, `db.example.com:${secret:port}`, ``},
	{"an address for a name", `tcp: "10.0.0.5:5432"`, `dns: https://a.example.com`, `44:38: dns "https://a.example.com" is not a name; write it like api.example.com, without https:// and without a port`},
	{"a name", `tcp: "10.0.0.5:5432"`, `dns: a.example.com`, ``},
	{"a user of an address", `tcp: "10.0.0.5:5432"`, `http: https://token@example.com`, `44:39: http has a user or a password in it; keep the address in a secret, and write ${secret:NAME}`},
	{"an address of a file", `tcp: "10.0.0.5:5432"`, `http: file:///etc/passwd`, `44:39: http is not an address; write https://api.example.com/health, or keep it in a secret: ${secret:NAME}`},
	{"an empty address", `tcp: "10.0.0.5:5432"`, `http: ""`, `44:39: http is not an address; write https://api.example.com/health, or keep it in a secret: ${secret:NAME}`},
}

var commandProblems = []broken{
	{"nowhere to run it", ", beside_the_bot: true", "", `45:48: the command has no job; name the platform's job to run it in, or allow it here with beside_the_bot: true`},
	{"two places to run it", "beside_the_bot: true", "beside_the_bot: true, job: tests", `45:92: beside_the_bot stands beside job; a command is run in one place`},
	{"in a job it may be any file", "beside_the_bot: true", "job: tests", ``},
	{"in a job there may be no such file here", "scripts/smoke.sh, --fast], beside_the_bot: true", "/app/test], job: tests", ``},
	{"no command", "[scripts/smoke.sh, --fast]", "[]", `45:48: command is empty; write a list: the file, and its arguments`},
	{"text for a command", "[scripts/smoke.sh, --fast]", "scripts/smoke.sh", `45:48: command must be a list, not text`},
	{"a file that there is not", "scripts/smoke.sh", "scripts/smoek.sh", `45:49: there is no file scripts/smoek.sh in the catalog's folder; did you mean "scripts/smoke.sh"?`},
	{"a folder that there is not", "scripts/smoke.sh", "script/smoke.sh", `45:49: there is no file script/smoke.sh in the catalog's folder; there is no folder script either`},
	{"a folder", "[scripts/smoke.sh", "[scripts", `45:49: scripts is not a file`},
	{"out of the folder", "scripts/smoke.sh", "../smoke.sh", `45:49: "../smoke.sh" is not a file of the catalog's folder; write its path from there, such as scripts/smoke.sh`},
	{"from the root", "scripts/smoke.sh", "/bin/sh", `45:49: "/bin/sh" is not a file of the catalog's folder; write its path from there, such as scripts/smoke.sh`},
	{"a secret", "--fast", `"--key=${secret:api-key}"`, `45:67: a command gets no secrets; its arguments can be seen by others on the machine; a job may have secrets of its own`},
}

var loadProblems = []broken{
	{"nothing of its own", "  - name: Load\n    stage: smoke\n    rate: 50\n    for: 20s\n", "  - for: 20s\n", `47:5: the load check has no name
47:5: the load check has no stage
47:5: the load check has no rate; write rate (requests a second) or concurrency (requests at once)`},
	{"an unknown stage", "  - name: Load\n    stage: smoke", "  - name: Load\n    stage: smok", `48:12: unknown stage "smok"; did you mean "smoke"?`},
	{"rate and concurrency", "    rate: 50\n", "    rate: 50\n    concurrency: 5\n", `50:18: concurrency stands beside rate; write one: so many requests a second, or so many at once`},
	{"a rate without requests", "    rate: 50\n", "    rate: 0\n", `49:11: rate 0 is out of range; 0.1 to 10000 requests a second`},
	{"too many requests", "    rate: 50\n", "    rate: 20000\n", `49:11: rate 20000 is out of range; 0.1 to 10000 requests a second`},
	{"too many at once", "    rate: 50\n", "    concurrency: 2000\n", `49:18: concurrency 2000 is out of range; 1 to 1000 requests at once`},
	{"more than the most", "most: 60", "most: 40", `51:11: most 40 is less than the rate of 50; it is what is never exceeded`},
	{"no time", "for: 20s", "for: 900ms", `50:10: for 900ms is out of range; 1s to 10m`},
	{"too much time", "for: 20s", "for: 11m", `50:10: for 11m0s is out of range; 1s to 10m`},
	{"a time without a unit", "for: 20s", "for: 20", `50:10: for 20 has no unit; write 20s if you mean seconds`},
	{"no targets", "targets: [{get: /a}, {post: /b, json: {c: d}}]", "targets: []", `52:14: targets is empty; write one, such as {get: /api/v1/status}`},
	{"a target that expects", "{get: /a}", "{get: /a, expect: {status: 200}}", `52:25: unknown key "expect"; there is get, post, put, patch, delete, headers, json, body, timeout`},
	{"a target that is no path", "{get: /a}", "{get: a}", `52:21: path "a" is not a path; it begins with / and has no spaces`},
	{"a target with something captured", "{get: /a}", `{get: "/a/${ID}"}`, `52:21: path refers to the unknown ${ID}; there is VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
	{"two methods", "{get: /a}", "{get: /a, put: /a}", `52:30: there are get and put; one call has one method`},
	{"more answers than requests", "{rate: 45,", "{rate: 55,", `53:20: rate 55 is more than the 50 that are sent; no more can be answered; 0 asks nothing`},
	{"more answers than the most at once", "    rate: 50\n    for: 20s\n    most: 60\n    targets: [{get: /a}, {post: /b, json: {c: d}}]\n    limits: {rate: 45,", "    concurrency: 10\n    targets: [{get: /a}]\n    limits: {rate: 500,", `51:20: rate 500 is more than the 100 that are sent at most; raise most of the load check`},
	{"a limit that is too long", "mean: 80ms", "mean: 2m", `53:30: mean 2m0s is out of range; at most 1m, or 0ms to ask nothing`},
	{"failures without a unit", "failed: 0.5%", "failed: 0.5", `53:54: failed 0.5 has no unit; write 0.5% if you mean that many in a hundred`},
	{"two of one name", "image_policy:\n", "  - {name: Load, stage: smoke, rate: 1, targets: [{get: /}]}\nimage_policy:\n", `54:12: load check "Load" stands in this stage twice; the other is on line 47`},
}

var imageProblems = []broken{
	{"no age", "max_age: 2160h", "max_age: 0s", `55:12: max_age is 0s; no image is so young`},
	{"an age without a unit", "max_age: 2160h", "max_age: 90d", `55:12: max_age "90d" is not a time span; units are h, m, s and ms: 90s, 5m, 1h30m`},
	{"a size of other tools", "max_size: 1Gi", "max_size: 1GB", `56:13: max_size "1GB" is not a size; did you mean "1Gi"?`},
	{"no size", "max_size: 1Gi", "max_size: big", `56:13: max_size "big" is not a size; write it like 512Mi or 2Gi`},
	{"no label", "[org.opencontainers.image.revision]", "[]", `57:11: labels is empty; name one, or take it out`},
	{"a label with a value", "[org.opencontainers.image.revision]", "[a b]", `57:12: "a b" cannot be a label; write its key only: org.opencontainers.image.revision`},
	{"no severity", "critical: 0, high: 3, ", "", `58:9: scan names no severity; say how many findings there may be: {critical: 0, high: 0}`},
	{"an unknown severity", "critical: 0", "critcal: 0", `58:10: unknown key "critcal"; did you mean "critical"?`},
	{"fewer than none", "critical: 0", "critical: -1", `58:20: critical -1 is out of range; findings at most: 0 to 1000000`},
	{"exceptions from nothing", "  scan: {critical: 0, high: 3, max_age: 720h, fixable_only: true}\n", "", `59:5: exceptions stand without scan; they are from what a scan may find`},
}

var exceptionProblems = []broken{
	{"nothing in it", `{id: CVE-2026-1234, until: 2026-12-31, reason: "not reachable: no XML is read"}`, "{}", `60:7: the exception has no id
60:7: the exception has no until
60:7: the exception has no reason`},
	{"no finding", "id: CVE-2026-1234", `id: "1234"`, `60:12: id "1234" is not a finding; write it like CVE-2026-1234`},
	{"no day", "2026-12-31", "2026-02-30", `60:34: until "2026-02-30" is not a day; write it like 2026-12-31`},
	{"a time", "2026-12-31", "31.12.2026", `60:34: until "31.12.2026" is not a day; write it like 2026-12-31`},
	{"no reason", `"not reachable: no XML is read"`, `""`, `60:54: reason "" cannot be shown in one line; say why it may pass`},
	{"one twice", "  signed_by", "    - {id: CVE-2026-1234, until: 2027-12-31, reason: x}\n  signed_by", `61:12: CVE-2026-1234 stands here twice; it is also on line 60`},
}

var keyProblems = []broken{
	{"a private key", indented(ecKey), indented(strings.ReplaceAll(ecKey, "PUBLIC", "EC PRIVATE")), `61:14: signed_by holds a private key: whoever could read this file can sign images; take it out, make a new pair of keys, and write the public one`},
	{"a private key without its end", indented(ecKey), indented("-----BEGIN PRIVATE KEY-----\nMC4="), `61:14: signed_by holds a private key: whoever could read this file can sign images; take it out, make a new pair of keys, and write the public one`},
	{"a certificate", indented(ecKey), indented(strings.ReplaceAll(ecKey, "PUBLIC KEY", "CERTIFICATE")), "61:14: signed_by holds a certificate, not a public key; write what `cosign public-key` prints: -----BEGIN PUBLIC KEY----- and so on"},
	{"a key that is cut short", indented(edKey), indented("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw\n-----END PUBLIC KEY-----\n"), "61:14: signed_by holds a public key that cannot be read; write what `cosign public-key` prints: -----BEGIN PUBLIC KEY----- and so on"},
	{"a block without an end", indented(ecKey), indented("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw"), "61:14: signed_by holds a block that cannot be read; write what `cosign public-key` prints: -----BEGIN PUBLIC KEY----- and so on"},
	{"no key", "|\n" + indented(ecKey+edKey), "cosign.pub\n", "61:14: signed_by holds no public key; write what `cosign public-key` prints: -----BEGIN PUBLIC KEY----- and so on"},
}

var checklistFileProblems = []broken{
	{"a checklist that there is not", "production.yaml\nchecks", "producton.yaml\nchecks", `40:12: there is no file checklists/producton.yaml in the catalog's folder; did you mean "checklists/production.yaml"?`},
	{"a folder of checklists that there is not", "checklists/", "checklist/", `40:12: there is no file checklist/production.yaml in the catalog's folder; there is no folder checklist either`},
	{"among the services", "checklists/production.yaml", "production.yaml", `40:12: checklist "production.yaml" stands among the services; put it in a folder of its own: checklists/production.yaml`},
	{"a checklist out of the folder", "checklists/", "../checklists/", `40:12: checklist "../checklists/production.yaml" is not in the catalog's folder; write its path from there, such as checklists/production.yaml`},
	{"a checklist from the root", "checklists/", "/checklists/", `40:12: checklist "/checklists/production.yaml" is not in the catalog's folder; write its path from there, such as checklists/production.yaml`},
	{"another kind of file", "production.yaml\nchecks", "production.json\nchecks", `40:12: checklist "checklists/production.json" is not a YAML file; its name ends in .yaml or .yml; none turns off what is inherited`},
	{"none", "checklists/production.yaml", "none", ``},
}
