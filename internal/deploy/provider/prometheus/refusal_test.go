package prometheus_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/prometheus"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	problem := func(kind string) string {
		return fmt.Sprintf(`{"status":"error","errorType":%q,"error":"the words of the source"}`, kind)
	}
	tests := map[string]struct {
		status int
		body   string
		want   deploy.Code
		says   string // part of the message
		hint   string // part of it
	}{
		"no token":                     {401, "the words of the source", deploy.Forbidden, "does not know who Slipway is", "SLIPWAY_PROMETHEUS_TOKEN"},
		"a token without rights":       {403, "the words of the source", deploy.Forbidden, "does not let Slipway query", "SLIPWAY_PROMETHEUS_TOKEN"},
		"no API":                       {404, "the words of the source", deploy.NotFound, "there is no Prometheus", "url"},
		"a login page":                 {302, "the words of the source", deploy.Forbidden, "elsewhere", "url"},
		"too many requests":            {429, "the words of the source", deploy.Unavailable, "slow down", "less often"},
		"another refusal":              {405, "the words of the source", deploy.Invalid, "does not take queries", "url"},
		"a query that is wrong":        {400, problem("bad_data"), deploy.Invalid, "refuses the query", "catalog"},
		"a query that is too much":     {422, problem("execution"), deploy.Unavailable, "could not work the query out", "log"},
		"a query that takes too long":  {422, problem("timeout"), deploy.Unavailable, "took too long", ""},
		"a query that was cancelled":   {422, problem("canceled"), deploy.Unavailable, "took too long", ""},
		"a server that is starting":    {503, "the words of the source", deploy.Unavailable, "does not answer queries", ""},
		"a gateway without a server":   {502, "the words of the source", deploy.Unavailable, "does not answer queries", ""},
		"something else":               {200, "<html>the words of the source</html>", deploy.Unavailable, "is not an answer of Prometheus", "url"},
		"an error that says all right": {200, problem("internal"), deploy.Unavailable, "does not answer queries", ""},
		"a warning": {200, `{"status":"success","warnings":["the words of the source"],"data":{"resultType":"vector","result":[]}}`,
			deploy.Unavailable, "not whole", ""},
		"an answer without end": {200, `{"status":"success","data":{"resultType":"vector","result":[` + strings.Repeat(" ", 9<<20) + "]}}",
			deploy.Unavailable, "is not an answer of Prometheus", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/login")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer server.Close()
			m := connect(t, nil)
			_, err := m.Read(t.Context(), query(server.URL, deploy.CPU))
			for doing, err := range map[string]error{"read": err, "check": m.Check(t.Context(), ref, query(server.URL, deploy.CPU).Spec)} {
				if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Message(err), tc.says) || !strings.Contains(deploy.Hint(err), tc.hint) {
					t.Errorf("%s: code %q, message %q, hint %q", doing, deploy.CodeOf(err), deploy.Message(err), deploy.Hint(err))
				}
				if strings.Contains(deploy.Message(err), "the words of the source") {
					t.Errorf("%s: the source's own words belong into the chain only: %q", doing, deploy.Message(err))
				}
			}
		})
	}
}

func TestAPostThatIsForbiddenIsTriedAsAGet(t *testing.T) {
	t.Parallel()
	f := newFake()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		f.ServeHTTP(w, r)
	}))
	defer server.Close()
	if _, err := connect(t, nil).Read(t.Context(), query(server.URL)); err != nil {
		t.Error(err)
	}
}

func TestASourceThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.hang = true
	address := f.serve(t).URL
	m := connect(t, &prometheus.Options{Timeout: 20 * time.Millisecond})
	_, err := m.Read(t.Context(), query(address))
	for doing, err := range map[string]error{"read": err, "check": m.Check(t.Context(), ref, spec(address))} {
		if deploy.CodeOf(err) != deploy.Unavailable || !strings.HasSuffix(deploy.Message(err), " did not answer in time") {
			t.Errorf("%s: %v", doing, err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = connect(t, nil).Read(t.Context(), query("http://user:hunter2@"+address))
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Prometheus at "+address+" does not answer" {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is in the chain: %v", err)
	}
}
