package catalog

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// copyNamed copies the files that a catalog file names, and that stand in folders of the catalog.
func copyNamed(src fs.FS, dst string, f File) error {
	for name, mode := range f.named() {
		text, err := fs.ReadFile(src, name)
		if err != nil {
			return fmt.Errorf("read a file to copy: %w", err)
		}
		to := filepath.Join(dst, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("make the folder of a copied file: %w", err)
		}
		if err := os.WriteFile(to, text, mode); err != nil {
			return fmt.Errorf("write the copy of %s: %w", name, err)
		}
		if err := os.Chmod(to, mode); err != nil { // it may have been there before, with another
			return fmt.Errorf("write the copy of %s: %w", name, err)
		}
	}
	return nil
}

// named are the files that a catalog file names, with the permissions that they need.
func (f File) named() map[string]fs.FileMode {
	files := map[string]fs.FileMode{}
	add := func(s Shared) {
		if s.Checklist != "" && s.Checklist != noChecklist {
			files[s.Checklist] = 0o644
		}
		for _, c := range s.Checks {
			if len(c.Command) > 0 && c.Job == "" {
				files[c.Command[0]] = 0o755
			}
		}
	}
	add(f.Shared)
	for _, env := range f.Environments {
		add(env.Shared)
	}
	return files
}
