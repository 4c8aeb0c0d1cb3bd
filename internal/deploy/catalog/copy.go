package catalog

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// copyNamed copies the folders and files that catalog files name, and that stand in folders of the catalog. Folders are
// first: a command may stand in one, and needs its permissions.
func copyNamed(src fs.FS, dst string, files []File) error {
	for _, f := range files {
		for _, name := range f.folders() {
			if err := copyFolder(src, dst, name); err != nil {
				return err
			}
		}
	}
	for _, f := range files {
		for name, mode := range f.named() {
			if err := copyFile(src, dst, name, mode); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyFile(src fs.FS, dst, name string, mode fs.FileMode) error {
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
	return nil
}

// named are the files that a catalog file names, with the permissions that they need.
func (f File) named() map[string]fs.FileMode {
	files := map[string]fs.FileMode{}
	add := func(s Shared) {
		if s.Checklist != "" && s.Checklist != noChecklist {
			files[s.Checklist] = 0o644
		}
		for _, p := range s.platforms() {
			if p.TaskDefinition != "" {
				files[p.TaskDefinition] = 0o644
			}
		}
		for _, c := range s.Checks {
			if len(c.Command) > 0 && c.Job == "" {
				files[c.Command[0]] = 0o755
			}
		}
	}
	for _, s := range f.shared() {
		add(s)
	}
	return files
}

// shared are what stands at the top of the file, and in each environment.
func (f File) shared() []Shared {
	all := []Shared{f.Shared}
	for _, env := range f.Environments {
		all = append(all, env.Shared)
	}
	return all
}

// platforms are that of the service, if there is one here, and those of its parts.
func (s Shared) platforms() []Platform {
	all := []Platform{deref(s.Platform)}
	for _, p := range s.Also {
		all = append(all, deref(p.Platform))
	}
	return all
}

// folders are those that a catalog file names: where scripts come from.
func (f File) folders() []string {
	var names []string
	for _, s := range f.shared() {
		if name := folderOf(deref(deref(s.Database).Migrations).From); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// copyFolder copies everything in a folder of the catalog.
func copyFolder(src fs.FS, dst, name string) error {
	return fs.WalkDir(src, name, func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read a folder to copy: %w", err)
		}
		info, err := fs.Stat(src, file) // of what a link leads to
		switch {
		case err != nil:
			return fmt.Errorf("read a folder to copy: %w", err)
		case info.Mode().IsRegular():
			return copyFile(src, dst, file, 0o644)
		case file == name: // it is named, so it has to be there, even if there is nothing in it
			return os.MkdirAll(filepath.Join(dst, filepath.FromSlash(name)), 0o755)
		}
		return nil
	})
}
