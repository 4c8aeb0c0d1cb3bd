package elb

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"slipway/internal/sandbox/awsapi"
)

// refuse is what an operation refuses with: a fault of the caller's, 400. The codes are AWS's.
func refuse(code, format string, args ...any) error {
	return awsapi.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return refuse("ValidationError", format, args...) }

func invalidAction(message string) error { return refuse("InvalidLoadBalancerAction", "%s", message) }

func missing(member string) error {
	return refuse("ValidationError", "The request must contain the parameter %s", member)
}

func groupNotFound(arn string) error {
	if arn == "" {
		return missing("TargetGroupArn")
	}
	return refuse("TargetGroupNotFound", "Target group '%s' not found", arn)
}

func ruleNotFound(arn string) error {
	if arn == "" {
		return missing("RuleArn")
	}
	return refuse("RuleNotFound", "Rule '%s' not found", arn)
}

func listenerNotFound(arn string) error {
	if arn == "" {
		return missing("ListenerArn")
	}
	return refuse("ListenerNotFound", "Listener '%s' not found", arn)
}

func balancerNotFound(key string) error {
	return refuse("LoadBalancerNotFound", "Load balancer '%s' not found", key)
}

// maxPage is AWS's limit of a page, and its size when none is asked for.
const maxPage = 400

// page is the part of all that a marker begins, and the marker of the next part; nil when nothing is left.
func page[T any](all []T, size *int32, marker *string) ([]T, *string, error) {
	n, from := maxPage, 0
	if size != nil {
		if n = int(*size); n < 1 || n > maxPage {
			return nil, nil, invalid("Page size '%d' must be between 1 and %d inclusive", n, maxPage)
		}
	}
	if marker != nil && *marker != "" {
		text, err := base64.RawURLEncoding.DecodeString(*marker)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 || from > len(all) {
			return nil, nil, invalid("Marker '%s' is not valid", *marker)
		}
	}
	end := min(from+n, len(all))
	if end == len(all) {
		return all[from:], nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	return all[from:end], &next, nil
}
