package cloudrun

import (
	"regexp"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	dnsLabel     = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	reservedKeys = []string{"run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev"}
)

const (
	// maxServiceID, maxRevisionID and maxTag are the platform's limits, in characters.
	maxServiceID  = 49
	maxRevisionID = 63
	maxTag        = 46
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func checkServiceID(id string) error {
	if len(id) > maxServiceID || !dnsLabel.MatchString(id) {
		return invalid("service_id %q: only lower case letters, digits and hyphens; begins with a letter, does not end with a hyphen, fewer than 50 characters", id)
	}
	return nil
}

// checkService looks at what the caller may set, after defaults.
func checkService(id string, svc *runpb.Service) error {
	template := svc.GetTemplate()
	for _, keys := range []map[string]string{
		svc.GetLabels(), svc.GetAnnotations(), template.GetLabels(), template.GetAnnotations(),
	} {
		for key := range keys {
			for _, reserved := range reservedKeys {
				if strings.HasPrefix(key, reserved+"/") {
					return invalid("%q: labels and annotations of the namespace %s are not supported in v2", key, reserved)
				}
			}
		}
	}
	if len(template.GetContainers()) == 0 {
		return invalid("Violation in service.template.containers: required field not present.")
	}
	for _, c := range template.GetContainers() {
		if c.GetImage() == "" {
			return invalid("Violation in service.template.containers.image: required field not present.")
		}
	}
	if name := template.GetRevision(); name != "" {
		if err := checkRevisionID(id, name); err != nil {
			return err
		}
	}
	return checkTraffic(id, svc.GetTraffic())
}

func checkRevisionID(service, name string) error {
	switch {
	case !strings.HasPrefix(name, service+"-"):
		return invalid("Violation in service.template.revision: %q must be prefixed by the service's name and a hyphen: %q", name, service+"-")
	case len(name) > maxRevisionID:
		return invalid("Violation in service.template.revision: %q has %d characters, at most %d are allowed", name, len(name), maxRevisionID)
	case !dnsLabel.MatchString(name):
		return invalid("Violation in service.template.revision: %q: only lower case letters, digits and hyphens, and no hyphen at the end", name)
	}
	return nil
}

func checkTraffic(service string, targets []*runpb.TrafficTarget) error {
	sum, tags := int32(0), map[string]bool{}
	for i, t := range targets {
		switch t.GetType() {
		case runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST:
			if t.GetRevision() != "" {
				return invalid("service.traffic[%d]: type LATEST cannot name revision %q", i, t.GetRevision())
			}
		case runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION:
			if t.GetRevision() == "" {
				return invalid("service.traffic[%d]: type REVISION needs a revision", i)
			}
			if err := checkRevisionID(service, t.GetRevision()); err != nil {
				return invalid("service.traffic[%d].revision: %q is not the short name of a revision of %s", i, t.GetRevision(), service)
			}
		default:
			return invalid("service.traffic[%d]: type is required", i)
		}
		if t.GetPercent() < 0 || t.GetPercent() > 100 {
			return invalid("service.traffic[%d]: percent %d is not between 0 and 100", i, t.GetPercent())
		}
		sum += t.GetPercent()
		tag := t.GetTag()
		if tag == "" {
			continue
		}
		if len(tag) > maxTag || !dnsLabel.MatchString(tag) {
			return invalid("service.traffic[%d]: tag %q: only lower case letters, digits and hyphens; begins with a letter, does not end with a hyphen, at most %d characters", i, tag, maxTag)
		}
		if tags[tag] {
			return invalid("service.traffic[%d]: tag %q is given twice", i, tag)
		}
		tags[tag] = true
	}
	if sum != 100 {
		return invalid("service.traffic: the percentages add up to %d, not to 100", sum)
	}
	return nil
}
