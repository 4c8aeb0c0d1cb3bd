package ecr

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/ecr"

	"slipway/internal/deploy"
)

// early is how long before its end a token is not used any more. ECR's last for 12 hours.
const early = 10 * time.Minute

// token opens the registries of a region.
type token struct {
	user, password string
	until          time.Time
}

// Login gives the credentials of a registry by its host; none (two empty strings) at once for a registry that is not
// ECR's. A token is kept until ten minutes before its end. Codes: Forbidden, Unavailable. It fits registry.Login.
func (e *ECR) Login(ctx context.Context, host string) (user, password string, err error) {
	p, ok := locate(host)
	if !ok {
		return "", "", nil
	}
	e.mu.Lock()
	known := e.tokens[p.region]
	e.mu.Unlock()
	if known.until.Sub(e.opts.Now()) > early {
		return known.user, known.password, nil
	}
	doing := "log in at " + p.host
	within, cancel := context.WithTimeout(ctx, e.opts.Timeout)
	defer cancel()
	client, err := e.client(within, p.region)
	if err != nil {
		return "", "", e.explain(ctx, doing, err)
	}
	res, err := client.GetAuthorizationToken(within, &service.GetAuthorizationTokenInput{})
	if err != nil {
		return "", "", e.explain(ctx, doing, err)
	}
	fresh, ok := read(res)
	if !ok {
		return "", "", &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "Amazon ECR gives a token that cannot be read"}
	}
	e.mu.Lock()
	e.tokens[p.region] = fresh
	e.mu.Unlock()
	return fresh.user, fresh.password, nil
}

func read(res *service.GetAuthorizationTokenOutput) (t token, ok bool) {
	if len(res.AuthorizationData) == 0 {
		return token{}, false
	}
	data := res.AuthorizationData[0]
	plain, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	if err != nil {
		return token{}, false
	}
	t.user, t.password, ok = strings.Cut(string(plain), ":")
	t.until = aws.ToTime(data.ExpiresAt)
	return t, ok
}
