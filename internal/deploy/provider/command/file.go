package command

import (
	"fmt"
	"os"
	"path/filepath"

	"slipway/internal/deploy"
)

// inside finds a file of a folder that can be run. It has to be there also once all links have been followed.
func inside(folder, name string) (string, error) {
	wrong := func(why, hint string) error {
		return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.100q %s", name, why), Hint: hint}
	}
	const place = "name a file of the catalog's folder, such as scripts/smoke.sh"
	if folder == "" || !filepath.IsLocal(name) {
		return "", wrong("is not in the catalog's folder", place)
	}
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return "", wrong("is not there: the catalog's folder is not", "check SLIPWAY_CATALOG")
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", wrong("is not there: the catalog's folder is not", "check SLIPWAY_CATALOG")
	}
	file, err := filepath.EvalSymlinks(filepath.Join(root, name))
	if err != nil {
		return "", wrong("is not in the catalog's folder", place)
	}
	if within, err := filepath.Rel(root, file); err != nil || !filepath.IsLocal(within) {
		return "", wrong("is a link that leads out of the catalog's folder", place)
	}
	info, err := os.Stat(file)
	switch {
	case err != nil || !info.Mode().IsRegular():
		return "", wrong("is no file", place)
	case info.Mode().Perm()&0o111 == 0:
		return "", wrong("is not executable", "run chmod +x on it; in git: git update-index --chmod=+x")
	}
	return file, nil
}
