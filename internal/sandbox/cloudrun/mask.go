package cloudrun

import (
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// settable are the fields of a service that callers may set; the rest belongs to the platform, and
// a mask that names it is ignored there.
var settable = []protoreflect.Name{
	"description", "labels", "annotations", "client", "client_version", "ingress", "launch_stage",
	"binary_authorization", "template", "traffic", "scaling", "invoker_iam_disabled",
	"default_uri_disabled", "iap_enabled", "multi_region_settings", "custom_audiences", "build_config",
}

// merge is old with the masked fields of in. Without a mask, or with "*", every settable field is
// replaced, those absent from in by nothing.
func merge(old, in *runpb.Service, mask []string) (*runpb.Service, error) {
	out, in := proto.CloneOf(old), proto.CloneOf(in)
	if len(mask) == 0 || slices.Contains(mask, "*") {
		mask = nil
		for _, field := range settable {
			mask = append(mask, string(field))
		}
	}
	for _, path := range mask {
		names := strings.Split(path, ".")
		if out.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(names[0])) == nil {
			return nil, invalid("update_mask: a service has no field %q", path)
		}
		if !slices.Contains(settable, protoreflect.Name(names[0])) {
			continue
		}
		if !copyField(out.ProtoReflect(), in.ProtoReflect(), names) {
			return nil, invalid("update_mask: a service has no field %q", path)
		}
	}
	return out, nil
}

func copyField(dst, src protoreflect.Message, path []string) bool {
	field := dst.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	if field == nil {
		return false
	}
	if len(path) > 1 {
		if field.Message() == nil || field.IsList() || field.IsMap() {
			return false
		}
		return copyField(dst.Mutable(field).Message(), src.Get(field).Message(), path[1:])
	}
	if src.Has(field) {
		dst.Set(field, src.Get(field))
	} else {
		dst.Clear(field)
	}
	return true
}

// masks reports whether an update with this mask says something about a top-level field.
func masks(mask []string, field string) bool {
	return len(mask) == 0 || slices.ContainsFunc(mask, func(path string) bool {
		return path == "*" || path == field || strings.HasPrefix(path, field+".")
	})
}

// desired is a service reduced to what callers set.
func desired(svc *runpb.Service) *runpb.Service {
	out := &runpb.Service{}
	for _, name := range settable {
		field := svc.ProtoReflect().Descriptor().Fields().ByName(name)
		if svc.ProtoReflect().Has(field) {
			out.ProtoReflect().Set(field, svc.ProtoReflect().Get(field))
		}
	}
	return out
}

// fillDefaults writes out what the platform assumes, as it shows it when asked.
func fillDefaults(svc *runpb.Service) {
	if len(svc.Traffic) == 0 {
		svc.Traffic = []*runpb.TrafficTarget{{
			Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: 100,
		}}
	}
	t := svc.Template
	if t == nil {
		return
	}
	if t.Timeout == nil {
		t.Timeout = durationpb.New(5 * time.Minute)
	}
	if t.MaxInstanceRequestConcurrency == 0 {
		t.MaxInstanceRequestConcurrency = 80
	}
	if len(t.Containers) == 1 {
		c := t.Containers[0]
		if len(c.Ports) == 0 {
			c.Ports = []*runpb.ContainerPort{{Name: "http1", ContainerPort: 8080}}
		}
		if c.Resources == nil {
			c.Resources = &runpb.ResourceRequirements{}
		}
		if len(c.Resources.Limits) == 0 {
			c.Resources.Limits = map[string]string{"cpu": "1000m", "memory": "512Mi"}
		}
	}
}
