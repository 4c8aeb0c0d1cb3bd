package awsapi

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// API is one practice service. A protocol whose own field is empty is not spoken.
type API struct {
	// Name is what calls are filed under and signatures name: "ecs", "elasticloadbalancing", "monitoring", "logs".
	Name string
	// Target is the prefix of X-Amz-Target in JSON 1.0 and 1.1, "AmazonEC2ContainerServiceV20141113".
	Target string
	// JSONNames is how the name of a Go field is spelt in JSON: Camel or Same. nil means Same.
	JSONNames func(field string) string
	// Version is that of the Query API, "2015-12-01"; Namespace is the one of its answers.
	Version, Namespace string
	// CBOR is the service's name in the path of RPC v2, "GraniteServiceVersion20100801".
	CBOR string
	// Operations are what it does, by name.
	Operations map[string]Operation
	// Document makes the SDK's document of what a request has in its place: ecs's document.NewLazyDocument. nil leaves
	// documents of requests out.
	Document func(value any) any
}

// Operation is one thing that an API does. Op makes it.
type Operation struct {
	input func() any
	call  func(ctx context.Context, in any) (any, error)
}

// Op makes an operation of a function of the SDK's own types of input and output. What it refuses with is an Error, or an
// error of the SDK's types, which have a code and a message too; any other error arrives as an InternalFailure. A nil
// answer is an empty one.
func Op[In, Out any](f func(context.Context, *In) (*Out, error)) Operation {
	return Operation{
		input: func() any { return new(In) },
		call: func(ctx context.Context, in any) (any, error) {
			typed, ok := in.(*In)
			if !ok {
				return nil, internal("the input is of another operation")
			}
			out, err := f(ctx, typed)
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(Out)
			}
			return out, nil
		},
	}
}

// Camel spells names as ECS, ECR and CloudWatch Logs do: with a small first letter.
func Camel(field string) string {
	first, size := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(first)) + field[size:]
}

// Same spells names as Secrets Manager, SSM and CloudWatch do: as the SDK's fields.
func Same(field string) string { return field }

// names is JSONNames or its default.
func (a *API) names() func(string) string {
	if a.JSONNames == nil {
		return Same
	}
	return a.JSONNames
}

// is says whether an operation's name, as a fault has it, is this one: "DescribeServices" or "ecs.DescribeServices".
func (a *API) is(operation, name string) bool {
	if of, bare, ok := strings.Cut(name, "."); ok {
		return of == a.Name && bare == operation
	}
	return name == operation
}
