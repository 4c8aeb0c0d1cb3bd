package prometheus

import (
	"fmt"
	"io"
	"net/http"
)

// mostBody bounds an answer. One bucket of one revision is about a hundred bytes.
const mostBody = 8 << 20

// statusError is an answer that the client of the API does not tell from others.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("status %d %s", int(e), http.StatusText(int(e)))
}

// guarded makes requests of one server: with the token, to this server only, and with answers of bounded size.
type guarded struct {
	next                http.RoundTripper
	scheme, host, token string
}

// RoundTrip makes an error of a status that stands for who asks, or how often, or where.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if g.token != "" && req.URL.Scheme == g.scheme && req.URL.Host == g.host {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	res, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if g.tells(req, res.StatusCode) {
		_ = res.Body.Close() // nothing of it is read
		return nil, statusError(res.StatusCode)
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, mostBody), res.Body}
	return res, nil
}

// tells says whether a status ends the matter. A POST that is forbidden may be allowed as a GET, which the client
// tries next.
func (g *guarded) tells(req *http.Request, status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return req.Method == http.MethodGet
	}
	return status >= 300 && status < 400
}
