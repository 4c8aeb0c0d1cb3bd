package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Scripts fetches migration scripts. Codes: NotFound (no such bucket, artifact or folder), Forbidden, Unavailable, Conflict
// (changed while it was read), Invalid
// (files that make no set: see NewScriptSet; more than 10 MiB). A prefix of a bucket with nothing under it, and an empty
// folder, are a set without scripts: that version changes nothing.
type Scripts interface {
	Fetch(ctx context.Context, source string) (ScriptSet, error)
}

// ScriptSet is the scripts of a source, in the order in which they are applied.
type ScriptSet struct {
	Source  string
	Hash    string // of all names and contents
	Scripts []Script
}

// Script is one file.
type Script struct {
	Version int64
	Name    string // 014_add_user_preferences.sql
	SQL     string
	Sum     string // sha256 of SQL
	Alone   bool   // it cannot run in a transaction: see MigrationFile, which says so
}

// scriptName is NNN_name.sql.
var scriptName = regexp.MustCompile(`^([0-9]{1,18})_[A-Za-z0-9][A-Za-z0-9_.-]*\.sql$`)

// NewScriptSet makes a set of files by name. Files that do not end with .sql are passed over. Invalid, with everything that
// is wrong at once, if a name is not NNN_name.sql, two have the same number, or a file is empty or not UTF-8.
func NewScriptSet(source string, files map[string][]byte) (ScriptSet, error) {
	set := ScriptSet{Source: source}
	var wrong []string
	byVersion := map[int64]string{}
	for file, content := range files {
		name := path.Base(file)
		if !strings.HasSuffix(name, ".sql") {
			continue
		}
		m := scriptName.FindStringSubmatch(name)
		if m == nil {
			wrong = append(wrong, fmt.Sprintf("%.80q is not called NNN_name.sql", name))
			continue
		}
		version, err := strconv.ParseInt(m[1], 10, 64)
		other, taken := byVersion[version]
		byVersion[version] = name
		switch {
		case err != nil || version == 0:
			wrong = append(wrong, name+" has no number above 0")
		case taken:
			names := []string{name, other}
			slices.Sort(names)
			wrong = append(wrong, fmt.Sprintf("%s and %s have the same number", names[0], names[1]))
		case !utf8.Valid(content):
			wrong = append(wrong, name+" is not UTF-8")
		case strings.TrimSpace(string(content)) == "":
			wrong = append(wrong, name+" is empty")
		default:
			sum := sha256.Sum256(content)
			set.Scripts = append(set.Scripts, Script{Version: version, Name: name, SQL: string(content), Sum: hex.EncodeToString(sum[:])})
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return ScriptSet{}, &Error{Code: Invalid, Op: "read the migrations of " + source, Msg: strings.Join(wrong, "; "),
			Hint: "mend the files of " + source + ", then deploy again"}
	}
	slices.SortFunc(set.Scripts, func(a, b Script) int { return cmp.Compare(a.Version, b.Version) })
	h := sha256.New()
	for _, s := range set.Scripts {
		fmt.Fprintf(h, "%q %s\n", s.Name, s.Sum)
	}
	set.Hash = hex.EncodeToString(h.Sum(nil))
	return set, nil
}

// SQLReader understands SQL without a database.
type SQLReader interface {
	// Read takes a script apart. Invalid, with the line, if it cannot be parsed. The first call may take seconds.
	Read(ctx context.Context, sql string) ([]Statement, error)
}

// Statement is one statement of a script, as far as it matters to a migration.
type Statement struct {
	Line   int    // where it begins
	Text   string // the beginning of it, in one line, at most 120 characters
	Alone  bool   // it cannot run in a transaction
	Handed bool   // Alone, and Slipway knows how to go on with it after a crash: an index made or dropped concurrently
	Makes  string // the table that it creates: public.user_preferences
	Class  SchemaClass
	Risks  []Risk
}

// Risk is something that a statement does which can hurt users, and how to do it so that it does not.
type Risk struct {
	Rule  string `json:"rule"`            // drop-table, drop-column, rewrite, index-lock, not-null, …
	Table string `json:"table,omitempty"` // public.users
	Why   string `json:"why"`
	Safer string `json:"safer"`
}

// SchemaClass says whether the application may go back after a change of the schema.
type SchemaClass string

const (
	Unchanged SchemaClass = ""         // nothing was changed
	Expand    SchemaClass = "expand"   // only added: the version before works with it
	Contract  SchemaClass = "contract" // takes away or changes what the version before may use
	Unsure    SchemaClass = "unknown"  // cannot be told from the statements
)

// Worse is the class of both together.
func (c SchemaClass) Worse(other SchemaClass) SchemaClass {
	rank := map[SchemaClass]int{Unchanged: 0, Expand: 1, Unsure: 2, Contract: 3}
	if rank[other] > rank[c] {
		return other
	}
	return c
}
