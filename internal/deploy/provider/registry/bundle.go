package registry

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	signPredicate = "https://sigstore.dev/cosign/sign/v1"
	inToto        = "application/vnd.in-toto+json"
)

// bundle is what cosign 3 attaches: a statement of in-toto in an envelope (DSSE). Binary fields are base64.
type bundle struct {
	Material struct {
		PublicKey *struct{} `json:"publicKey"`
	} `json:"verificationMaterial"`
	Envelope *struct {
		Payload    []byte `json:"payload"`
		Type       string `json:"payloadType"`
		Signatures []struct {
			Signature []byte `json:"sig"`
		} `json:"signatures"`
	} `json:"dsseEnvelope"`
}

// bundles are the signatures among the bundles of an attachment. Attestations (a list of parts, how it was built) come in
// the same form: they are no signatures of the image, whoever made them.
func bundles(img v1.Image, manifest *v1.Manifest) ([]statement, error) {
	if p := manifest.Annotations[predicateAnnotation]; p != "" && p != signPredicate {
		return nil, nil
	}
	var out []statement
	for _, d := range manifest.Layers[:min(maxSignatures, len(manifest.Layers))] {
		if !strings.HasPrefix(string(d.MediaType), bundleKind) || d.Size > maxPayload {
			continue
		}
		data, err := blob(img, d, maxPayload)
		if err != nil {
			return nil, err
		}
		var b bundle
		if err := json.Unmarshal(data, &b); err != nil || b.Envelope == nil || b.Envelope.Type != inToto {
			continue
		}
		s := statement{keyless: b.Material.PublicKey == nil, payload: b.Envelope.Payload, about: subjectsOf}
		s.message = fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(b.Envelope.Type), b.Envelope.Type, len(b.Envelope.Payload), b.Envelope.Payload)
		for _, signature := range b.Envelope.Signatures {
			s.signature = append(s.signature, signature.Signature)
		}
		out = append(out, s)
	}
	return out, nil
}

// subjectsOf is what a statement is about, if it is a signature.
func subjectsOf(payload []byte) (digests []string) {
	var statement struct {
		Predicate string `json:"predicateType"`
		Subject   []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(payload, &statement); err != nil || statement.Predicate != signPredicate {
		return nil
	}
	for _, s := range statement.Subject {
		digests = append(digests, "sha256:"+s.Digest["sha256"])
	}
	return digests
}
