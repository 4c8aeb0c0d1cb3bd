package pgserver

import (
	"cmp"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrNotInstalled says that there is no PostgreSQL here, and how to get one.
var ErrNotInstalled = errors.New("postgres and initdb are not installed: run make setup, or apt-get install postgresql, or brew install postgresql")

// Installed says whether there is a PostgreSQL to start.
func Installed() bool {
	_, err := find()
	return err == nil
}

// find is the folder of postgres and initdb: that of PATH, or where Debian and others keep them, the newest first.
func find() (string, error) {
	var found []string
	if at, err := exec.LookPath("initdb"); err == nil {
		if at, err = filepath.EvalSymlinks(at); err == nil {
			found = append(found, filepath.Dir(at))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		dirs, _ := filepath.Glob(pattern) // the patterns are good
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(b, a)) })
		found = append(found, dirs...)
	}
	for _, dir := range found {
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		if _, err := exec.LookPath(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", ErrNotInstalled
}
