package awsaround

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The staging labels that Secrets Manager gives by itself.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// secret is one of Secrets Manager with its versions, the oldest first.
type secret struct {
	name, arn string
	versions  []secretVersion
}

type secretVersion struct {
	id, value string
	made      time.Time
}

// Put gives a secret a new version, which is AWSCURRENT from now on, and makes the secret if there is none. It returns its
// ARN, which ends with letters that follow from the name.
func (s *Server) Put(name, value string) (arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.secrets[name]
	if !ok {
		known = &secret{name: name, arn: s.arn("secretsmanager", "secret:"+name+"-"+letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", name, 6))}
		s.secrets[name] = known
	}
	n := len(known.versions) + 1
	known.versions = append(known.versions, secretVersion{fmt.Sprintf("%s-0000-4000-8000-%012d", letters("0123456789abcdef", name, 8), n), value, s.opts.Now()})
	return known.arn
}

// Remove has no secret of that name be there any more.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.secrets, name)
}

// SecretNames lists the secrets.
func (s *Server) SecretNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.secrets))
}

// SecretARN is that of a secret, or "".
func (s *Server) SecretARN(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.secrets[name]; ok {
		return known.arn
	}
	return ""
}

// secret finds one by its name, its ARN, or its ARN without the last letters. Under mu.
func (s *Server) secret(id string) (*secret, error) {
	for _, known := range s.secrets {
		if id == known.name || id == known.arn || id == known.arn[:len(known.arn)-len("-abcdef")] {
			return known, nil
		}
	}
	return nil, noSecret()
}

func noSecret() error {
	return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// version finds one by its id, its stage, both, or neither, which means AWSCURRENT.
func (k *secret) version(id, stage string) (secretVersion, error) {
	if id == "" && stage == "" {
		stage = current
	}
	for _, v := range k.versions {
		if (id == "" || v.id == id) && (stage == "" || slices.Contains(k.stages(v.id), stage)) {
			return v, nil
		}
	}
	if id != "" {
		return secretVersion{}, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", id)
	}
	return secretVersion{}, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", stage)
}

// stages are the labels of a version; older ones than the last two have none.
func (k *secret) stages(id string) []string {
	at := slices.IndexFunc(k.versions, func(v secretVersion) bool { return v.id == id })
	switch len(k.versions) - at {
	case 1:
		return []string{current}
	case 2:
		return []string{previous}
	default:
		return nil
	}
}

// isSecret says whether an ARN is one of Secrets Manager.
func isSecret(arn string) bool {
	return strings.HasPrefix(arn, "arn:aws:secretsmanager:")
}
