package load_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/load"
)

func TestChecksThatCannotBeSent(t *testing.T) {
	t.Parallel()
	secret := errors.New("the vault has said " + apiKey)
	for name, tc := range map[string]struct {
		change func(*deploy.LoadRequest)
		code   deploy.Code
		want   string
	}{
		"neither rate nor concurrency": {func(q *deploy.LoadRequest) { q.Check.Rate = 0 }, deploy.Invalid, "either a rate or a concurrency"},
		"both":                         {func(q *deploy.LoadRequest) { q.Check.Concurrency = 3 }, deploy.Invalid, "either a rate or a concurrency"},
		"no most":                      {func(q *deploy.LoadRequest) { q.Check.Most = math.NaN() }, deploy.Invalid, "at most"},
		"no time":                      {func(q *deploy.LoadRequest) { q.For = 0 }, deploy.Invalid, "no time"},
		"no target":                    {func(q *deploy.LoadRequest) { q.Check.Targets = nil }, deploy.Invalid, "no target"},
		"too many at once":             {func(q *deploy.LoadRequest) { q.Check.Rate, q.Check.Concurrency = 0, 5000 }, deploy.Invalid, "5,000 is more than the 4,096"},
		"no address":                   {func(q *deploy.LoadRequest) { q.BaseURL = "ftp://host" }, deploy.Invalid, "http or https"},
		"a query in the address":       {func(q *deploy.LoadRequest) { q.BaseURL += "?a=b" }, deploy.Invalid, "without a query"},
		"a path without a slash":       {func(q *deploy.LoadRequest) { q.Check.Targets[0].Path = "status" }, deploy.Invalid, "does not begin with /"},
		"a path that is none":          {func(q *deploy.LoadRequest) { q.Check.Targets[0].Path = "/%zz" }, deploy.Invalid, "cannot be the path"},
		"a method that is none":        {func(q *deploy.LoadRequest) { q.Check.Targets[0].Method = "G T" }, deploy.Invalid, "no method"},
		"a header that is none":        {func(q *deploy.LoadRequest) { q.Check.Targets[0].Headers = map[string]string{"a b": "c"} }, deploy.Invalid, "no name of a header"},
		"a value that nobody knows":    {func(q *deploy.LoadRequest) { q.Check.Targets[0].Path = "/${ID}" }, deploy.Invalid, "no value for ${ID}"},
		"a placeholder without an end": {func(q *deploy.LoadRequest) { q.Check.Targets[0].Body = "${ID" }, deploy.Invalid, "has no end"},
		"a secret that is not there":   {func(q *deploy.LoadRequest) { q.Check.Targets[0].Path = "/${secret:NONE}" }, deploy.NotFound, "no secret NONE"},
		"a private address":            {func(q *deploy.LoadRequest) { q.BaseURL, q.Public = "http://10.1.2.3", true }, deploy.Invalid, "10.1.2.3 is a private address"},
		"this machine, where that is":  {func(q *deploy.LoadRequest) { q.Public = true }, deploy.Invalid, "127.0.0.1 is the bot's own machine"},
		"by a name":                    {func(q *deploy.LoadRequest) { q.BaseURL, q.Public = "http://localhost:1", true }, deploy.Invalid, "is the bot's own machine"},
		"the metadata server":          {func(q *deploy.LoadRequest) { q.BaseURL = "http://169.254.169.254" }, deploy.Invalid, "metadata server"},
		"a secret that is empty":       {func(q *deploy.LoadRequest) { q.Check.Targets[0].Path = "/${secret:EMPTY}" }, deploy.Invalid, "EMPTY is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := rate(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }), 10, time.Second)
			tc.change(&q)
			got, err := loader(t, &load.Options{Secrets: &secrets{values: map[string]string{"EMPTY": "\n"}}}).Fire(t.Context(), q)
			fails(t, err, tc.code, tc.want)
			if got.Requests != got.Failed {
				t.Errorf("%+v", got)
			}
		})
	}
	q := rate("http://localhost:1", 10, time.Second)
	q.Check.Targets[0].Path = "/${secret:API_KEY}"
	_, err := load.New(nil).Fire(t.Context(), q)
	fails(t, err, deploy.Invalid, "nothing to read secrets from")
	_, err = load.New(&load.Options{Secrets: forbidden{secret}}).Fire(t.Context(), q)
	fails(t, err, deploy.Forbidden, "may not be read")
	if strings.Contains(deploy.Message(err), apiKey) {
		t.Errorf("%v has the secret", deploy.Message(err))
	}
}

type forbidden struct{ err error }

func (f forbidden) Value(context.Context, string, string) (string, error) {
	return "", &deploy.Error{Code: deploy.Forbidden, Msg: "it may not be read", Err: f.err}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	deaf := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	babble := listen(t, "not HTTP at all\r\n\r\n")
	secure := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of who hangs up
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, tc := range map[string]struct {
		url  string
		code deploy.Code
		want []string
	}{
		"nobody is there":                 {"http://" + nobody.Addr().String(), deploy.Unavailable, []string{nobody.Addr().String(), "all of 10 requests failed (connection refused)"}},
		"each connection breaks":          {deaf, deploy.Unavailable, []string{"(connection broken off)"}},
		"a name that leads nowhere":       {"http://nobody.invalid", deploy.Unavailable, []string{"(the name leads nowhere)"}},
		"it is not HTTP":                  {babble, deploy.Unavailable, []string{"(no answer that is HTTP)"}},
		"a certificate that nobody knows": {secure.URL, deploy.Invalid, []string{"fails at TLS", "signed by nobody that the bot trusts"}},
		"TLS to a port without it":        {strings.Replace(deaf, "http:", "https:", 1), deploy.Invalid, []string{"does not speak it on this port"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := rate(tc.url, 20, time.Second/2)
			q.Check.Targets[0].Headers = map[string]string{"Authorization": "Bearer ${secret:API_KEY}"}
			q.Check.Targets[0].Path = "/?key=${secret:API_KEY}"
			got, err := loader(t, nil).Fire(t.Context(), q)
			fails(t, err, tc.code, tc.want...)
			if said := fmt.Sprint(err, got.Reasons); strings.Contains(said, apiKey) || got.Failed != got.Requests || got.Requests == 0 {
				t.Errorf("%s: %+v", said, got)
			}
		})
	}
}

// listen says the same to whoever asks, and hangs up.
func listen(t *testing.T, words string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = c.Write([]byte(words))
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

func TestTLSThatIsTrusted(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			w.WriteHeader(http.StatusTeapot) // users do not share a connection
		}
	}))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	got, err := loader(t, &load.Options{Roots: roots}).Fire(t.Context(), rate(s.URL, 20, time.Second/2))
	if err != nil || got.Failed != 0 || got.Requests == 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A service that takes connections and says nothing is one that fails under load, not one that is not there.
func TestNoAnswerInTimeIsAFailure(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(apiKey))
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	for _, path := range []string{"/none", "/half"} {
		q := rate(url, 20, time.Second/4)
		q.Check.Targets[0].Path, q.Check.Targets[0].Timeout = path, 50*time.Millisecond
		got := fire(t, q)
		if got.Requests == 0 || got.Failed != got.Requests || int64(got.Reasons["no answer in time"]) != got.Requests {
			t.Errorf("%s: %+v", path, got)
		}
		if got.Latencies.Max < 50*time.Millisecond {
			t.Errorf("%s: given up after %s", path, got.Latencies.Max)
		}
	}
}

func TestFailuresAmongAnswersAreFailures(t *testing.T) {
	t.Parallel()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/breaks" {
			panic(http.ErrAbortHandler)
		}
	})
	q := rate(url, 20, time.Second/2)
	q.Check.Targets = []deploy.Call{{Path: "/breaks"}, {Path: "/works"}}
	got := fire(t, q)
	if got.Failed == 0 || got.Failed >= got.Requests || int64(got.Reasons["connection broken off"]) != got.Failed {
		t.Errorf("%+v", got)
	}
}

func TestAnEndlessBodyIsCut(t *testing.T) {
	t.Parallel()
	var most atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10000000000")
		piece := make([]byte, 1<<20)
		for n := int64(1); n <= 10_000; n++ {
			if _, err := w.Write(piece); err != nil {
				return
			}
			most.Store(max(most.Load(), n))
		}
	})
	got := fire(t, busy(url, 1, 50*time.Millisecond))
	if got.Requests == 0 || got.Failed != 0 {
		t.Errorf("%+v", got)
	}
	if n := most.Load(); n < 8 || n > 100 { // what lies between the two is a few more than the 8 that are read
		t.Errorf("%d MiB were taken", n)
	}
}
