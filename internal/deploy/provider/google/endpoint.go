package google

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"slipway/internal/deploy"
)

// API is one of Google's APIs, as people know it.
type API struct {
	// Name stands in messages: "Cloud Run".
	Name string
	// Override is the environment variable that says where the API is: CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN.
	Override string
}

// endpoint is where an API is. The zero value is Google's.
type endpoint struct {
	address string // host:port
	plain   bool   // plain text, no credentials
}

func (a API) parse(given string) (endpoint, error) {
	if given == "" {
		return endpoint{}, nil
	}
	s := given
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/":
	case u.Scheme == "http" && u.Port() != "":
		return endpoint{address: u.Host, plain: true}, nil
	case u.Scheme == "https":
		port := u.Port()
		if port == "" {
			port = "443"
		}
		return endpoint{address: net.JoinHostPort(u.Hostname(), port)}, nil
	}
	return endpoint{}, &deploy.Error{
		Code: deploy.Invalid, Op: "read the endpoint of " + strings.ToLower(a.Name),
		Msg:  fmt.Sprintf("%q is no address of %s", given, a.Name),
		Hint: "write " + a.Override + " as http://host:port (plain text, no credentials) or https://host, or leave it out",
		Err:  err,
	}
}

// overGRPC leads a client that speaks gRPC to the endpoint.
func (e endpoint) overGRPC() []option.ClientOption {
	var opts []option.ClientOption
	if e.address != "" {
		opts = append(opts, option.WithEndpoint(e.address))
	}
	if e.plain {
		opts = append(opts, option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	}
	return opts
}

// overHTTP leads a client that speaks HTTP there.
func (e endpoint) overHTTP() []option.ClientOption {
	switch {
	case e.plain:
		return []option.ClientOption{option.WithEndpoint("http://" + e.address), option.WithoutAuthentication()}
	case e.address != "":
		return []option.ClientOption{option.WithEndpoint("https://" + e.address)}
	}
	return nil
}
