package awsaround

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"slipway/internal/sandbox/awsapi"
)

// Value is what a container gets for the valueFrom of a secret: the ARN of a secret, with ":KEY:STAGE:VERSION" behind it or
// not, each of which may be empty; or the name or the ARN of a parameter. Its error is why ECS cannot get it, in the words
// that it has for a stopped task.
func (s *Server) Value(valueFrom string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isSecret(valueFrom) {
		p, ok := s.parameter(valueFrom, true)
		if !ok {
			return "", fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "+
				"unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: %s", valueFrom)
		}
		return *p.Value, nil
	}
	arn, key, stage, version := partsOf(valueFrom)
	known, err := s.secret(arn)
	if err != nil {
		return "", fromSecrets(valueFrom, err)
	}
	v, err := known.version(version, stage)
	if err != nil {
		return "", fromSecrets(valueFrom, err)
	}
	if key == "" {
		return v.value, nil
	}
	var keys map[string]any
	if json.Unmarshal([]byte(v.value), &keys) != nil {
		return "", fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "+
			"unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager is not JSON, and key %s was asked for", key)
	}
	value, ok := keys[key]
	if !ok {
		return "", fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "+
			"unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	if text, ok := value.(string); ok {
		return text, nil
	}
	said, err := json.Marshal(value)
	return string(said), err
}

// partsOf splits what stands behind the seven parts of a secret's ARN.
func partsOf(valueFrom string) (arn, key, stage, version string) {
	const ofARN = 7
	parts := strings.Split(valueFrom, ":")
	arn = strings.Join(parts[:min(ofARN, len(parts))], ":")
	for i, into := range []*string{&key, &stage, &version} {
		if at := ofARN + i; at < len(parts) {
			*into = parts[at]
		}
	}
	return arn, key, stage, version
}

func fromSecrets(valueFrom string, err error) error {
	refusal, _ := errors.AsType[awsapi.Error](err)
	return fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "+
		"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret %s from secrets manager: %s", valueFrom, refusal)
}
