package registry_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/registry"
)

const simpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json"

// signer is a key pair.
type signer struct {
	signature.Signer

	public string // PEM
}

func newSigner(t *testing.T, private crypto.Signer, err error) signer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	s, err := signature.LoadSigner(private, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	public, err := cryptoutils.MarshalPublicKeyToPEM(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{s, string(public)}
}

func ecdsaSigner(t *testing.T) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return newSigner(t, key, err)
}

func (s signer) sign(t *testing.T, message []byte) []byte {
	t.Helper()
	sig, err := s.SignMessage(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func payloadFor(kind, digest string) []byte {
	return fmt.Appendf(nil, `{"critical":{"identity":{"docker-reference":"app"},"image":{"docker-manifest-digest":%q},"type":%q},"optional":null}`, digest, kind)
}

// tagSignature puts a signature of payload where that of digest has to be.
func tagSignature(t *testing.T, r *sandbox.Registry, repository, digest string, payload, sig []byte, annotations map[string]string) {
	t.Helper()
	all := map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(sig)}
	for k, v := range annotations {
		all[k] = v
	}
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(payload, simpleSigning), Annotations: all})
	if err != nil {
		t.Fatal(err)
	}
	ref, opts := push(t, r, repository+":"+strings.Replace(digest, ":", "-", 1)+".sig")
	if err := remote.Write(ref, img, opts...); err != nil {
		t.Fatal(err)
	}
}

// bundleOf is what cosign 3 writes.
func bundleOf(t *testing.T, by signer, statement string, material string) []byte {
	t.Helper()
	const kind = "application/vnd.in-toto+json"
	sig := by.sign(t, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(statement), statement))
	out, err := json.Marshal(map[string]any{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": map[string]any{material: map[string]any{"hint": "x"}, "tlogEntries": []any{}},
		"dsseEnvelope": map[string]any{"payload": []byte(statement), "payloadType": kind, "signatures": []any{map[string]any{"sig": sig}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func statementFor(digest, predicate string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":%q},"annotations":{}}],"predicateType":%q,"predicate":{}}`,
		strings.TrimPrefix(digest, "sha256:"), predicate)
}

func bundleAttachment(data []byte) sandbox.Attachment {
	const kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
	return sandbox.Attachment{Kind: kind, MediaType: kind, Data: data, Annotations: map[string]string{"dev.sigstore.bundle.content": "dsse-envelope"}}
}

const (
	cosignType    = "cosign container image signature"
	signPredicate = "https://sigstore.dev/cosign/sign/v1"
)

func TestTheSampleVersionsAreSigned(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	i := images(t, nil)
	other := ecdsaSigner(t).public
	for name, tc := range map[string]struct {
		version string
		keys    []string
		says    string // of the refusal
	}{
		"by the key":                  {"v1.2.4", []string{sandbox.PracticeKey()}, ""},
		"by the second of two keys":   {"v1.2.4", []string{other, sandbox.PracticeKey()}, ""},
		"by the second key of a text": {"v1.2.4", []string{other + "\n" + sandbox.PracticeKey() + "\n"}, ""},
		"by another key":              {"v1.2.4", []string{other}, "the one signature of the image is by no key of the catalog"},
		"by nobody":                   {sandbox.Unsigned, []string{sandbox.PracticeKey()}, "nobody has signed the image"},
	} {
		err := i.Signed(t.Context(), sample(r, tc.version), tc.keys)
		if tc.says == "" && err != nil || tc.says != "" && (deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != tc.says || !strings.Contains(deploy.Hint(err), "cosign sign --key")) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
	}
}

func TestKeysOfEveryKind(t *testing.T) {
	t.Parallel()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	large := newSigner(t, p384, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	rsaSigner := newSigner(t, rsaKey, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	ed := newSigner(t, edKey, err)
	registered, err := signature.LoadDefaultSigner(p384)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]signer{"ECDSA": ecdsaSigner(t), "ECDSA P-384": large, "ECDSA P-384 with SHA-384": {registered, large.public}, "RSA": rsaSigner, "Ed25519": ed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{sandbox.Unsigned}})
			img := sample(r, sandbox.Unsigned)
			payload := payloadFor(cosignType, img.Digest)
			tagSignature(t, r, "coditect", img.Digest, payload, s.sign(t, payload), nil)
			if err := images(t, nil).Signed(t.Context(), img, []string{s.public}); err != nil {
				t.Error(err)
			}
			if err := images(t, nil).Signed(t.Context(), img, []string{sandbox.PracticeKey()}); deploy.CodeOf(err) != deploy.Invalid {
				t.Errorf("by another key: %v", err)
			}
		})
	}
}

func TestSignaturesThatLieElsewhere(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for name, noReferrers := range map[string]bool{"with the referrers API": false, "without it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{sandbox.Unsigned}, NoReferrers: noReferrers})
			img := sample(r, sandbox.Unsigned)
			i := images(t, nil)
			if err := r.Attach("coditect", img.Digest, bundleAttachment(bundleOf(t, s, statementFor(img.Digest, "https://spdx.dev/Document"), "publicKey"))); err != nil {
				t.Fatal(err)
			}
			if err := i.Signed(t.Context(), img, []string{s.public}); deploy.CodeOf(err) != deploy.Invalid {
				t.Errorf("an attestation is no signature: %v", err)
			}
			if err := r.Attach("coditect", img.Digest, bundleAttachment(bundleOf(t, s, statementFor(img.Digest, signPredicate), "publicKey"))); err != nil {
				t.Fatal(err)
			}
			if err := i.Signed(t.Context(), img, []string{s.public}); err != nil {
				t.Errorf("a bundle of cosign 3: %v", err)
			}
		})
	}
}

// refer attaches a signature as cosign 2 does when it is told to use referrers: the kind is that of the configuration.
func refer(t *testing.T, r *sandbox.Registry, repository, digest string, payload, sig []byte) {
	t.Helper()
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer:       static.NewLayer(payload, simpleSigning),
		Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(sig)},
	})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		t.Fatal(err)
	}
	subject := mutate.Subject(mutate.ConfigMediaType(img, "application/vnd.dev.cosign.artifact.sig.v1+json"), v1.Descriptor{MediaType: types.DockerManifestSchema2, Digest: hash}).(v1.Image)
	ref, opts := push(t, r, repository+":referring")
	if err := remote.Write(ref, subject, opts...); err != nil {
		t.Fatal(err)
	}
}

func TestASignatureThatRefersToTheImage(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{sandbox.Unsigned}})
	img := sample(r, sandbox.Unsigned)
	payload := payloadFor(cosignType, img.Digest)
	refer(t, r, "coditect", img.Digest, payload, s.sign(t, payload))
	if err := images(t, nil).Signed(t.Context(), img, []string{s.public}); err != nil {
		t.Error(err)
	}
}

func TestTheSignatureOfAnIndexCountsForItsImages(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	img, index := pair(t, r)
	if err := images(t, nil).Signed(t.Context(), img, []string{sandbox.PracticeKey()}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("not signed yet: %v", err)
	}
	if err := r.Sign("team/app", index); err != nil {
		t.Fatal(err)
	}
	if err := images(t, nil).Signed(t.Context(), img, []string{sandbox.PracticeKey()}); err != nil {
		t.Error(err)
	}
	stranger := deploy.Image{Repository: img.Repository, Tag: img.Tag, Digest: "sha256:" + strings.Repeat("1", 64)}
	if err := images(t, nil).Signed(t.Context(), stranger, []string{sandbox.PracticeKey()}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("an image that is not in the index: %v", err)
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	elsewhere := "sha256:" + strings.Repeat("a", 64)
	for name, tc := range map[string]struct {
		put  func(t *testing.T, r *sandbox.Registry, digest string)
		says string
	}{
		"one of another image": {func(t *testing.T, r *sandbox.Registry, digest string) {
			payload := payloadFor(cosignType, elsewhere)
			tagSignature(t, r, "coditect", digest, payload, s.sign(t, payload), nil)
		}, "1 of the 1 signatures that lie with the image are by a key of the catalog, but of something else"},
		"a bundle of another image": {func(t *testing.T, r *sandbox.Registry, digest string) {
			if err := r.Attach("coditect", digest, bundleAttachment(bundleOf(t, s, statementFor(elsewhere, signPredicate), "publicKey"))); err != nil {
				t.Fatal(err)
			}
		}, "but of something else"},
		"one of something that is no image": {func(t *testing.T, r *sandbox.Registry, digest string) {
			payload := payloadFor("a promise", digest)
			tagSignature(t, r, "coditect", digest, payload, s.sign(t, payload), nil)
		}, "but of something else"},
		"one whose payload was changed": {func(t *testing.T, r *sandbox.Registry, digest string) {
			tagSignature(t, r, "coditect", digest, payloadFor(cosignType, digest), s.sign(t, payloadFor(cosignType, elsewhere)), nil)
		}, "by no key of the catalog"},
		"one that is no signature": {func(t *testing.T, r *sandbox.Registry, digest string) {
			tagSignature(t, r, "coditect", digest, payloadFor(cosignType, digest), nil, nil)
		}, "by no key of the catalog"},
		"a keyless one": {func(t *testing.T, r *sandbox.Registry, digest string) {
			payload := payloadFor(cosignType, digest)
			tagSignature(t, r, "coditect", digest, payload, s.sign(t, payload), map[string]string{"dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----"})
		}, "by no key of the catalog (1 keyless, which Slipway does not check)"},
		"a keyless bundle": {func(t *testing.T, r *sandbox.Registry, digest string) {
			if err := r.Attach("coditect", digest, bundleAttachment(bundleOf(t, s, statementFor(digest, signPredicate), "certificate"))); err != nil {
				t.Fatal(err)
			}
		}, "(1 keyless, which Slipway does not check)"},
		"a bundle that is none": {func(t *testing.T, r *sandbox.Registry, digest string) {
			if err := r.Attach("coditect", digest, bundleAttachment([]byte("{"))); err != nil {
				t.Fatal(err)
			}
		}, "nobody has signed the image"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{sandbox.Unsigned}})
			img := sample(r, sandbox.Unsigned)
			tc.put(t, r, img.Digest)
			err := images(t, nil).Signed(t.Context(), img, []string{s.public})
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	img := deploy.Image{Repository: "127.0.0.1:1/app", Digest: "sha256:" + strings.Repeat("0", 64)}
	good := sandbox.PracticeKey()
	for name, tc := range map[string]struct {
		keys []string
		says string
	}{
		"none":                  {nil, "key 1 of signed_by"},
		"an empty one":          {[]string{good, ""}, "key 2 of signed_by"},
		"a path":                {[]string{"cosign.pub"}, "key 1 of signed_by"},
		"text behind a key":     {[]string{good + "and more"}, "key 1 of signed_by"},
		"another kind of PEM":   {[]string{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "key 1 of signed_by"},
		"a key that is cut off": {[]string{strings.Replace(good, "\n", "\nAAAA", 1)}, "key 1 of signed_by"},
	} {
		err := images(t, nil).Signed(t.Context(), img, tc.keys)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.HasPrefix(deploy.Message(err), tc.says) || !strings.Contains(deploy.Hint(err), "cosign.pub") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
