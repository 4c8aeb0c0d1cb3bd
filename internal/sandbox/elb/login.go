package elb

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// checkLogin asks for the secret, or for the word that the one which is there stays. AWS documents the word, not what it
// says without either; the practice refuses, since who wrote back what was described would otherwise lock users out.
func checkLogin(a *types.Action, before []types.Action) error {
	c := a.AuthenticateOidcConfig
	if c == nil {
		return missing("AuthenticateOidcConfig")
	}
	for _, f := range []struct {
		name  string
		value *string
	}{
		{"Issuer", c.Issuer}, {"AuthorizationEndpoint", c.AuthorizationEndpoint}, {"TokenEndpoint", c.TokenEndpoint},
		{"UserInfoEndpoint", c.UserInfoEndpoint}, {"ClientId", c.ClientId},
	} {
		if aws.ToString(f.value) == "" {
			return missing("AuthenticateOidcConfig." + f.name)
		}
	}
	keep := aws.ToBool(c.UseExistingClientSecret)
	c.UseExistingClientSecret = nil
	switch {
	case keep && c.ClientSecret != nil:
		return invalidAction("You can't specify a client secret together with UseExistingClientSecret")
	case keep:
		for _, b := range before {
			if b.AuthenticateOidcConfig != nil {
				c.ClientSecret = b.AuthenticateOidcConfig.ClientSecret
			}
		}
		if c.ClientSecret == nil {
			return invalidAction("There is no existing client secret to use")
		}
	case aws.ToString(c.ClientSecret) == "":
		return invalidAction("You must specify a client secret for an authenticate-oidc action")
	}
	if c.OnUnauthenticatedRequest == "" {
		c.OnUnauthenticatedRequest = types.AuthenticateOidcActionConditionalBehaviorEnumAuthenticate
	}
	c.Scope = aws.String(cmp.Or(aws.ToString(c.Scope), "openid"))
	c.SessionCookieName = aws.String(cmp.Or(aws.ToString(c.SessionCookieName), sessionCookie))
	c.SessionTimeout = aws.Int64(cmp.Or(aws.ToInt64(c.SessionTimeout), maxStickiness))
	return nil
}

// sessionCookie is AWS's default name of the cookie of who has logged in.
const sessionCookie = "AWSELBAuthSessionCookie"

// ClientSecret is what a rule (or listener) logs users in with, which the API never shows: whether it outlived a change.
func (s *Server) ClientSecret(rule string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rule(rule); r != nil {
		for _, a := range r.actions {
			if a.AuthenticateOidcConfig != nil {
				return aws.ToString(a.AuthenticateOidcConfig.ClientSecret)
			}
		}
	}
	return ""
}
