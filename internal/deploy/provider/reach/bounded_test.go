package reach_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// endless writes the same for as long as somebody reads.
func endless(c net.Conn, text string) {
	many := bytes.Repeat([]byte(text), 1+(32<<10)/len(text))
	for {
		if _, err := c.Write(many); err != nil {
			return
		}
	}
}

// message is one of PostgreSQL's.
func message(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body)))) + body
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	t.Parallel()
	heard := func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<10)) }
	says := func(parts ...string) func(net.Conn) { // to HELLO, which it does not know, and then to PING
		return func(c net.Conn) {
			heard(c)
			_, _ = io.WriteString(c, "-ERR unknown command\r\n")
			heard(c)
			for _, part := range parts {
				_, _ = io.WriteString(c, part)
			}
			_, _ = io.Copy(io.Discard, c)
		}
	}
	for name, tc := range map[string]struct {
		kind    deploy.DependencyKind
		address string // with the host's place
		serve   func(net.Conn)
		about   string
	}{
		"a string of eight exabytes": {deploy.Redis, "redis://HOST", says("$9223372036854775800\r\n"), "Redis's"},
		"a list of as many things":   {deploy.Redis, "redis://HOST", says("*9223372036854775800\r\n"), "Redis's"},
		"its length in two parts":    {deploy.Redis, "redis://HOST", says("$92233720368", "54775800\r\n"), "Redis's"},
		"a line without an end":      {deploy.Redis, "redis://HOST", func(c net.Conn) { endless(c, "x") }, "Redis's"},
		"an error that has no end":   {deploy.Redis, "redis://HOST", func(c net.Conn) { endless(c, "-ERR ") }, "Redis's"},
		"settings without an end":    {deploy.Postgres, "postgres://app:x@HOST/app?sslmode=disable", func(c net.Conn) { endless(c, message('S', "a\x00b\x00")) }, "PostgreSQL's"},
		"a message of a gigabyte":    {deploy.Postgres, "postgres://app:x@HOST/app?sslmode=disable", func(c net.Conn) { _, _ = c.Write([]byte("S\x3f\xff\xff\xff")); endless(c, "x") }, "PostgreSQL's"},
		"SELECT 1 with endless ones": {deploy.Postgres, "postgres://app:x@HOST/app?sslmode=disable", func(c net.Conn) {
			heard(c)
			_, _ = io.WriteString(c, message('R', "\x00\x00\x00\x00")+message('Z', "I"))
			heard(c)
			endless(c, message('D', "\x00\x01\x00\x00\x00\x011"))
		}, "PostgreSQL's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := listen(t, tc.serve)
			q := dependency(tc.kind, strings.Replace(tc.address, "HOST", at, 1))
			q.Check.Within = time.Minute
			_, err := made(t, nil).Run(t.Context(), q)
			if deploy.CodeOf(err) != deploy.Unavailable || !strings.HasSuffix(deploy.Message(err), at+" has no answer that is "+tc.about) {
				t.Errorf("%v", err)
			}
		})
	}
}
