package store_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store"
)

// dumb is a Redis that greets and then never answers again.
func dumb(t *testing.T) (url string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go greet(c)
		}
	}()
	return "redis://" + l.Addr().String()
}

// greet ends when the client closes.
func greet(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if strings.EqualFold(strings.TrimSpace(line), "hello") {
			if _, err := c.Write([]byte("-ERR unknown command\r\n")); err != nil {
				return
			}
		}
	}
}

func TestRedisThatSaysNothingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s, err := store.Dial(dumb(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for name, call := range map[string]func() error{
		"wakes": func() error { _, err := s.Wakes(ctx); return err },
		"due":   func() error { _, err := s.Due(ctx, 1); return err },
		"inbox": func() error { _, err := s.Inbox(ctx, "app-1"); return err },
	} {
		begun := time.Now()
		if err := call(); deploy.CodeOf(err) != deploy.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
