package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of Slipway's own.
const (
	mostSQLChecks   = 50
	longestLockWait = time.Hour
)

// tableName is an identifier, with or without the schema that it is in.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$`)

var (
	ociDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	bucketKey = regexp.MustCompile(`^[!-~]*$`)
)

func (s *source) checkMigrations(path string, m Migrations) {
	at := func(key string) string { return under(path, key) }
	s.must(!s.has(at("from")), at("job"), "job stands beside from", "the schema is changed by scripts or by a job")
	for _, key := range []string{"lock_timeout", "statement_timeout", "large_table", "approvals", "checks"} {
		s.must(!s.has(at("job")) || s.excused(at("job")), at(key), key+" is for scripts, and stands beside job", "what a job does, only the job knows")
	}
	s.must(!s.has(at("from")) || s.excused(at("job")), at("args"), "args stands beside from", "they are for a job")
	if s.has(at("from")) {
		s.checkFrom(at("from"), m.From)
	}
	s.must(tableName.MatchString(m.Table), at("table"), "table "+strconv.Quote(m.Table)+" is not the name of a table", "letters, digits and _, with or without its schema: ops.schema_migrations")
	s.checkSpan(at("lock_timeout"), m.LockTimeout, longestLockWait, "1h")
	s.checkSpan(at("statement_timeout"), m.StatementTimeout, longestDatabaseStep, "24h")
	s.checkSpan(at("within"), m.Within, longestDatabaseStep, "24h")
	s.checkBytes(at("large_table"), m.LargeTable)
	s.must(m.Approvals >= 1 && m.Approvals <= mostApprovals, at("approvals"), fmt.Sprintf("approvals %d is out of range", m.Approvals), fmt.Sprintf("1 to %d", mostApprovals))
	s.checkSQLChecks(at("checks"), m.Checks)
	s.must(jobName.MatchString(m.Job), at("job"), "job "+strconv.Quote(m.Job)+" is not a name", nameRule)
	s.checkArgs(at("args"), m.Args)
}

func (s *source) checkArgs(path string, args []string) {
	s.must(len(args) <= mostArguments, path, fmt.Sprintf("there are %d args, at most %d are allowed", len(args), mostArguments), "")
	for i, arg := range args {
		at := item(path, i)
		s.must(!strings.Contains(arg, "\x00"), at, "an argument has a zero byte", "")
		s.must(!strings.Contains(arg, "${secret:"), at, "a job gets no secrets in its args", "others can see them; the job may have secrets of its own")
		msg, hint := templateFlaw(arg)
		s.must(msg == "", at, "an argument "+msg, hint)
	}
}

// checkFrom checks where scripts come from, and that there is such a folder if it is one of the catalog.
func (s *source) checkFrom(at, from string) {
	msg, hint := templateFlaw(from)
	s.must(msg == "", at, "from "+msg, hint)
	text := filledIn.ReplaceAllString(from, stand)
	switch scheme, rest, found := strings.Cut(text, "://"); {
	case !found:
		s.checkFolder(at, from)
	case scheme == "gs":
		bucket, prefix, _ := strings.Cut(rest, "/")
		s.must(bucketName.MatchString(bucket) && bucketKey.MatchString(prefix), at, "from "+strconv.Quote(from)+" is not in a bucket", "write gs://BUCKET/PREFIX/")
		s.must(strings.HasSuffix(text, "/"), at, "from "+strconv.Quote(from)+" does not end with /", "write "+strconv.Quote(from+"/")+": without it v1.2.4 would be v1.2.40 as well")
	case scheme == "oci":
		s.must(artifact(rest), at, "from "+strconv.Quote(from)+" is not an artifact", "write oci://HOST/REPOSITORY:TAG")
	default:
		s.must(false, at, "from "+strconv.Quote(from)+" is of no kind that is known", "write gs://…, oci://… or a folder of the catalog")
	}
}

// artifact says whether text is a repository with its registry, and a tag or a digest.
func artifact(text string) bool {
	if repo, digest, found := strings.Cut(text, "@"); found {
		return repository.MatchString(repo) && ociDigest.MatchString(digest)
	}
	at := strings.LastIndexByte(text, ':')
	return at > strings.LastIndexByte(text, '/') && repository.MatchString(text[:at]) && version.MatchString(text[at+1:])
}

func (s *source) checkFolder(at, from string) {
	folder := folderOf(from)
	s.must(inside(strings.TrimSuffix(from, "/")) && folder != "", at, "from "+strconv.Quote(from)+" is not a folder of the catalog",
		"write its path from there, such as migrations, or gs://BUCKET/PREFIX/ or oci://HOST/REPOSITORY:TAG")
	if s.folder == nil || s.excused(at) {
		return
	}
	info, err := fs.Stat(s.folder.fsys, folder)
	switch {
	case err != nil:
		s.must(false, at, "there is no folder "+folder+" in the catalog's folder", s.folder.nearFolder(folder))
	case !info.IsDir():
		s.must(false, at, folder+" is not a folder", "")
	}
}

// folderOf is the part of a path above the first reference in it: the folder that has to be there for every version. It is
// empty if there is none, or if from is no path.
func folderOf(from string) string {
	if strings.Contains(from, "://") {
		return ""
	}
	fixed, _, open := strings.Cut(from, "${")
	if open {
		fixed, _ = path.Split(fixed)
	}
	return strings.TrimSuffix(fixed, "/")
}

// nearFolder suggests the folder that was probably meant.
func (f *folder) nearFolder(name string) string {
	entries, err := fs.ReadDir(f.fsys, path.Dir(name))
	if err != nil {
		return "there is no folder " + path.Dir(name) + " either"
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if m := meant(path.Base(name), names); m != "" {
		return "did you mean " + strconv.Quote(path.Join(path.Dir(name), m)) + "?"
	}
	return ""
}
