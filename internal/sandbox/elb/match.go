package elb

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// matches says whether all conditions hold for a request. A condition of a kind that the practice does not know (source
// addresses, query strings) holds for none.
func matches(conditions []types.RuleCondition, r *http.Request) bool {
	for _, c := range conditions {
		if !holds(c, r) {
			return false
		}
	}
	return true
}

func holds(c types.RuleCondition, r *http.Request) bool {
	switch aws.ToString(c.Field) {
	case "path-pattern":
		return like(r.URL.Path, c.Values, valuesOf(c.PathPatternConfig))
	case "host-header":
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		return like(strings.ToLower(host), lower(c.Values), lower(hostsOf(c.HostHeaderConfig)))
	case "http-request-method":
		return c.HttpRequestMethodConfig != nil && slices.Contains(c.HttpRequestMethodConfig.Values, r.Method)
	case "http-header":
		h := c.HttpHeaderConfig
		return h != nil && slices.ContainsFunc(r.Header.Values(aws.ToString(h.HttpHeaderName)), func(v string) bool {
			return like(strings.ToLower(v), lower(h.Values))
		})
	}
	return false
}

func valuesOf(c *types.PathPatternConditionConfig) []string {
	if c == nil {
		return nil
	}
	return c.Values
}

func hostsOf(c *types.HostHeaderConditionConfig) []string {
	if c == nil {
		return nil
	}
	return c.Values
}

func lower(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToLower(v)
	}
	return out
}

func like(value string, patterns ...[]string) bool {
	return slices.ContainsFunc(slices.Concat(patterns...), func(p string) bool { return glob(p, value) })
}

// glob matches * (any characters, a slash too) and ? (one).
func glob(pattern, value string) bool {
	star, mark := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
