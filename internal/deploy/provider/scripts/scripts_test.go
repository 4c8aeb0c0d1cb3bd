package scripts_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/scripts"
	"slipway/internal/sandbox/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func made(t *testing.T, o scripts.Options) *scripts.Scripts {
	t.Helper()
	if o.Keychain == nil && o.Logins == nil {
		o.Keychain = authn.NewMultiKeychain()
	}
	s, err := scripts.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func bucket(t *testing.T) *storage.Server {
	t.Helper()
	s := storage.New("empty")
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// contents are the scripts of a set by name.
func contents(set deploy.ScriptSet) map[string]string {
	out := map[string]string{}
	for _, s := range set.Scripts {
		out[s.Name] = s.SQL
	}
	return out
}

var two = map[string]string{"001_a.sql": "SELECT 1", "002_b.sql": "SELECT 2"}

func refused(t *testing.T, s *scripts.Scripts, source string, code deploy.Code, says string) {
	t.Helper()
	set, err := s.Fetch(t.Context(), source)
	if deploy.CodeOf(err) != code || !strings.Contains(deploy.Message(err), says) || len(set.Scripts) > 0 {
		t.Errorf("%s: %v (%q), %d scripts; want %s with %q", source, err, deploy.Message(err), len(set.Scripts), code, says)
	}
}

func TestScriptsOfABucket(t *testing.T) {
	t.Parallel()
	g := bucket(t)
	for name, sql := range map[string]string{
		"v1/": "", "v1/001_a.sql": "SELECT 1", "v1/002_b.sql": "SELECT 2", "v1/README.md": "hello", "v1/old/000_z.sql": "SELECT 0", "v10/003_c.sql": "SELECT 3",
	} {
		g.Put("migrations", name, []byte(sql))
	}
	s := made(t, scripts.Options{Storage: "http://" + g.Addr()})
	for _, source := range []string{"gs://migrations/v1/", "gs://migrations/v1"} {
		set, err := s.Fetch(t.Context(), source)
		if d := cmp.Diff(two, contents(set)); err != nil || d != "" || set.Source != source || set.Hash == "" {
			t.Errorf("%s: %v %s", source, err, d)
		}
	}
	for _, source := range []string{"gs://migrations/v2/", "gs://empty"} {
		if set, err := s.Fetch(t.Context(), source); err != nil || len(set.Scripts) != 0 {
			t.Errorf("%s: %+v, %v", source, set, err)
		}
	}
	refused(t, s, "gs://nowhere/v1/", deploy.NotFound, "there is no bucket gs://nowhere")
	refused(t, s, "gs://UPPER/v1/", deploy.Invalid, "no address of a bucket")
	refused(t, s, "https://host/v1/", deploy.Invalid, "no source of migrations")
	g.Deny("migrations")
	refused(t, s, "gs://migrations/v1/", deploy.Forbidden, "may not be read from here")
}

func TestABucketOfManyPagesAndTooMuch(t *testing.T) {
	t.Parallel()
	g := bucket(t)
	for i := range 1000 {
		g.Put("many", fmt.Sprintf("a%04d.txt", i), []byte("x"))
		g.Put("crowd", fmt.Sprintf("%04d_a.sql", i+1), []byte("x"))
	}
	g.Put("many", "z/001_a.sql", []byte("no"))
	g.Put("many", "001_a.sql", []byte("SELECT 1"))
	g.Put("many", "zz_last.sql", []byte("bad name on the last page"))
	s := made(t, scripts.Options{Storage: "http://" + g.Addr()})
	refused(t, s, "gs://many", deploy.Invalid, `"zz_last.sql" is not called NNN_name.sql`)
	if set, err := s.Fetch(t.Context(), "gs://crowd/"); err != nil || len(set.Scripts) != 1000 {
		t.Errorf("%d, %v", len(set.Scripts), err)
	}
	g.Put("crowd", "1001_a.sql", []byte("x"))
	refused(t, s, "gs://crowd/", deploy.Invalid, "more than 1,000 scripts")
	g.Put("large", "001_a.sql", bytes.Repeat([]byte("x"), 6<<20))
	g.Put("large", "002_a.sql", bytes.Repeat([]byte("x"), 5<<20))
	refused(t, s, "gs://large/", deploy.Invalid, "larger than 10 MiB")
}

// TestWhatStorageAnswers is of a server that answers as it likes, after it has listed one object.
func TestWhatStorageAnswers(t *testing.T) {
	t.Parallel()
	const listed = `{"items":[{"name":"v1/001_a.sql","generation":"7","size":"3"}]}`
	for name, tc := range map[string]struct {
		list, object int
		body         string
		code         deploy.Code
		says         string
	}{
		"replaced since it was listed": {200, 412, listed, deploy.Conflict, "001_a.sql was changed while the scripts were read"},
		"removed since it was listed":  {200, 404, listed, deploy.Conflict, "001_a.sql was changed"},
		"busy":                         {503, 200, "", deploy.Unavailable, "answers 503"},
		"too many questions":           {200, 429, listed, deploy.Unavailable, "answers 429"},
		"the object may not be read":   {200, 403, listed, deploy.Forbidden, "may not be read"},
		"sends elsewhere":              {302, 200, "", deploy.Invalid, "answers 302"},
		"no storage":                   {200, 200, "<html>", deploy.Invalid, "not Cloud Storage"},
		"more than it said":            {200, 200, listed, deploy.Invalid, "larger than 10 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/o") {
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tc.list)
					fmt.Fprint(w, tc.body)
					return
				}
				if r.FormValue("ifGenerationMatch") != "7" || r.FormValue("alt") != "media" || !strings.HasSuffix(r.URL.EscapedPath(), "/o/v1%2F001_a.sql") {
					t.Errorf("%s", r.URL)
				}
				w.WriteHeader(tc.object)
				_, _ = w.Write(bytes.Repeat([]byte("x"), 10<<20+1))
			}))
			t.Cleanup(h.Close)
			refused(t, made(t, scripts.Options{Storage: h.URL}), "gs://migrations/v1/", tc.code, tc.says)
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	h := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(h.Close)
	refused(t, made(t, scripts.Options{Storage: h.URL, Timeout: 50 * time.Millisecond}), "gs://migrations/v1/", deploy.Unavailable, "they were not there within")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := made(t, scripts.Options{Storage: h.URL}).Fetch(ctx, "gs://migrations/v1/"); deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "fetching them was broken off" {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"ftp://host", "host:1", "http://host?x=1"} {
		if _, err := scripts.New(&scripts.Options{Storage: bad}); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestScriptsOfAFolder(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	catalog := t.TempDir()
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "003_c.sql"), "SELECT 'outside'")
	write(filepath.Join(catalog, "app/001_a.sql"), "SELECT 1")
	write(filepath.Join(catalog, "shared/b.sql"), "SELECT 2")
	write(filepath.Join(catalog, "app/old/000_z.sql"), "SELECT 0")
	write(filepath.Join(catalog, "app/notes.txt"), "hello")
	write(filepath.Join(catalog, "none/notes.txt"), "hello")
	write(filepath.Join(catalog, "odd/009_folder.sql/x"), "")
	link("../shared/b.sql", filepath.Join(catalog, "app/002_b.sql"))
	link(filepath.Join(outside, "003_c.sql"), filepath.Join(catalog, "sly/003_c.sql"))
	link(outside, filepath.Join(catalog, "slier"))
	s := made(t, scripts.Options{Folder: catalog})
	for _, source := range []string{"app", "app/", "./app"} {
		set, err := s.Fetch(t.Context(), source)
		if d := cmp.Diff(two, contents(set)); err != nil || d != "" {
			t.Errorf("%s: %v %s", source, err, d)
		}
	}
	for _, source := range []string{"none", "odd"} {
		if set, err := s.Fetch(t.Context(), source); err != nil || len(set.Scripts) != 0 {
			t.Errorf("%s: %+v, %v", source, set, err)
		}
	}
	refused(t, s, "missing", deploy.NotFound, "there is no missing in the catalog's folder")
	refused(t, s, "sly", deploy.Invalid, "sly/003_c.sql cannot be read, or leads out")
	refused(t, s, "slier", deploy.Invalid, "slier cannot be read, or leads out")
	for _, source := range []string{"../x", "app/../../x", "/etc", "", outside} {
		refused(t, s, source, deploy.Invalid, "is no folder of the catalog")
	}
	refused(t, made(t, scripts.Options{}), "app", deploy.Invalid, "is no folder of the catalog")
}

// archive is a tar of files, perhaps with gzip.
func archive(t *testing.T, zip bool, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if !zip {
		w = tar.NewWriter(&b)
	}
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if zip {
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func layer(content []byte, kind, title string) mutate.Addendum {
	a := mutate.Addendum{Layer: static.NewLayer(content, types.MediaType(kind)), MediaType: types.MediaType(kind)}
	if title != "" {
		a.Annotations = map[string]string{"org.opencontainers.image.title": title}
	}
	return a
}

func push(t *testing.T, ref string, layers ...mutate.Addendum) v1.Image {
	t.Helper()
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layers...)
	if err != nil {
		t.Fatal(err)
	}
	at, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(at, img, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestScriptsOfAnArtifact(t *testing.T) {
	t.Parallel()
	h := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(h.Close)
	host := strings.TrimPrefix(h.URL, "http://")
	const plain, zipped = "application/sql", "application/vnd.oci.image.layer.v1.tar+gzip"
	img := push(t, host+"/files:v1", layer([]byte("SELECT 1"), plain, "001_a.sql"), layer([]byte("SELECT 2"), plain, "sql/002_b.sql"), layer([]byte("x"), plain, "README.md"))
	push(t, host+"/zip:v1", layer(archive(t, true, map[string]string{"migrations/001_a.sql": "SELECT 1", "migrations/002_b.sql": "SELECT 2", "migrations/x.txt": "x"}), zipped, "migrations"))
	push(t, host+"/tar:v1", layer(archive(t, false, map[string]string{"001_a.sql": "SELECT 1", "002_b.sql": "SELECT 2"}), "application/vnd.oci.image.layer.v1.tar", ""))
	push(t, host+"/broken:v1", layer([]byte("this is no archive at all"), zipped, ""))
	push(t, host+"/bomb:v1", layer(archive(t, true, map[string]string{"001_a.sql": strings.Repeat("x", 11<<20)}), zipped, ""))
	push(t, host+"/twice:v1", layer([]byte("SELECT 1"), plain, "001_a.sql"), layer([]byte("SELECT 2"), plain, "./001_a.sql"))
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s := made(t, scripts.Options{})
	for _, source := range []string{"/files:v1", "/files@" + digest.String(), "/zip:v1", "/tar:v1"} {
		set, err := s.Fetch(t.Context(), "oci://"+host+source)
		if d := cmp.Diff(two, contents(set)); err != nil || d != "" {
			t.Errorf("%s: %v %s", source, err, d)
		}
	}
	refused(t, s, "oci://"+host+"/files:v2", deploy.NotFound, "there is no "+host+"/files:v2")
	refused(t, s, "oci://"+host+"/files", deploy.Invalid, "is not the name of an artifact")
	refused(t, s, "oci://"+host+"/broken:v1", deploy.Invalid, "is no archive")
	refused(t, s, "oci://"+host+"/bomb:v1", deploy.Invalid, "larger than 10 MiB")
	refused(t, s, "oci://"+host+"/twice:v1", deploy.Invalid, "001_a.sql is there twice")
	refused(t, s, "oci://169.254.169.254/x:v1", deploy.Invalid, "which is not called")
}

func TestTheLoginsOfARegistry(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "bot" || password != "k-81f0c2d9e7" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(h.Close)
	host := strings.TrimPrefix(h.URL, "http://")
	refused(t, made(t, scripts.Options{}), "oci://"+host+"/x:v1", deploy.Forbidden, host+" does not let Slipway read x")
	with := made(t, scripts.Options{Logins: []scripts.Login{func(_ context.Context, asked string) (string, string, error) {
		if asked != host {
			t.Errorf("asked for %s", asked)
		}
		return "bot", "k-81f0c2d9e7", nil
	}}})
	_, err := with.Fetch(t.Context(), "oci://"+host+"/x:v1")
	if deploy.CodeOf(err) != deploy.NotFound || strings.Contains(err.Error(), "k-81f0c2d9e7") {
		t.Errorf("%v", err)
	}
}
