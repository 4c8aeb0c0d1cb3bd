package phase

import (
	"regexp"
	"strings"
)

// clue is what a platform or an application says when something certain is wrong. The words are those that Cloud Run,
// its start-up probe, registries and PostgreSQL clients use.
type clue struct {
	says          *regexp.Regexp
	cause, remedy string
}

// says finds any of the words anywhere, and those in alone only where no letter or digit is next to them: "port" is
// not in "report", nor "401" in "1401 ms".
func says(words, alone string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + words + `|(?:^|[^a-z0-9])(?:` + alone + `)(?:[^a-z0-9]|$)`)
}

const (
	moreMemory      = "raise memory in the catalog, or look for what uses it"
	unfit           = "the code and the schema of the database do not fit"
	fewerConnection = "lower the pool of each instance or its number of instances, or raise what the database takes"
)

var (
	doesNotStart = clue{says(`failed to start|start-?up|container called|listen|crash`, `ports?|exit(?:ed|s|ing)?`), "the application does not start",
		"read its last lines; check environment variables and secrets; run the image by hand"}
	isUnhealthy = clue{nil, "it starts, and does not answer its health checks rightly",
		"read its last lines; check what it depends on, and that the image is the one meant"}
	failsChecks = clue{nil, "it is healthy, and does not pass its smoke checks",
		"read what each check says and its last lines; check the data and secrets that the checks need"}
	bearsNoLoad = clue{nil, "it is healthy, and does not bear its load check",
		"read which limit broke and its last lines; compare with the last good release; check CPU, concurrency, instances and what it depends on"}
)

// deployClues are looked for when a candidate did not become ready.
var deployClues = []clue{
	{says(`permission|denied|forbidden|unauthori[sz]ed`, `iam`), "the platform may not read something that the revision needs",
		"check the roles of the service account and of the platform's agent: image, secrets, connections"},
	{says(`secret`, `secret`), "a secret that the revision names cannot be read", "check that each secret and its version exist, and that the service account may read them"},
	{says(`manifest|not found in registry|imagepull`, `images?|pull(?:ed|ing)?`), "the image cannot be had", "check that the image exists and that the platform may pull it"},
	{says(`memory limit|out ?of ?memory`, `oom(?:[- ]?killed)?`), "it needs more memory than it may use", moreMemory},
	doesNotStart,
	{says(`quota`, `limits?`), "the platform has no room for it", "look at the quotas of the project and the limits of the service"},
}

// runtimeClues are looked for in what the application wrote.
var runtimeClues = []clue{
	{says(`\b(?:relation|column|table|type|function|schema)\b.*does not exist|undefined ?(?:table|column)|no such (?:table|column)|unknown column`, `null value in column`),
		unfit, "check whether the migration of this version was run, then release again"},
	{says(`too many connections|too many clients|remaining connection slots|connection pool|pool (?:is )?(?:exhausted|full)`, `queuepool`),
		"the database has no connections left", fewerConnection},
	{says(`connection refused|no such host|timeout|timed out|deadline exceeded|unreachable|reset by peer`, `econn(?:refused|reset)|enotfound|etimedout`),
		"something it depends on does not answer", "check the dependency, its address and its credentials in this version's variables"},
	{says(`permission|unauthori[sz]ed|denied|forbidden`, `401|403`), "it may not use something it depends on", "check secrets and roles that this version needs"},
	{says(`out ?of ?memory|memory limit`, `oom(?:[- ]?killed)?|heap`), "it runs out of memory", "raise memory in the catalog, or look for the leak"},
	{says(`\bis not set\b|missing (?:required )?(?:environment )?variable`, `keyerror`), "a variable that it needs is missing", "set it in the catalog, under env or secrets, then release again"},
	{says(`nil pointer|panic|exception|traceback|undefined is not|cannot read propert`, `null|typeerror`), "a defect in the code of this version",
		"mend it from the line above, and add the case to the tests"},
}

// match finds the first clue, in the order of the texts: the platform's own words count before the application's. The
// name of the service, which may contain anything, is none of them.
func match(clues []clue, service string, said []string) (clue, string, bool) {
	for _, text := range said {
		words := text
		if service != "" {
			words = strings.ReplaceAll(text, service, "it")
		}
		for _, c := range clues {
			if c.says.MatchString(words) {
				return c, text, true
			}
		}
	}
	return clue{}, "", false
}
