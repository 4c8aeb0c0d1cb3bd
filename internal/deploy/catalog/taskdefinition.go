package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// largestTask is what ECS takes of a task definition (docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html).
const largestTask = 64 << 10 // bytes

// taskDefinition is a file of the catalog that is registered at ECS with an image in it. What is wrong in it stands in what
// is found.
type taskDefinition struct {
	*source
	text       string
	containers []string
}

// checkTaskDefinition checks where a task definition is, and reads it.
func (s *source) checkTaskDefinition(at, name string) {
	if !s.has(at) {
		return
	}
	s.must(inside(name), at, "task_definition "+strconv.Quote(name)+" is not in the catalog's folder", "write its path from there, such as task-definition.json")
	s.must(path.Ext(name) == ".json", at, "task_definition "+strconv.Quote(name)+" is not a JSON file", "its name ends in .json")
	if s.folder == nil || s.excused(at) {
		return
	}
	if _, err := s.folder.taskDefinition(name); err != nil {
		msg, hint := "task_definition "+name+" cannot be read", ""
		if errors.Is(err, fs.ErrNotExist) {
			msg, hint = "there is no file "+name+" in the catalog's folder", s.folder.near(name)
		}
		s.problem(at, msg, hint)
	}
}

// taskDefinition reads a task definition once, however many environments have it.
func (f *folder) taskDefinition(name string) (*taskDefinition, error) {
	if t := f.tasks[name]; t != nil {
		return t, nil
	}
	info, err := fs.Stat(f.fsys, name)
	if err != nil {
		return nil, err
	}
	var text []byte
	if info.Size() <= largestTask { // else nothing of it is looked at
		if text, err = fs.ReadFile(f.fsys, name); err != nil {
			return nil, err
		}
	}
	t := &taskDefinition{source: newSource(filepath.Join(f.dir, name), text), text: string(text)}
	if info.Size() > largestTask {
		t.problemAt(start, "the file is longer than 64 KiB", "ECS takes no longer task definition")
	} else {
		t.read()
	}
	if f.tasks == nil {
		f.tasks = map[string]*taskDefinition{}
	}
	f.tasks[name] = t
	return t, nil
}

// read looks at what Slipway needs of a task definition. Of the rest ECS knows more: keys that are not known here are kept.
func (t *taskDefinition) read() {
	if !utf8.ValidString(t.text) {
		t.problemAt(start, "the file is not UTF-8 text", "")
		return
	}
	for i, line := range t.lines {
		for _, at := range reference.FindAllStringIndex(line, -1) {
			if msg, hint := templateFlaw(line[at[0]:at[1]]); msg != "" {
				t.problemAt(pos{i + 1, utf8.RuneCountInString(line[:at[0]]) + 1}, "a value "+msg, hint)
				return
			}
		}
	}
	var task map[string]json.RawMessage
	if !t.decodes([]byte(t.text), &task, "a task definition must be a JSON object") {
		return
	}
	if len(task["taskDefinition"]) > 0 && len(task["containerDefinitions"]) == 0 {
		t.problemAt(start, "the file is an answer of describe-task-definition", "keep what stands in it under taskDefinition")
		return
	}
	var containers []struct{ Name string }
	if raw := task["containerDefinitions"]; len(raw) == 0 || json.Unmarshal(raw, &containers) != nil || len(containers) == 0 {
		t.problemAt(start, "the task definition has no containerDefinitions", "a list of at least one container, each with its name")
		return
	}
	for i, c := range containers {
		switch {
		case !ecsName.MatchString(c.Name) || len(c.Name) > longestECSName:
			t.problemAt(start, fmt.Sprintf("container %d has the name %s", i+1, strconv.Quote(c.Name)), "letters, digits, - and _, at most 255")
		case slices.Contains(t.containers, c.Name):
			t.problemAt(start, "two containers are called "+c.Name, "")
		}
		t.containers = append(t.containers, c.Name)
	}
}

// decodes reports where a text is not JSON, or not what was asked for.
func (t *taskDefinition) decodes(text []byte, into any, otherwise string) bool {
	err := json.Unmarshal(text, into)
	if err == nil {
		return true
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		t.problemAt(t.position(wrong.Offset), "this is not JSON: "+strings.TrimPrefix(wrong.Error(), "json: "), "references such as ${VERSION} stand in quotes")
		return false
	}
	t.problemAt(start, otherwise, "")
	return false
}

// position is where the last of so many bytes stands.
func (t *taskDefinition) position(bytes int64) pos {
	before := t.text[:min(max(int(bytes)-1, 0), len(t.text))]
	line := strings.Count(before, "\n")
	return pos{line + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1}
}

// task is what a platform names; nil if that is nothing, or the folder is not looked at.
func (f *folder) task(p Platform) *taskDefinition {
	if f == nil {
		return nil
	}
	return f.tasks[p.TaskDefinition]
}
