package catalog

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// noChecklist is what an environment without the checklist at the top of its file says.
const noChecklist = "none"

// folder is where the files of a catalog are.
type folder struct {
	fsys       fs.FS
	dir        string // what people call it
	real       bool   // a folder of the disk, where files have permissions
	checklists map[string]*source
	tasks      map[string]*taskDefinition
}

// checkChecklist checks where a checklist is, and reads it.
func (s *source) checkChecklist(at, name string) {
	if !s.has(at) || name == noChecklist {
		return
	}
	ext := path.Ext(name)
	s.must(inside(name), at, "checklist "+strconv.Quote(name)+" is not in the catalog's folder", "write its path from there, such as checklists/production.yaml")
	s.must(ext == ".yaml" || ext == ".yml", at, "checklist "+strconv.Quote(name)+" is not a YAML file", "its name ends in .yaml or .yml; none turns off what is inherited")
	s.must(strings.Contains(name, "/"), at, "checklist "+strconv.Quote(name)+" stands among the services", "put it in a folder of its own: checklists/"+name)
	if s.folder == nil || s.excused(at) {
		return
	}
	if _, err := s.folder.checklist(name); err != nil {
		msg, hint := "checklist "+name+" cannot be read", ""
		if errors.Is(err, fs.ErrNotExist) {
			msg, hint = "there is no file "+name+" in the catalog's folder", s.folder.near(name)
		}
		s.problem(at, msg, hint)
	}
}

// checklist reads a checklist once, however many environments have it. What is wrong in it stands in what is found.
func (f *folder) checklist(name string) (*source, error) {
	if s := f.checklists[name]; s != nil {
		return s, nil
	}
	text, err := fs.ReadFile(f.fsys, name)
	if err != nil {
		return nil, err
	}
	s := newSource(filepath.Join(f.dir, name), text)
	s.what, s.about = "a checklist", "checklist"
	if root := s.parse(text); root != nil {
		s.decode(root, reflect.ValueOf(&s.checklist).Elem(), "")
		s.checkGroups()
	} else {
		s.flawed[""] = true
	}
	if f.checklists == nil {
		f.checklists = map[string]*source{}
	}
	f.checklists[name] = s
	return s, nil
}

// slug is a name as a key: Testing & quality is testing-quality.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

// full is what an item is kept under.
func (g Group) full(i Item) string { return slug(g.Name) + "/" + i.Key }
