package awsapi

import (
	"net/http"
	"net/url"
	"strings"
)

// protocol is how a request is spelt and its answer is to be.
type protocol interface {
	// read fills in a pointer to the SDK's type of a request.
	read(in any) error
	// answer says out, a pointer to the SDK's type. id is the one of the request.
	answer(out any, id string) (reply, error)
	// refuse says why not.
	refuse(e Error, id string) (reply, error)
}

// reply is what goes over the wire.
type reply struct {
	status int
	header map[string]string
	body   []byte
}

// asked is one request as far as it was understood.
type asked struct {
	api       *API // never nil: of a request that nobody serves it is one without operations
	operation string
	protocol
}

// route finds out what is asked, and in which protocol.
func (s *Server) route(r *http.Request, body []byte) asked {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		dot := strings.LastIndexByte(target, '.')
		prefix, operation := target[:max(dot, 0)], target[dot+1:]
		api := s.find(prefix, func(a *API) bool { return a.Target != "" && a.Target == prefix })
		return asked{api, operation, &inJSON{api: api, body: body, kind: r.Header.Get("Content-Type")}}
	}
	if service, operation, ok := pathOfRPC(r.URL.Path); ok {
		api := s.find(service, func(a *API) bool { return a.CBOR != "" && a.CBOR == service })
		return asked{api, operation, &inCBOR{api: api, body: body}}
	}
	form := r.URL.Query()
	if inBody, err := url.ParseQuery(string(body)); err == nil {
		for name, values := range inBody {
			form[name] = values
		}
	}
	operation, version := form.Get("Action"), form.Get("Version")
	service := signedFor(r)
	api := s.find(service, func(a *API) bool { return a.Version != "" && a.Version == version && a.Name == service })
	if len(api.Operations) == 0 {
		api = s.find(service, func(a *API) bool { return a.Version != "" && a.Version == version })
	}
	return asked{api, operation, &inQuery{api: api, operation: operation, form: form}}
}

func (s *Server) find(called string, is func(*API) bool) *API {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apis {
		if is(a) {
			return a
		}
	}
	return &API{Name: called}
}

// pathOfRPC takes /service/ID/operation/NAME apart, which may stand below another path.
func pathOfRPC(path string) (service, operation string, ok bool) {
	parts := strings.Split(path, "/")
	n := len(parts)
	if n < 4 || parts[n-4] != "service" || parts[n-2] != "operation" {
		return "", "", false
	}
	return parts[n-3], parts[n-1], true
}

const algorithm = "AWS4-HMAC-SHA256 "

// signed says whether a request has the form of a signed one. Whether the signature is right is not asked.
func signed(r *http.Request) bool {
	said := r.Header.Get("Authorization")
	return strings.HasPrefix(said, algorithm) && strings.Contains(said, "Credential=") &&
		strings.Contains(said, "SignedHeaders=") && strings.Contains(said, "Signature=")
}

// signedFor is the service that a signature is for: the fourth part of Credential=KEY/DATE/REGION/SERVICE/aws4_request.
func signedFor(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	if parts := strings.Split(credential, "/"); len(parts) >= 5 {
		return parts[len(parts)-2]
	}
	return ""
}
