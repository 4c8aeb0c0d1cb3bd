package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// practiceKey is made of a constant, so that everybody can sign with it, and nobody should trust it.
func practiceKey() (*ecdsa.PrivateKey, error) {
	seed := sha256.Sum256([]byte("slipway practice key"))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
}

// PracticeKey is the public key, in PEM, of what is signed here; "" cannot happen.
func PracticeKey() string {
	key, err := practiceKey()
	if err != nil {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Sign signs an image of a repository with the practice key, as `cosign sign --key` of cosign 2 does: under a tag that
// is made of the digest. An earlier signature is replaced.
func (r *Registry) Sign(repository, digest string) error {
	return r.sign(repository, digest, r.inside())
}

func (r *Registry) sign(repository, digest string, opts ...remote.Option) error {
	key, err := practiceKey()
	if err != nil {
		return fmt.Errorf("make the practice key: %w", err)
	}
	payload := fmt.Appendf(nil,
		`{"critical":{"identity":{"docker-reference":%q},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`,
		r.addr+"/"+repository, digest)
	sum := sha256.Sum256(payload)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return fmt.Errorf("sign image %s: %w", digest, err)
	}
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer:       static.NewLayer(payload, "application/vnd.dev.cosign.simplesigning.v1+json"),
		Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(signature)},
	})
	if err != nil {
		return fmt.Errorf("sign image %s: %w", digest, err)
	}
	ref, err := name.NewTag(r.addr + "/" + repository + ":" + strings.Replace(digest, ":", "-", 1) + ".sig")
	if err != nil {
		return fmt.Errorf("name the signature of %s: %w", digest, err)
	}
	if err := remote.Write(ref, img, opts...); err != nil {
		return fmt.Errorf("store the signature of %s: %w", digest, err)
	}
	return nil
}
