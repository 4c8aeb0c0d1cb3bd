package registry_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/sandbox/registry"
)

func content(t *testing.T, img v1.Image, d v1.Descriptor) []byte {
	t.Helper()
	layer, err := img.LayerByDigest(d.Digest)
	if err != nil {
		t.Fatal(err)
	}
	body, err := layer.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// signed reads a signature as cosign does, with nothing of ours.
func signed(t *testing.T, r *registry.Registry, repository, digest string) bool {
	t.Helper()
	img, err := remote.Image(ref(t, r, repository+":"+strings.Replace(digest, ":", "-", 1)+".sig"), client(t)...)
	if err != nil {
		return false
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	layer := manifest.Layers[0]
	payload := content(t, img, layer)
	block, _ := pem.Decode([]byte(registry.PracticeKey()))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(layer.Annotations["dev.cosignproject.cosign/signature"])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(payload)
	return ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), sum[:], signature) && strings.Contains(string(payload), `"docker-manifest-digest":"`+digest+`"`)
}

func TestAllVersionsAreSignedButOne(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for _, version := range r.Versions() {
		for _, repository := range []string{"coditect", "my-gcp-project/coditect"} {
			if got, want := signed(t, r, repository, r.Digest(version)), version != registry.Unsigned; got != want {
				t.Errorf("%s:%s is signed: %v, want %v", repository, version, got, want)
			}
		}
	}
	if err := r.Sign("coditect", r.Digest(registry.Unsigned)); err != nil || !signed(t, r, "coditect", r.Digest(registry.Unsigned)) {
		t.Errorf("signed later: %v", err)
	}
}

func TestWhatIsAttachedIsFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ without bool }{"by the referrers API": {}, "by a tag that stands in for it": {true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, &registry.Options{NoReferrers: tc.without})
			r.SetFault(registry.Fault{Down: true}) // what is put there by the range itself passes faults
			for _, title := range []string{"a.json", "b.json"} {
				a := registry.Attachment{Kind: "application/vnd.example.report", MediaType: "application/json", Title: title, Data: []byte(`{"a":1}`), Annotations: map[string]string{"when": title}}
				if err := r.Attach("coditect", r.Digest("v1.2.4"), a); err != nil {
					t.Fatal(err)
				}
			}
			r.SetFault(registry.Fault{})
			checkAttached(t, r)
		})
	}
	r := start(t, nil)
	if err := r.Attach("coditect", "sha256:"+strings.Repeat("0", 64), registry.Attachment{MediaType: "application/json"}); err == nil {
		t.Error("something was attached to nothing")
	}
}

func checkAttached(t *testing.T, r *registry.Registry) {
	t.Helper()
	subject, err := name.NewDigest(r.Addr() + "/coditect@" + r.Digest("v1.2.4"))
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Referrers(subject, client(t)...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, d := range list.Manifests {
		img, err := remote.Image(subject.Context().Digest(d.Digest.String()), client(t)...)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := img.RawManifest()
		if err != nil {
			t.Fatal(err)
		}
		var m v1.Manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if m.ArtifactType != "application/vnd.example.report" || m.Subject.Digest.String() != r.Digest("v1.2.4") {
			t.Errorf("manifest %s", raw)
		}
		titles[m.Annotations["when"]] = m.Layers[0].Annotations["org.opencontainers.image.title"] + string(content(t, img, m.Layers[0]))
	}
	if diff := cmp.Diff(map[string]string{"a.json": `a.json{"a":1}`, "b.json": `b.json{"a":1}`}, titles); diff != "" {
		t.Errorf("attached (-want +got):\n%s", diff)
	}
}
