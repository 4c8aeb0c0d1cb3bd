package elb

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// callerGone is the status under which AWS counts a request whose caller did not wait for the answer.
const callerGone = 460

// proxy has a target answer. It reports whether it did; otherwise it has answered 502 or 504.
func (s *Server) proxy(addr string, w http.ResponseWriter, r *http.Request) bool {
	ok := true
	p := httputil.ReverseProxy{
		Transport: s.transport, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(x *httputil.ProxyRequest) {
			x.SetURL(&url.URL{Scheme: "http", Host: addr})
			x.Out.Host = x.In.Host
			x.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			ok = false
			if r.Context().Err() != nil {
				w.WriteHeader(callerGone)
				return
			}
			var slow net.Error
			if errors.As(err, &slow) && slow.Timeout() {
				http.Error(w, "504 Gateway Time-out", http.StatusGatewayTimeout)
				return
			}
			http.Error(w, "502 Bad Gateway", http.StatusBadGateway)
		},
	}
	p.ServeHTTP(w, r)
	return ok
}

// admitted says whether a request may go on: with any session cookie it may, since nobody logs in for real.
func admitted(c *types.AuthenticateOidcActionConfig, w http.ResponseWriter, r *http.Request) bool {
	for _, k := range r.Cookies() {
		if strings.HasPrefix(k.Name, aws.ToString(c.SessionCookieName)) {
			return true
		}
	}
	switch c.OnUnauthenticatedRequest {
	case types.AuthenticateOidcActionConditionalBehaviorEnumAllow:
		return true
	case types.AuthenticateOidcActionConditionalBehaviorEnumDeny:
		http.Error(w, "401 Authorization Required", http.StatusUnauthorized)
	case types.AuthenticateOidcActionConditionalBehaviorEnumAuthenticate:
		http.Redirect(w, r, aws.ToString(c.AuthorizationEndpoint)+"?client_id="+url.QueryEscape(aws.ToString(c.ClientId)), http.StatusFound)
	}
	return false
}

func redirect(c *types.RedirectActionConfig, l *listener, w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	fill := strings.NewReplacer("#{protocol}", "HTTPS", "#{host}", host, "#{port}", strconv.Itoa(int(l.port)),
		"#{path}", strings.TrimPrefix(r.URL.Path, "/"), "#{query}", r.URL.RawQuery).Replace
	to := url.URL{
		Scheme: strings.ToLower(fill(aws.ToString(c.Protocol))), Host: fill(aws.ToString(c.Host)) + ":" + fill(aws.ToString(c.Port)),
		Path: fill(aws.ToString(c.Path)), RawQuery: fill(aws.ToString(c.Query)),
	}
	status := http.StatusFound
	if c.StatusCode == types.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	http.Redirect(w, r, to.String(), status)
}
