package secrets

import (
	"context"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var (
	secretName  = regexp.MustCompile(`^projects/([^/]+)/secrets/([A-Za-z0-9_-]{1,255})$`)
	versionName = regexp.MustCompile(`^(projects/[^/]+/secrets/[A-Za-z0-9_-]{1,255})/versions/([a-z0-9]+)$`)
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

// GetSecret answers with what is known of a secret, which is not its value.
func (s *Server) GetSecret(_ context.Context, req *secretmanagerpb.GetSecretRequest) (*secretmanagerpb.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.secret(req.GetName(), "secretmanager.secrets.get", req.GetName())
	if err != nil {
		return nil, err
	}
	if _, _, ok := s.find(name, newest); !ok {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", fullName(name))
	}
	return &secretmanagerpb.Secret{
		Name: fullName(name), CreateTime: timestamppb.New(s.secrets[name][0].made), Etag: fmt.Sprintf(`"%d"`, len(s.secrets[name])),
		Replication: &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}}},
	}, nil
}

// GetSecretVersion answers with what is known of a version, which is not its value.
func (s *Server) GetSecretVersion(_ context.Context, req *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, v, err := s.version(req.GetName(), "secretmanager.versions.get")
	if err != nil {
		return nil, err
	}
	return &secretmanagerpb.SecretVersion{
		Name: name, CreateTime: timestamppb.New(v.made), State: secretmanagerpb.SecretVersion_ENABLED,
		Etag: `"1"`,
	}, nil
}

// AccessSecretVersion answers with a value and its checksum.
func (s *Server) AccessSecretVersion(_ context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, v, err := s.version(req.GetName(), "secretmanager.versions.access")
	if err != nil {
		return nil, err
	}
	sum := int64(crc32.Checksum([]byte(v.value), castagnoli))
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name: name, Payload: &secretmanagerpb.SecretPayload{Data: []byte(v.value), DataCrc32C: &sum},
	}, nil
}

// version finds a version by its full name, and gives the name with the number that "latest" stands for. Under mu.
func (s *Server) version(full, permission string) (name string, v version, err error) {
	parts := versionName.FindStringSubmatch(full)
	if parts == nil {
		return "", version{}, malformed(full, "projects/*/secrets/*/versions/*")
	}
	secret, err := s.secret(parts[1], permission, full)
	if err != nil {
		return "", version{}, err
	}
	v, number, ok := s.find(secret, parts[2])
	switch {
	case ok:
		return fmt.Sprintf("%s/versions/%d", fullName(secret), number), v, nil
	case parts[2] == newest:
		return "", version{}, status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", fullName(secret))
	default:
		return "", version{}, status.Errorf(codes.NotFound, "Secret Version [%s/versions/%s] not found.", fullName(secret), parts[2])
	}
}

// secret is the short name of a secret that callers may look at; whether it is there is not asked. Under mu.
func (s *Server) secret(full, permission, resource string) (name string, err error) {
	parts := secretName.FindStringSubmatch(full)
	if parts == nil {
		return "", malformed(full, "projects/*/secrets/*")
	}
	if !s.ours(parts[1]) || slices.Contains(s.fault.Denied, parts[2]) {
		return "", status.Errorf(codes.PermissionDenied, "Permission '%s' denied for resource '%s' (or it may not exist).", permission, resource)
	}
	return parts[2], nil
}

func fullName(secret string) string { return "projects/" + ProjectNumber + "/secrets/" + secret }

func malformed(name, format string) error {
	return status.Errorf(codes.InvalidArgument, "The provided name [%s] does not match the expected format [%s]", name, format)
}
