package scripts

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Login gives the credentials of a registry by its host; none (two empty strings) for a registry it knows nothing of,
// at once and without a question to anybody. Its errors are deploy.Errors.
type Login func(ctx context.Context, host string) (user, password string, err error)

// logins is a keychain of those.
type logins []Login

// Resolve is for callers without a context.
func (l logins) Resolve(r authn.Resource) (authn.Authenticator, error) {
	return l.ResolveContext(context.Background(), r)
}

// ResolveContext takes the first that knows the registry.
func (l logins) ResolveContext(ctx context.Context, r authn.Resource) (authn.Authenticator, error) {
	for _, login := range l {
		user, password, err := login(ctx, r.RegistryStr())
		if err != nil {
			return nil, err
		}
		if user != "" || password != "" {
			return &authn.Basic{Username: user, Password: password}, nil
		}
	}
	return authn.Anonymous, nil
}
