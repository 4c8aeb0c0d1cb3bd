package cloudrun

import (
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"slipway/internal/deploy"
)

// candidate is the live template with the new image, name and labels, and the settings of the catalog. A setting
// that the catalog leaves out stays as it is live; so does everything the catalog does not know (sidecars,
// volumes, networks, the account it runs as).
func candidate(live *runpb.RevisionTemplate, q deploy.StageRequest) (*runpb.RevisionTemplate, error) {
	t := proto.CloneOf(live)
	main := mainContainer(t.GetContainers())
	if main == nil {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: "create revision " + string(q.Candidate),
			Msg:  q.Service.Name + " has no container to take over",
			Hint: "create the service once with `gcloud run deploy`",
		}
	}
	t.Revision = string(q.Candidate)
	if t.Labels == nil {
		t.Labels = map[string]string{}
	}
	maps.Copy(t.Labels, q.Labels)

	main.Image = q.Image
	main.Env = environment(main.GetEnv(), q.Settings)
	limits(main, q.Settings)
	scale(t, q.Settings)
	if q.Settings.Concurrency > 0 {
		t.MaxInstanceRequestConcurrency = int32(q.Settings.Concurrency)
	}
	if q.Settings.Timeout > 0 {
		t.Timeout = durationpb.New(q.Settings.Timeout)
	}
	return t, nil
}

// environment is the variables of the candidate. As with gcloud's --set-env-vars and --set-secrets, a list in
// the catalog replaces the live one as a whole: what was taken out of the catalog goes. Where the catalog lists
// no variables, or no secrets, the live ones stay. A name is never given twice: the catalog wins.
func environment(live []*runpb.EnvVar, s deploy.Settings) []*runpb.EnvVar {
	var out []*runpb.EnvVar
	for _, v := range live {
		_, inEnv := s.Env[v.GetName()]
		_, inSecrets := s.Secrets[v.GetName()]
		replaced := len(s.Env) > 0
		if v.GetValueSource() != nil {
			replaced = len(s.Secrets) > 0
		}
		if !replaced && !inEnv && !inSecrets {
			out = append(out, v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if _, secret := s.Secrets[name]; !secret {
			out = append(out, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: s.Env[name]}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		out = append(out, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{
			ValueSource: &runpb.EnvVarSource{SecretKeyRef: secret(s.Secrets[name])},
		}})
	}
	return out
}

// secret reads secret:version; without a version it is the latest.
func secret(ref string) *runpb.SecretKeySelector {
	name, version := ref, "latest"
	if i := strings.LastIndexByte(ref, ':'); i >= 0 {
		name, version = ref[:i], ref[i+1:]
	}
	return &runpb.SecretKeySelector{Secret: name, Version: version}
}

func limits(c *runpb.Container, s deploy.Settings) {
	if s.CPU == "" && s.Memory == "" {
		return
	}
	if c.Resources == nil {
		// Without resources CPU is only allocated during requests; with them that has to be said.
		c.Resources = &runpb.ResourceRequirements{CpuIdle: true}
	}
	if c.Resources.Limits == nil {
		c.Resources.Limits = map[string]string{}
	}
	for name, value := range map[string]string{"cpu": s.CPU, "memory": s.Memory} {
		if value != "" {
			c.Resources.Limits[name] = value
		}
	}
}

func scale(t *runpb.RevisionTemplate, s deploy.Settings) {
	if s.MinInstances == nil && s.MaxInstances == nil {
		return
	}
	if t.Scaling == nil {
		t.Scaling = &runpb.RevisionScaling{}
	}
	if s.MinInstances != nil {
		t.Scaling.MinInstanceCount = int32(*s.MinInstances)
	}
	if s.MaxInstances != nil {
		t.Scaling.MaxInstanceCount = int32(*s.MaxInstances)
	}
}
