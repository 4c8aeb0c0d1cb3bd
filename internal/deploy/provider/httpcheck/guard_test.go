package httpcheck_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

func TestAddressesThatAreNotCalled(t *testing.T) {
	t.Parallel()
	const (
		metadata = "is the address of a metadata server or only valid on one network segment"
		private  = "is a private address, and those are forbidden"
		own      = "is the bot's own machine"
	)
	tests := map[string]struct {
		base   string
		forbid bool
		want   string
	}{
		"the metadata server":           {"http://169.254.169.254", false, metadata},
		"the one of containers":         {"http://169.254.170.2:80/x", false, metadata},
		"by its name":                   {"http://Metadata.google.internal.", false, metadata},
		"by its short name":             {"http://metadata:80", false, metadata},
		"over IPv6":                     {"http://[fd00:ec2::254]", false, metadata},
		"Google's over IPv6":            {"http://[fd20:ce::254]", false, metadata},
		"as IPv4 within IPv6":           {"http://[::ffff:169.254.169.254]", false, metadata},
		"through NAT64":                 {"http://[64:ff9b::a9fe:a9fe]", false, metadata},
		"through 6to4":                  {"http://[2002:a9fe:a9fe::1]", false, metadata},
		"Alibaba's":                     {"http://100.100.100.200", false, metadata},
		"link-local":                    {"http://[fe80::1]", false, metadata},
		"with a zone":                   {"http://[fe80::1%25eth0]", false, metadata},
		"this machine by zeros":         {"http://0.0.0.0:1", false, metadata},
		"the same over IPv6":            {"http://[::]:1", false, metadata},
		"in other digits":               {"http://2852039166", false, "leads nowhere"},
		"private, where that is out":    {"https://10.1.2.3", true, private},
		"the provider's private ones":   {"http://100.64.0.1", true, private},
		"unique local":                  {"http://[fd12::1]", true, private},
		"loopback counts as private":    {"http://127.0.0.1:1", true, own},
		"so does a name that leads to":  {"http://localhost:1", true, own},
		"and IPv6's":                    {"http://[::1]:1", true, own},
		"NAT64 to a private one":        {"http://[64:ff9b::0a01:0203]", true, private},
		"loopback as IPv4 within IPv6,": {"http://[::ffff:127.0.0.1]:1", true, own},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := check(quickly("/"))
			c.Tries = 3
			clock := &stepping{}
			_, err := run(t, tc.base, c, &httpcheck.Options{ForbidPrivate: tc.forbid, Clock: clock})
			if strings.Contains(tc.want, "nowhere") {
				if deploy.CodeOf(err) != deploy.Unavailable {
					t.Errorf("%v", err)
				}
				return
			}
			refused(t, err, deploy.Invalid, "is not called: ", tc.want)
			if len(clock.timers) != 0 {
				t.Error("it was tried again")
			}
		})
	}
}

func TestThisMachineIsCalledOnlyByItsName(t *testing.T) {
	t.Parallel()
	url := handle(t, func(http.ResponseWriter, *http.Request) {})
	for _, base := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1), strings.Replace(url, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		if _, err := run(t, base, check(get("/", deploy.Expect{})), nil); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestACheckMayForbidPrivateAddresses(t *testing.T) {
	t.Parallel()
	url := handle(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") })
	_, err := httpcheck.New(nil).Run(t.Context(), deploy.CheckRequest{Check: check(get("/", deploy.Expect{})), BaseURL: url, Public: true})
	refused(t, err, deploy.Invalid, "is not called: 127.0.0.1 is the bot's own machine")
}
