package google

import (
	"crypto/tls"
	"crypto/x509"
)

// Trust has an API be believed that a test serves.
func (r *REST) Trust(roots *x509.CertPool) { r.base.TLSClientConfig = &tls.Config{RootCAs: roots} }
