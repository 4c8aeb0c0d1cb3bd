package catalog

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// Catalog is every service that people may release. It does not change, and may be used by many at once.
type Catalog struct {
	names    []string
	services map[string]service
}

type service struct {
	byDefault    string
	environments []string
	specs        map[string]deploy.Spec
}

// version is what may be the tag of an image (the OCI distribution specification).
var version = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// Load reads every *.yaml and *.yml file of a folder, not of the folders in it; names that begin with a dot are
// left out. Problems, with all of them, if there is one; NotFound if there is no such folder. The checklists and
// commands that the files name are looked for in the folders in it.
func Load(dir string) (*Catalog, error) {
	return (&folder{fsys: os.DirFS(dir), dir: dir, real: true}).load()
}

// LoadFS is Load on the top folder of fsys. dir is what people call that folder: problems and rules are shown
// as dir/file:line. Whether a command may be executed is not asked: not every fs.FS knows.
func LoadFS(fsys fs.FS, dir string) (*Catalog, error) {
	return (&folder{fsys: fsys, dir: dir}).load()
}

func (f *folder) load() (*Catalog, error) {
	files, err := f.readAll()
	if err != nil {
		return nil, err
	}
	var all []whole
	for _, s := range files {
		for _, env := range s.file.Environments {
			w := s.whole(env)
			w.complete()
			all = append(all, w)
		}
	}
	sharedNames(files)
	sharedServices(all)
	sharedDatabases(all)
	var problems Problems
	for _, s := range slices.Concat(files, slices.Collect(maps.Values(f.checklists))) {
		problems = append(problems, s.found...)
	}
	for _, t := range f.tasks {
		problems = append(problems, t.found...)
	}
	if len(files) == 0 {
		problems = append(problems, Problem{File: f.dir, Msg: "there is no catalog file in it", Hint: "write one per service, named *.yaml"})
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return build(files, all), nil
}

func (f *folder) readAll() ([]*source, error) {
	names, err := catalogFiles(f.fsys)
	if err != nil {
		e := &deploy.Error{Code: deploy.Unavailable, Op: "read the catalog", Msg: "the catalog folder " + f.dir + " cannot be read", Err: err}
		if errors.Is(err, fs.ErrNotExist) {
			e.Code, e.Msg, e.Hint = deploy.NotFound, "there is no catalog folder "+f.dir, "set SLIPWAY_CATALOG to the folder of the services' files"
		}
		return nil, e
	}
	var files []*source
	for _, name := range names {
		text, err := fs.ReadFile(f.fsys, name)
		shown := filepath.Join(f.dir, name)
		if err != nil {
			s := newSource(shown, nil)
			s.found = Problems{{File: shown, Msg: "the file cannot be read", Hint: err.Error()}}
			files = append(files, s)
			continue
		}
		files = append(files, read(shown, text, f))
	}
	return files, nil
}

func catalogFiles(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if (ext == ".yaml" || ext == ".yml") && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func build(files []*source, all []whole) *Catalog {
	c := &Catalog{services: map[string]service{}}
	for _, s := range files {
		byDefault := s.file.DefaultEnvironment
		if byDefault == "" {
			byDefault = s.file.Environments[0].Name
		}
		c.names = append(c.names, s.file.Service)
		c.services[s.file.Service] = service{byDefault: byDefault, specs: map[string]deploy.Spec{}}
	}
	for _, w := range all {
		svc := c.services[w.file.Service]
		svc.environments = append(svc.environments, w.name)
		svc.specs[w.name] = w.spec()
		c.services[w.file.Service] = svc
	}
	slices.Sort(c.names)
	return c
}

// Services are the names of all services, sorted.
func (c *Catalog) Services() []string { return slices.Clone(c.names) }

// Environments are those of a service in the order of its file; none if it is not known.
func (c *Catalog) Environments(service string) []string {
	return slices.Clone(c.services[service].environments)
}

// DefaultEnvironment is the one that is meant when nobody names one; empty if the service is not known.
func (c *Catalog) DefaultEnvironment(service string) string { return c.services[service].byDefault }

// Targets are all of them, service by service.
func (c *Catalog) Targets() []deploy.Target {
	var targets []deploy.Target
	for _, service := range c.names {
		for _, env := range c.services[service].environments {
			targets = append(targets, deploy.Target{Service: service, Environment: env})
		}
	}
	return targets
}

// Resolve is everything the catalog says about a target, with the version and the environment filled into its
// variables. The answer is the caller's own. NotFound if there is no such target, with the nearest in Hint;
// Invalid if version cannot be the tag of an image. An empty version is for asking who may do what: variables that
// name the version are then empty.
func (c *Catalog) Resolve(t deploy.Target, v string) (deploy.Spec, error) {
	svc, ok := c.services[t.Service]
	if !ok {
		return deploy.Spec{}, &deploy.Error{Code: deploy.NotFound, Msg: "there is no service " + strconv.Quote(t.Service), Hint: didYouMean(t.Service, c.names)}
	}
	spec, ok := svc.specs[t.Environment]
	if !ok {
		return deploy.Spec{}, &deploy.Error{Code: deploy.NotFound, Msg: t.Service + " has no environment " + strconv.Quote(t.Environment), Hint: didYouMean(t.Environment, svc.environments)}
	}
	if v != "" && !version.MatchString(v) {
		return deploy.Spec{}, &deploy.Error{Code: deploy.Invalid, Msg: strconv.Quote(v) + " is not a version", Hint: "write an image's tag, such as v1.2.4"}
	}
	return filled(spec, t, v), nil
}

// filled copies a spec, down to its last list, and fills in its variables.
func filled(spec deploy.Spec, t deploy.Target, v string) deploy.Spec {
	values := map[string]string{"VERSION": v, "ENVIRONMENT": t.Environment}
	spec.Platform.Settings = filledSettings(spec.Platform.Settings, values)
	spec.Also = filledParts(spec.Also, values)
	spec.Strategy.Steps = slices.Clone(spec.Strategy.Steps)
	spec.Health = slices.Clone(spec.Health)
	spec.Checks = copiedChecks(spec.Checks)
	spec.Loads = copiedLoads(spec.Loads)
	spec.Items = copiedItems(spec.Items)
	spec.Images = copiedImages(spec.Images)
	spec.Metrics = copiedMetrics(spec.Metrics)
	spec.Database = filledDatabase(spec.Database, values)
	spec.Policy.Deploy = slices.Clone(spec.Policy.Deploy)
	spec.Policy.Approve = slices.Clone(spec.Policy.Approve)
	return spec
}

func filledSettings(set deploy.Settings, values map[string]string) deploy.Settings {
	set.Env = maps.Clone(set.Env)
	for name, text := range set.Env {
		set.Env[name] = fill(text, values)
	}
	set.Secrets = maps.Clone(set.Secrets)
	set.MinInstances, set.MaxInstances = copied(set.MinInstances), copied(set.MaxInstances)
	set.Template = fill(set.Template, values)
	return set
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}
