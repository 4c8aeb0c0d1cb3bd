package registry

import (
	"bytes"
	"crypto"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"

	"slipway/internal/deploy"
)

// verifier tells whether a signature of a message is by its key.
type verifier func(message, signature []byte) bool

// verifiers of keys, each of which is one or more PEM public keys. Invalid if there is none, or one is none.
func verifiers(doing string, keys []string) ([]verifier, error) {
	var out []verifier
	for n, key := range keys {
		rest := []byte(key)
		for found := 0; ; found++ {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				if found > 0 && len(bytes.TrimSpace(rest)) == 0 {
					break
				}
				return nil, noKey(doing, n, nil)
			}
			public, err := cryptoutils.UnmarshalPEMToPublicKey(pem.EncodeToMemory(block))
			if err != nil {
				return nil, noKey(doing, n, err)
			}
			v, err := newVerifier(public)
			if err != nil {
				return nil, noKey(doing, n, err)
			}
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, noKey(doing, 0, nil)
	}
	return out, nil
}

func noKey(doing string, n int, err error) error {
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("key %d of signed_by is no public key", n+1),
		Hint: "write the content of cosign.pub into the catalog: an ECDSA, RSA or Ed25519 key between -----BEGIN PUBLIC KEY----- and -----END PUBLIC KEY-----", Err: err,
	}
}

// newVerifier takes signatures as cosign makes them, which hashes with SHA-256 whatever the key, and as sigstore's
// registry of algorithms has them, where a larger key goes with a longer hash.
func newVerifier(public crypto.PublicKey) (verifier, error) {
	first, err := signature.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	all := []signature.Verifier{first}
	if second, err := signature.LoadDefaultVerifier(public); err == nil {
		all = append(all, second)
	}
	return func(message, sig []byte) bool {
		return slices.ContainsFunc(all, func(v signature.Verifier) bool {
			return v.VerifySignature(bytes.NewReader(sig), bytes.NewReader(message)) == nil
		})
	}, nil
}

// signedBy says whether one of its signatures is by one of the keys.
func (s statement) signedBy(by []verifier) bool {
	return slices.ContainsFunc(s.signature, func(sig []byte) bool {
		return slices.ContainsFunc(by, func(v verifier) bool { return v(s.message, sig) })
	})
}

// simple is what a payload of cosign 2 is about, if it is a signature of an image.
func simple(data []byte) (digests []string) {
	var p payload.SimpleContainerImage
	if err := json.Unmarshal(data, &p); err != nil || p.Critical.Type != payload.CosignSignatureType && p.Critical.Type != signPredicate {
		return nil
	}
	return []string{p.Critical.Image.DockerManifestDigest}
}
