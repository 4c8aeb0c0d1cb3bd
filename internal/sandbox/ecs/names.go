package ecs

import (
	"fmt"
	"strings"
	"time"
)

// Region and Account are those of the guide's cluster; everything here is in them.
const (
	Region  = "us-east-1"
	Account = "123456789012"
)

const arnPrefix = "arn:aws:ecs:" + Region + ":" + Account + ":"

const (
	hexDigits = "0123456789abcdef"
	digits    = "0123456789"
	letters   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// random names: under mu.
func (s *Server) name(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.random.Intn(len(alphabet))]
	}
	return string(b)
}

func (s *Server) uuid() string {
	h := s.name(hexDigits, 32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// longNumber looks as the ids of deployments, revisions and task sets do: 19 digits, the first not 0.
func (s *Server) longNumber() string { return "1" + s.name(digits, 18) }

func arnOf(kind string, parts ...string) string {
	return arnPrefix + kind + "/" + strings.Join(parts, "/")
}

// lastPart is what a caller means by a name or an ARN.
func lastPart(nameOrARN string) string {
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}

func (svc *service) String() string { return fmt.Sprintf("(service %s)", svc.name) }

func ptr[T any](v T) *T { return &v }

// deref is what p points to, or nothing.
func deref[T any](p *T) T {
	var none T
	if p == nil {
		return none
	}
	return *p
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
