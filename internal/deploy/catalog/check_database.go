package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

// longestDatabaseStep is what a backup or a migration may take: Slipway's own limit.
const longestDatabaseStep = 24 * time.Hour

var (
	// PostgreSQL takes any name; these need no thought anywhere (postgresql.org/docs/current/sql-syntax-lexical.html, 63 bytes).
	databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$-]{0,62}$`)
	// An IAM user is an e-mail address; that of a service account ends in .iam (cloud.google.com/sql/docs/postgres/iam-logins).
	databaseUser = regexp.MustCompile(`^[^\s@:/]+@[^\s@:/]+$`)
)

func (s *source) checkServiceDatabase(path string, d ServiceDatabase) {
	at := func(key string) string { return under(path, key) }
	s.checkInstance(at("instance"), d.Instance)
	s.must(project.MatchString(d.Project), at("project"), "project "+strconv.Quote(d.Project)+" is not a project id", "6 to 30 lower case letters, digits and hyphens")
	if s.has(at("region")) {
		s.checkRegion(at("region"), d.Region)
	}
	s.must(databaseName.MatchString(d.Name), at("name"), "name "+strconv.Quote(d.Name)+" is not the name of a database", "letters, digits, _ and -, not beginning with a digit, at most 63")
	s.checkDatabaseLogin(path, d)
	s.checkReason(at("off"), d.Off, "say why nothing is done with it")
	s.checkBackup(at("backup"), deref(d.Backup))
	s.checkDatabaseLimits(at("limits"), deref(d.Limits))
	if d.Migrations != nil {
		s.checkMigrations(at("migrations"), *d.Migrations)
	}
}

func (s *source) checkInstance(path, text string) {
	hint := nameRule
	if short := text[strings.LastIndexByte(text, ':')+1:]; short != text && sqlInstance.MatchString(short) {
		hint = "write " + strconv.Quote(short) + "; its project and its region have keys of their own"
	}
	s.must(sqlInstance.MatchString(text), path, "instance "+strconv.Quote(text)+" is not the name of a Cloud SQL instance", hint)
}

// checkDatabaseLogin checks how one logs in. What is wrong with a login is not shown: there may be a password in it.
func (s *source) checkDatabaseLogin(path string, d ServiceDatabase) {
	login, user := under(path, "login"), under(path, "user")
	s.must(!s.has(login), user, "user stands beside login", "write one: an address, or a user of Cloud SQL's connector")
	hint := "write it like slipway@my-gcp-project.iam"
	if short, long := strings.CutSuffix(d.User, ".gserviceaccount.com"); long {
		hint = "write " + strconv.Quote(short) + ": a database knows a service account without .gserviceaccount.com"
	}
	s.must(databaseUser.MatchString(d.User) && !strings.HasSuffix(d.User, ".gserviceaccount.com"), user, "user "+strconv.Quote(d.User)+" is not an IAM user of a database", hint)

	const form = "write postgres://USER:${secret:NAME}@HOST/DATABASE, or keep all of it in a secret: ${secret:NAME}"
	msg, known := secretsOnly(d.Login)
	s.must(msg == "", login, "login"+msg, known)
	if strings.HasPrefix(d.Login, "${") || s.excused(login) {
		return
	}
	u, err := url.Parse(filledIn.ReplaceAllString(d.Login, stand))
	if err != nil {
		s.must(false, login, "login is not an address", form)
		return
	}
	password, _ := u.User.Password()
	for _, p := range []string{password, u.Query().Get("password")} {
		s.must(p == "" || p == stand, login, "login has a password in it", "keep it in a secret, and write ${secret:NAME}")
	}
	host := u.Hostname() != "" || u.Query().Get("host") != ""
	s.must((u.Scheme == "postgres" || u.Scheme == "postgresql") && host && u.Fragment == "", login, "login is not the address of a database", form)
}

// secretsOnly says what is wrong with the placeholders of a text in which there may be secrets, and nothing of the release.
func secretsOnly(text string) (msg, hint string) {
	t, err := placeholder.Parse(text)
	if err != nil {
		return ": " + deploy.Message(err), misplaced(text, deploy.Hint(err))
	}
	for _, name := range t.Names() {
		if _, secret := placeholder.Secret(name); !secret {
			return " refers to ${" + name + "}, which is not filled in here", "only ${secret:NAME} is; environments may have logins of their own"
		}
	}
	return "", ""
}

// checkReason checks a text that says why something is not done.
func (s *source) checkReason(path, text, hint string) {
	key := last(path)
	s.must(strings.TrimSpace(text) != "", path, key+" is empty", hint)
	s.must(called.MatchString(text), path, key+" "+strconv.Quote(text)+" cannot be shown in one line", hint)
	s.must(utf8.RuneCountInString(text) <= longestReason, path, fmt.Sprintf("%s has %d characters, at most %d are allowed", key, utf8.RuneCountInString(text), longestReason), "")
}

func (s *source) checkBackup(path string, b BackupPolicy) {
	within, skip := under(path, "within"), under(path, "skip")
	s.checkReason(skip, b.Skip, "say why there is no backup")
	s.must(!s.has(within), skip, "skip stands beside within", "either there is a backup, or there is not")
	s.checkSpan(within, b.Within, longestDatabaseStep, "24h")
}

// checkSpan checks a time that something may take.
func (s *source) checkSpan(path string, d Duration, most time.Duration, says string) {
	span := time.Duration(d)
	s.must(span > 0 && span <= most, path, last(path)+" "+span.String()+" is out of range", "more than 0s, at most "+says)
}

func (s *source) checkDatabaseLimits(path string, l DatabaseLimits) {
	at := func(key string) string { return under(path, key) }
	share, _ := l.Connections.share()
	s.must(share > 0, at("connections"), "connections "+string(l.Connections)+" lets nobody in", "more than 0%, at most 100%")
	s.checkSpan(at("transaction"), l.Transaction, longestWait, "168h")
	s.checkSpan(at("lag"), l.Lag, longestWait, "168h")
	s.checkBytes(at("size"), l.Size)
}

// checkBytes checks a size of any number of bytes.
func (s *source) checkBytes(path, text string) {
	_, ok := byteSize(text)
	hint := "write it like 512Mi or 2Gi"
	if m := nearSize(text); m != "" {
		hint = "did you mean " + strconv.Quote(m) + "?"
	}
	s.must(ok, path, last(path)+" "+strconv.Quote(text)+" is not a size", hint)
}
