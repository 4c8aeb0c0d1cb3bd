package cloudrun

import (
	"cmp"
	"fmt"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// environment is the variables that a container of a service (full name) is started with. missing says which secret
// does not exist, and is empty if all do. It may be called with or without the lock.
func (s *Server) environment(service string, c *runpb.Container) (env map[string]string, missing string) {
	env = map[string]string{}
	for i, v := range c.GetEnv() {
		ref := v.GetValueSource().GetSecretKeyRef()
		switch {
		case v.GetValueSource() == nil:
			env[v.GetName()] = v.GetValue()
		case ref != nil && s.opts.Secrets != nil:
			project, name := secretOf(service, ref.GetSecret())
			version := cmp.Or(ref.GetVersion(), "latest")
			value, ok := s.opts.Secrets(project, name, version)
			if !ok {
				return env, fmt.Sprintf("spec.template.spec.containers[0].env[%d].value_from.secret_key_ref.name: Secret projects/%s/secrets/%s/versions/%s was not found", i, project, name, version)
			}
			env[v.GetName()] = value
		}
	}
	return env, ""
}

// secretOf takes a secret apart: its short name, of the project of the service, or projects/PROJECT/secrets/NAME.
func secretOf(service, secret string) (project, name string) {
	full := secret
	if !strings.HasPrefix(secret, "projects/") {
		full = strings.Join(strings.Split(service, "/")[:2], "/") + "/secrets/" + secret
	}
	project, name, _ = strings.Cut(strings.TrimPrefix(full, "projects/"), "/secrets/")
	return project, name
}

// failSecret fails a revision of which a secret is missing, before its container is started.
func (s *Server) failSecret(r *revision, message string) {
	r.state, r.why = failed, message
	// The code is a choice: the documentation gives none.
	r.failure = status.New(codes.Internal, r.unserviceable())
	s.conclude(r, broken("Ready", message, runpb.Condition_SECRETS_ACCESS_CHECK_FAILED),
		broken("ResourcesAvailable", message, runpb.Condition_SECRETS_ACCESS_CHECK_FAILED))
}
