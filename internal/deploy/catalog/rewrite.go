package catalog

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"slipway/internal/deploy"
)

// Rewriting is what a copy of a catalog has that the original does not. Zero values change nothing.
type Rewriting struct {
	Speed     float64                  // times that people wait or look for are divided by it; request and check times and latencies are not
	LoadFor   time.Duration            // load lasts so long at most; 0: its time is divided by Speed, down to 2 s
	Registry  string                   // host:port that takes the place of every image's registry
	URLs      map[deploy.Target]string // where users reach a target
	Addresses map[string]string        // name of a check → address of the dependency that it tries, in every target

	Places map[deploy.ServiceRef]Place // where a service or a part of a release is, whatever its Rule and Beside; a URL in it counts before URLs

	DatabaseOff string // why nothing is done with any database; empty: it is as the catalog says
}

// Rewrite writes a changed copy of the catalog in the top folder of src to the folder dst, which is created if
// it is not there, one file for each, under the same names. Comments are not kept. The checklists, commands and
// folders of scripts that the files name are copied as they are, task definitions too; commands may be executed. What ECS
// itself waits for (within, gives_up) is not divided: its shortest times are minutes. Problems if src is not a catalog, or
// would not be one any more; Invalid if r makes no sense. Doing it again gives the same files.
func Rewrite(src fs.FS, dst string, r Rewriting) error {
	c, err := LoadFS(src, "")
	if err != nil {
		return err
	}
	if err := r.check(c); err != nil {
		return err
	}
	names, err := catalogFiles(src)
	if err != nil {
		return fmt.Errorf("list the catalog to copy: %w", err)
	}
	if err := os.MkdirAll(dst, 0o755); err != nil {
		return fmt.Errorf("make the folder of the copy: %w", err)
	}
	files := make([]File, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(src, name)
		if err != nil {
			return fmt.Errorf("read the catalog to copy: %w", err)
		}
		files[i] = read(name, text, nil).file
	}
	if err := copyNamed(src, dst, files); err != nil {
		return err
	}
	for i, name := range names {
		out, err := r.rewrite(files[i])
		if err != nil {
			return fmt.Errorf("rewrite %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dst, name), out, 0o644); err != nil {
			return fmt.Errorf("write the copy of %s: %w", name, err)
		}
	}
	_, err = Load(dst)
	return err
}

func (r Rewriting) check(c *Catalog) error {
	if r.Speed < 0 || math.IsNaN(r.Speed) {
		return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: fmt.Sprintf("speed %g is not a factor", r.Speed)}
	}
	if r.LoadFor < 0 || r.LoadFor > 0 && r.LoadFor < shortestLoad {
		return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: "load cannot last " + r.LoadFor.String()}
	}
	if r.DatabaseOff != "" && !called.MatchString(r.DatabaseOff) {
		return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: "the reason why databases are left alone is not one line"}
	}
	if err := r.checkPlaces(c); err != nil {
		return err
	}
	known := c.Targets()
	for name := range r.Addresses {
		if !c.tries(name) {
			return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: "there is no check of a dependency called " + strconv.Quote(name) + " to give an address"}
		}
	}
	for t := range r.URLs {
		if !slices.Contains(known, t) {
			return &deploy.Error{Code: deploy.Invalid, Op: "rewrite the catalog", Msg: "there is no target " + t.String() + " to give a URL"}
		}
	}
	return nil
}

// rewrite changes f, which is the caller's to give away.
func (r Rewriting) rewrite(f File) ([]byte, error) {
	if r.faster() {
		withPatience(&f)
		f.Shared = withExpiry(f.Shared)
	}
	r.shared(&f.Shared)
	for i := range f.Environments {
		env := &f.Environments[i]
		r.shared(&env.Shared)
		if url, ok := r.URLs[deploy.Target{Service: f.Service, Environment: env.Name}]; ok {
			env.URL = url
		}
	}
	r.move(&f)
	var out bytes.Buffer
	if err := yaml.NewEncoder(&out, yaml.IndentSequence(true)).Encode(f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// withExpiry writes the default expiry down where there was none, so that it is divided too.
func withExpiry(s Shared) Shared {
	policy := deref(s.Policy)
	if policy.ApprovalExpires == 0 {
		policy.ApprovalExpires = Duration(defaultExpiry)
	}
	s.Policy = &policy
	return s
}

func (r Rewriting) shared(s *Shared) {
	s.Image = r.image(s.Image)
	r.parts(s.Also)
	s.Checks = plain(s.Checks)
	r.addresses(s.Checks)
	s.Load = r.loads(s.Load)
	if s.Strategy != nil {
		for i := range s.Strategy.Steps {
			r.divide(&s.Strategy.Steps[i].Bake, time.Millisecond)
		}
	}
	if s.Database != nil {
		d := *s.Database
		d.Off = cmp.Or(d.Off, r.DatabaseOff)
		s.Database = &d
	}
	if s.Policy != nil {
		r.divide(&s.Policy.ApprovalExpires, time.Millisecond)
	}
	if s.Observe != nil {
		r.divide(s.Observe, time.Millisecond)
	}
	if s.watched() && r.faster() {
		s.Metrics = s.Metrics.explicit() // so that defaults are divided too
		r.metrics(s.Metrics)
	}
}

func (r Rewriting) image(image string) string {
	if _, repository, ok := strings.Cut(image, "/"); ok && r.Registry != "" {
		return r.Registry + "/" + repository
	}
	return image
}

func (r Rewriting) metrics(m *Metrics) {
	r.divide(m.Lag, time.Millisecond)
	r.divide(&m.Delay, time.Millisecond)
	r.divide(&m.Every, shortestEvery)
	for _, name := range deploy.MetricNames() {
		if goal := m.Objectives.goal(name); goal != nil {
			r.divide(&goal.judging().Window, shortestEvery)
		}
	}
}

func (r Rewriting) faster() bool { return r.Speed != 0 && r.Speed != 1 }

// divide leaves at least so much of what was more than nothing.
func (r Rewriting) divide(d *Duration, least time.Duration) {
	if !r.faster() || *d <= 0 {
		return
	}
	scaled := time.Duration(float64(*d) / r.Speed).Round(time.Millisecond)
	*d = Duration(max(scaled, least))
}
