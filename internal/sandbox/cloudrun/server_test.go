package cloudrun_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
)

func TestClosingEndsCallsThatAFaultHolds(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	inject(t, p, cloudrun.Fault{Kind: cloudrun.NeverAnswer})
	answer := make(chan error, 1)
	go func() { answer <- shift(t.Context(), p, "new") }()
	until(t, p, "the call is received", func() bool { return len(p.Calls()) == 1 })
	if err := p.StartTraffic(app, 50); err != nil {
		t.Fatal(err)
	}
	uri := p.Service(full).Uri
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	err := <-answer
	wantCode(t, "the held call", err, codes.Unavailable)
	if !strings.Contains(err.Error(), "shutting down") {
		t.Errorf("the held call was cut, not answered: %v", err)
	}
	for _, addr := range []string{p.Addr(), uri[len("http://"):]} {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = conn.Close()
			t.Errorf("%s still answers", addr)
		}
	}
	if err := p.StartTraffic(app, 1); err == nil {
		t.Error("traffic starts on a closed server")
	}
	if err := p.Start(""); err == nil {
		t.Error("a closed server starts")
	}
}

func TestServeOnAListenerOfTheCaller(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := cloudrun.New(nil)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

func TestAnOccupiedAddressIsAnError(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	other := cloudrun.New(nil)
	t.Cleanup(func() { _ = other.Close() })
	if err := other.Start(p.Addr()); err == nil {
		t.Errorf("two servers listen on %s", p.Addr())
	}
}
