package registry

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
)

const (
	signatureKind       = "application/vnd.dev.cosign.artifact.sig.v1+json" // of an attachment, as cosign 2 makes them
	bundleKind          = "application/vnd.dev.sigstore.bundle"             // how the kind of one begins that cosign 3 makes
	signatureAnnotation = "dev.cosignproject.cosign/signature"
	certAnnotation      = "dev.sigstore.cosign/certificate"
	predicateAnnotation = "dev.sigstore.bundle.predicateType"

	// maxSignatures of an image are looked at.
	maxSignatures = 50
	// maxPayload is the size of what was signed, in bytes: a few hundred as a rule, with what people add to it.
	maxPayload = 256 << 10
)

// statement is something signed that was found, not yet looked at.
type statement struct {
	message   []byte   // what the signatures are over
	payload   []byte   // what is said in it
	signature [][]byte // of which one has to fit
	keyless   bool
	about     func(payload []byte) (digests []string) // what it signs; nothing if that cannot be told
}

// tally of the statements about an image that do not count.
type tally struct {
	found, keyless, elsewhere int
}

// Signed looks for a signature that cosign made with one of the keys, of the image or of the index it is in: under the
// tag sha256-….sig, or attached as an OCI referrer (a signature of cosign 2, or a bundle of cosign 3). ECDSA, RSA and
// Ed25519 keys will do; each of keys is one or more PEM public keys. What was signed has to name the digest: a genuine
// signature that was copied from another image does not count. Keyless signatures do not count.
//
// Codes: Invalid (no signature, none by these keys, or what is given is no key; Msg says which), Forbidden, Unavailable.
func (i *Images) Signed(ctx context.Context, img deploy.Image, keys []string) error {
	doing := "look for a signature of " + img.Ref()
	verifiers, err := verifiers(doing, keys)
	if err != nil {
		return err
	}
	ref, err := byDigest(doing, img)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	subjects, err := i.subjects(within, ref, img)
	if err != nil {
		return i.explain(ctx, doing, ref, err)
	}
	var t tally
	for _, subject := range subjects {
		for _, find := range []func(context.Context, name.Digest) ([]statement, error){i.tagged, i.referring} {
			statements, err := find(within, subject)
			if err != nil {
				return i.explain(ctx, doing, ref, err)
			}
			if t.verify(verifiers, subject, statements) {
				return nil
			}
		}
	}
	return t.refusal(doing, img)
}

// verify looks whether one of the statements is by one of the keys and about the subject, and counts the others.
func (t *tally) verify(by []verifier, subject name.Digest, statements []statement) bool {
	for _, s := range statements {
		t.found++
		if s.keyless {
			t.keyless++
			continue
		}
		if !s.signedBy(by) {
			continue
		}
		for _, digest := range s.about(s.payload) {
			if digest == subject.DigestStr() {
				return true
			}
		}
		t.elsewhere++
	}
	return false
}

func (t *tally) refusal(doing string, img deploy.Image) error {
	e := &deploy.Error{Code: deploy.Invalid, Op: doing, Hint: "sign it: `cosign sign --key … " + img.Ref() + "`"}
	switch {
	case t.found == 0:
		e.Msg = "nobody has signed the image"
	case t.elsewhere > 0:
		e.Msg = fmt.Sprintf("%d of the %d signatures that lie with the image are by a key of the catalog, but of something else", t.elsewhere, t.found)
	case t.found == 1:
		e.Msg = "the one signature of the image is by no key of the catalog"
	default:
		e.Msg = fmt.Sprintf("none of the %d signatures of the image is by a key of the catalog", t.found)
	}
	if t.keyless > 0 {
		e.Msg += fmt.Sprintf(" (%d keyless, which Slipway does not check)", t.keyless)
	}
	return e
}

// tagged finds signatures where cosign 2 puts them.
func (i *Images) tagged(ctx context.Context, subject name.Digest) ([]statement, error) {
	img, err := remote.Image(subject.Context().Tag(strings.Replace(subject.DigestStr(), ":", "-", 1)+".sig"), i.options(ctx)...)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	return signatures(img, manifest)
}

// referring finds signatures among what is attached.
func (i *Images) referring(ctx context.Context, subject name.Digest) ([]statement, error) {
	attached, err := i.attached(ctx, subject, func(kind string) bool { return kind == signatureKind || strings.HasPrefix(kind, bundleKind) })
	if err != nil {
		return nil, err
	}
	var out []statement
	for _, a := range attached {
		read := signatures
		if a.kind != signatureKind {
			read = bundles
		}
		found, err := read(a.content, a.manifest)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// signatures are the layers of an image of cosign's: the payload is the layer, the signature an annotation.
func signatures(img v1.Image, manifest *v1.Manifest) ([]statement, error) {
	var out []statement
	for _, d := range manifest.Layers[:min(maxSignatures, len(manifest.Layers))] {
		encoded, is := d.Annotations[signatureAnnotation]
		if !is {
			continue
		}
		s := statement{keyless: d.Annotations[certAnnotation] != "", about: simple}
		if signature, err := base64.StdEncoding.DecodeString(encoded); err == nil && d.Size <= maxPayload {
			payload, err := blob(img, d, maxPayload)
			if err != nil {
				return nil, err
			}
			s.message, s.payload, s.signature = payload, payload, [][]byte{signature}
		}
		out = append(out, s)
	}
	return out, nil
}
