package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"slipway/internal/deploy/provider/egress"
)

const (
	metadata = "is the address of a metadata server or only valid on one network segment"
	private  = "is a private address, and those are forbidden"
	own      = "is the bot's own machine"
)

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		guard     egress.Guard
		addresses []string
		want      string
	}{
		"metadata servers, whoever asks": {egress.Guard{Local: true}, []string{
			"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
			"2002:a9fe:a9fe::1", "100.100.100.200", "168.63.129.16", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255",
		}, metadata},
		"this machine under another name": {egress.Guard{}, []string{"127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"}, own},
		"and by its own": {egress.Guard{Local: true}, []string{
			"127.0.0.1", "::1", "::ffff:127.0.0.1",
		}, ""},
		"but not where only public ones are allowed": {egress.Guard{Local: true, Public: true}, []string{"127.0.0.1", "::1"}, own},
		"private ones there": {egress.Guard{Public: true}, []string{
			"10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "64:ff9b::0a01:0203",
			"198.18.0.1", "192.0.0.8", "240.0.0.1", "64:ff9b:1::0a01:0203",
		}, private},
		"private ones elsewhere are services": {egress.Guard{}, []string{"10.0.0.1", "192.168.1.1", "100.64.0.1", "fd12::1"}, ""},
		"public ones":                         {egress.Guard{Public: true}, []string{"203.0.113.7", "2001:db8::1", "8.8.8.8"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, a := range tc.addresses {
				if got := tc.guard.Refuses(netip.MustParseAddr(a)); got != tc.want {
					t.Errorf("%s: %q, want %q", a, got, tc.want)
				}
			}
		})
	}
}

func TestHostsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"metadata": metadata, "Metadata.google.internal.": metadata, "instance-data": metadata, "169.254.169.254": metadata,
		"169.254.169.254.": metadata, "::ffff:a9fe:a9fe": metadata,
		"example.com": "", "2852039166": "", "127.0.0.1": "", "::1": "", "10.0.0.1": "",
	} {
		got := ""
		if r := (egress.Guard{}).Forbids(host); r != nil {
			got = r.Why
			if r.Error() != host+" "+want {
				t.Errorf("%s: %v", host, r)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	for host, want := range map[string]string{"10.0.0.1": private, "10.0.0.1.": private, "127.0.0.1": own, "203.0.113.7": "", "localhost": ""} {
		got := ""
		if r := egress.For(host, true).Forbids(host); r != nil {
			got = r.Why
		}
		if got != want {
			t.Errorf("%s, public only: %q, want %q", host, got, want)
		}
	}
}

func TestWhatNamesThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost.": true, "db.localhost": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true, "::ffff:127.0.0.1": true,
		"example.com": false, "10.0.0.1": false, "0.0.0.0": false, "localhost.example.com": false, "": false,
	} {
		if got := egress.For(host, false); got.Local != want || egress.IsLocal(host) != want {
			t.Errorf("%q: %v", host, got.Local)
		}
	}
}

func TestConnectionsAreLookedAtWhenTheyAreMade(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dials := map[string]func(egress.Guard) func(context.Context, string, string) (net.Conn, error){
		"Dialer": func(g egress.Guard) func(context.Context, string, string) (net.Conn, error) {
			return g.Dialer(10 * time.Second).DialContext
		},
		"DialContext": func(g egress.Guard) func(context.Context, string, string) (net.Conn, error) {
			return g.DialContext("service.example:80", 10*time.Second)
		},
	}
	for name, dial := range dials {
		c, err := dial(egress.For("localhost", false))(t.Context(), "tcp", "localhost:"+port)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		// As if the name service.example led there.
		_, err = dial(egress.For("service.example", false))(t.Context(), "tcp", "localhost:"+port)
		if refused := (*egress.Refusal)(nil); !errors.As(err, &refused) || refused.Why != own {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = egress.Guard{}.Dialer(time.Second).DialContext(t.Context(), "unix", t.TempDir()+"/socket")
	if refused := (*egress.Refusal)(nil); !errors.As(err, &refused) {
		t.Errorf("a socket of this machine: %v", err)
	}
}
