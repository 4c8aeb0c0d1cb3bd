package awsaround

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"slipway/internal/sandbox/awsapi"
)

// mostParameters is how many GetParameters takes, as at AWS.
const mostParameters = 10

// undeciphered stands for a SecureString that nobody asked to decrypt.
const undeciphered = "AQICAHpractice"

// parameter is one of the Parameter Store with its values, the oldest first.
type parameter struct {
	secure bool
	values []string
	made   time.Time // the latest
}

func (s *Server) ssmAPI() awsapi.API {
	return awsapi.API{Name: "ssm", Target: "AmazonSSM", JSONNames: awsapi.Same, Operations: map[string]awsapi.Operation{
		"GetParameter":  awsapi.Op(s.getParameter),
		"GetParameters": awsapi.Op(s.getParameters),
	}}
}

// PutParameter gives a parameter a new version; secure is a SecureString. It returns its ARN.
func (s *Server) PutParameter(name, value string, secure bool) (arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.parameters[name]
	if !ok {
		known = &parameter{}
		s.parameters[name] = known
	}
	known.secure, known.made = secure, s.opts.Now()
	known.values = append(known.values, value)
	return s.parameterARN(name)
}

// RemoveParameter has no parameter of that name be there any more.
func (s *Server) RemoveParameter(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parameters, name)
}

// ParameterNames lists the parameters.
func (s *Server) ParameterNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.parameters))
}

func (s *Server) parameterARN(name string) string {
	return s.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

func (s *Server) getParameter(_ context.Context, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.parameter(aws.ToString(in.Name), aws.ToBool(in.WithDecryption))
	if !ok {
		return nil, refuse("ParameterNotFound", "Parameter %s not found.", aws.ToString(in.Name))
	}
	return &ssm.GetParameterOutput{Parameter: &p}, nil
}

func (s *Server) getParameters(_ context.Context, in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	if n := len(in.Names); n == 0 || n > mostParameters {
		return nil, refuse("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d, and greater than or equal to 1", mostParameters)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &ssm.GetParametersOutput{Parameters: []types.Parameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		if p, ok := s.parameter(name, aws.ToBool(in.WithDecryption)); ok {
			out.Parameters = append(out.Parameters, p)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

// parameter finds one by its name or its ARN, with ":VERSION" behind it or not. Under mu.
func (s *Server) parameter(id string, decrypt bool) (types.Parameter, bool) {
	for name, known := range s.parameters {
		for _, called := range []string{name, s.parameterARN(name)} {
			selector, ok := strings.CutPrefix(id, called)
			if !ok || selector != "" && selector[0] != ':' {
				continue
			}
			n := len(known.values)
			if selector != "" {
				asked, err := strconv.Atoi(selector[1:])
				if err != nil || asked < 1 || asked > n {
					return types.Parameter{}, false
				}
				n = asked
			}
			p := types.Parameter{Name: aws.String(name), ARN: aws.String(s.parameterARN(name)), DataType: aws.String("text"), Type: types.ParameterTypeString,
				LastModifiedDate: aws.Time(known.made), Version: int64(n), Value: aws.String(known.values[n-1])}
			if selector != "" {
				p.Selector = aws.String(selector)
			}
			if known.secure {
				p.Type = types.ParameterTypeSecureString
				if !decrypt {
					p.Value = aws.String(undeciphered)
				}
			}
			return p, true
		}
	}
	return types.Parameter{}, false
}
