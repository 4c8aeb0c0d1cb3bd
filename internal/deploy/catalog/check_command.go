package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const mostArguments = 50

// checkCommand checks a command, and that there is such a file if it is to be run beside the bot.
func (s *source) checkCommand(path string, c Check) {
	run, beside := under(path, "command"), under(path, "beside_the_bot")
	job := s.has(under(path, "job"))
	switch {
	case job:
		s.must(!c.BesideTheBot, beside, "beside_the_bot stands beside job", "a command is run in one place")
	case !c.BesideTheBot:
		s.must(s.excused(beside), run, "the command has no job", "name the platform's job to run it in, or allow it here with beside_the_bot: true")
	}
	s.must(len(c.Command) > 0, run, "command is empty", "write a list: the file, and its arguments")
	s.must(len(c.Command) <= mostArguments, run, fmt.Sprintf("command has %d parts, at most %d are allowed", len(c.Command), mostArguments), "")
	for i, part := range c.Command {
		at := item(run, i)
		s.must(!strings.Contains(part, "\x00"), at, "part of the command has a zero byte", "")
		s.must(!strings.Contains(part, "${secret:"), at, "a command gets no secrets", "its arguments can be seen by others on the machine; a job may have secrets of its own")
	}
	if len(c.Command) > 0 && !job {
		s.checkProgram(item(run, 0), c.Command[0])
	}
}

// checkProgram checks a file of the catalog's folder that is to be run.
func (s *source) checkProgram(at, program string) {
	s.must(inside(program), at, strconv.Quote(program)+" is not a file of the catalog's folder", "write its path from there, such as scripts/smoke.sh")
	if s.folder == nil || s.excused(at) {
		return
	}
	info, err := fs.Stat(s.folder.fsys, program)
	switch {
	case err != nil:
		s.must(false, at, "there is no file "+program+" in the catalog's folder", s.folder.near(program))
	case !info.Mode().IsRegular():
		s.must(false, at, program+" is not a file", "")
	case s.folder.real && info.Mode()&0o111 == 0:
		s.must(false, at, program+" may not be executed", "chmod +x "+program)
	}
}

// inside says whether a path leads to something in a folder, and not out of it.
func inside(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.Contains(name, `\`)
}

// near suggests the file of the same folder that was probably meant.
func (f *folder) near(name string) string {
	entries, err := fs.ReadDir(f.fsys, path.Dir(name))
	if err != nil {
		return "there is no folder " + path.Dir(name) + " either"
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if m := meant(path.Base(name), names); m != "" {
		return "did you mean " + strconv.Quote(path.Join(path.Dir(name), m)) + "?"
	}
	return ""
}
