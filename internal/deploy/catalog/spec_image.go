package catalog

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// limits are the findings of a severity, at most, for those that are named.
func (p ScanPolicy) limits() map[deploy.Severity]int {
	limits := map[deploy.Severity]int{}
	for severity, most := range map[deploy.Severity]*int{
		deploy.Critical: p.Critical, deploy.High: p.High, deploy.Medium: p.Medium,
		deploy.Low: p.Low, deploy.Negligible: p.Negligible, deploy.Unrated: p.Unrated,
	} {
		if most != nil {
			limits[severity] = *most
		}
	}
	return limits
}

// images is the image policy; nil if nothing is asked.
func (w whole) images() *deploy.ImagePolicy {
	p := deref(w.ImagePolicy)
	size, _ := byteSize(p.MaxSize)
	keys, _, _ := publicKeys(p.SignedBy)
	policy := &deploy.ImagePolicy{MaxAge: time.Duration(p.MaxAge), MaxSize: size, Labels: p.Labels, Signature: keys}
	if p.Scan != nil {
		policy.Scan = &deploy.ScanPolicy{Most: p.Scan.limits(), MaxAge: time.Duration(p.Scan.MaxAge), Fixable: p.Scan.FixableOnly}
		for _, e := range p.Exceptions {
			until, _ := e.Until.day()
			policy.Scan.Exceptions = append(policy.Scan.Exceptions, deploy.Exception{ID: e.ID, Until: until, Reason: e.Reason})
		}
	}
	if policy.MaxAge == 0 && policy.MaxSize == 0 && len(policy.Labels) == 0 && policy.Scan == nil && len(policy.Signature) == 0 {
		return nil
	}
	return policy
}

// day is when the day begins, in UTC. An exception until a day counts on that day.
func (d Date) day() (at time.Time, ok bool) {
	at, err := time.Parse(time.DateOnly, string(d))
	return at, err == nil
}

// publicKeys are the keys in a text of PEM blocks, each as a block of its own. msg says what is wrong with it, without a
// word of what is in it, and is empty if nothing is.
func publicKeys(text string) (keys []string, msg, hint string) {
	const form = "write what `cosign public-key` prints: -----BEGIN PUBLIC KEY----- and so on"
	if strings.Contains(text, "PRIVATE KEY-----") {
		return nil, "signed_by holds a private key: whoever could read this file can sign images",
			"take it out, make a new pair of keys, and write the public one"
	}
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "PUBLIC KEY" {
			return nil, "signed_by holds a " + strings.ToLower(block.Type) + ", not a public key", form
		}
		if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
			return nil, "signed_by holds a public key that cannot be read", form
		}
		keys = append(keys, string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})))
	}
	switch begun := strings.Count(text, "-----BEGIN "); {
	case begun == 0:
		return nil, "signed_by holds no public key", form
	case begun != len(keys):
		return nil, "signed_by holds a block that cannot be read", form
	}
	return keys, "", ""
}

// copiedImages is a copy down to the last list.
func copiedImages(p *deploy.ImagePolicy) *deploy.ImagePolicy {
	if p == nil {
		return nil
	}
	c := *p
	c.Labels, c.Signature, c.Scan = slices.Clone(p.Labels), slices.Clone(p.Signature), copied(p.Scan)
	if c.Scan != nil {
		c.Scan.Most, c.Scan.Exceptions = maps.Clone(c.Scan.Most), slices.Clone(c.Scan.Exceptions)
	}
	return &c
}
