package phase_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/alerts"
	"slipway/internal/deploy/provider/httpprobe"
	secretmanager "slipway/internal/deploy/provider/secrets"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/secrets"
)

// checklisted is a world in which everything is good that a checklist may ask about: with the real adapters of secrets,
// alert policies and addresses, and fakes for the rest.
type checklisted struct {
	*world

	secrets    *secrets.Server
	monitoring *monitoring.Server
	site       *httptest.Server // redirects plain HTTP to HTTPS
	safe       *httptest.Server // with a certificate
	look       *inspector
	scanner    *scanner
	said       *said
	teller     *teller
	source     *checkedSource
	live       *lives
}

func newChecklisted(t *testing.T) *checklisted {
	t.Helper()
	w := &checklisted{world: newWorld(t), secrets: secrets.New(nil), monitoring: monitoring.New(nil),
		look: &inspector{details: deploy.ImageDetails{Labels: map[string]string{"revision": "8f14e45"}}}, scanner: &scanner{}, said: &said{}, teller: &teller{},
		source: &checkedSource{}, live: &lives{}}
	for _, start := range []func(string) error{w.secrets.Start, w.monitoring.Start} {
		if err := start(""); err != nil {
			t.Fatal(err)
		}
	}
	closing(t, w.secrets.Close)
	closing(t, w.monitoring.Close)
	w.site = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain":
		case "/elsewhere":
			http.Redirect(rw, r, "https://example.com/", http.StatusFound)
		case "/still-plain":
			http.Redirect(rw, r, "http://127.0.0.1/", http.StatusFound)
		case "/broken":
			rw.WriteHeader(http.StatusServiceUnavailable)
		default:
			http.Redirect(rw, r, "https://127.0.0.1"+r.URL.Path, http.StatusMovedPermanently)
		}
	}))
	t.Cleanup(w.site.Close)
	w.safe = httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(w.safe.Close)
	w.adapters()
	return w
}

// adapters are the real ones, with this world behind them.
func (w *checklisted) adapters() {
	w.t.Helper()
	vault, err := secretmanager.New(w.t.Context(), &secretmanager.Options{Endpoint: "http://" + w.secrets.Addr()})
	if err != nil {
		w.t.Fatal(err)
	}
	closing(w.t, vault.Close)
	policies, err := alerts.New(w.t.Context(), &alerts.Options{Endpoint: "http://" + w.monitoring.Addr()})
	if err != nil {
		w.t.Fatal(err)
	}
	closing(w.t, policies.Close)
	roots := x509.NewCertPool()
	roots.AddCert(w.safe.Certificate())
	w.with(func(p *phase.Ports) {
		p.Inspector, p.Scanner, p.Secrets, p.Versions, p.Alerts = w.look, w.scanner, vault, vault, policies
		p.Outside = httpprobe.NewOutside(&httpprobe.OutsideOptions{Roots: roots})
		p.People, p.Attested, p.Live, p.Checker = group{"@oncall": {"U0CAROL"}}, w.said, w.live, w.teller
		p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudMonitoring: w.source}
	})
}

func (w *world) with(change func(*phase.Ports)) {
	ports := w.ports
	change(&ports)
	w.use(ports)
}

// asks is a release of v1.2.4 with a checklist, about to look at it.
func (w *checklisted) asks(spec func(*deploy.Spec), items ...deploy.Item) *play {
	w.t.Helper()
	s := w.spec("v1.2.4")
	s.Items, s.OnCall, s.Policy.Deploy = items, "@oncall", []deploy.Principal{"@platform", "U0ALICE"}
	s.Metrics = &deploy.MetricsSpec{Source: deploy.CloudMonitoring}
	if spec != nil {
		spec(&s)
	}
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: s}).until("preflight/ready")
}

// proof is an item that a machine proves.
func proof(kind deploy.ProofKind, arg string) deploy.Item {
	return deploy.Item{Key: "group/" + string(kind), Group: "Group", Text: "Text", Prove: &deploy.Proof{Kind: kind, Arg: arg}}
}

// said is what people have attested.
type said struct {
	words map[string]deploy.Attestation
	err   error
}

func (s *said) Attested(context.Context, deploy.Target) (map[string]deploy.Attestation, error) {
	return s.words, s.err
}

// attest has somebody say something that counts for an hour from now.
func (w *checklisted) attest(keys ...string) {
	if w.said.words == nil {
		w.said.words = map[string]deploy.Attestation{}
	}
	for _, key := range keys {
		w.said.words[key] = deploy.Attestation{Item: key, By: "U0BOB", At: w.clock.Now(), Until: w.clock.Now().Add(time.Hour)}
	}
}

// inspector looks into images, and counts how often.
type inspector struct {
	details     deploy.ImageDetails
	err, signed error

	mu    sync.Mutex
	looks int
}

func (i *inspector) Inspect(context.Context, deploy.Image) (deploy.ImageDetails, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.looks++
	return i.details, i.err
}

func (i *inspector) Signed(context.Context, deploy.Image, []string) error { return i.signed }

type scanner struct {
	scan deploy.Scan
	err  error
}

func (s *scanner) Scan(context.Context, deploy.Image) (deploy.Scan, error) { return s.scan, s.err }

// group says who is in a group.
type group map[deploy.Principal][]deploy.UserID

func (g group) Members(_ context.Context, p deploy.Principal) ([]deploy.UserID, error) {
	people, known := g[p]
	if !known {
		return nil, &deploy.Error{Code: deploy.NotFound, Msg: "there is no group " + string(p)}
	}
	return people, nil
}

// lives says what is live where.
type lives struct {
	releases map[string]deploy.Release // by environment
	err      error
	asked    int
}

func (l *lives) Live(_ context.Context, t deploy.Target) (deploy.Release, error) {
	l.asked++
	if l.err != nil {
		return deploy.Release{}, l.err
	}
	r, known := l.releases[t.Environment]
	if !known {
		return r, &deploy.Error{Code: deploy.NotFound, Msg: "nothing"}
	}
	return r, nil
}

// checkedSource is a source of metrics that can be asked whether it could be read, and nothing else.
type checkedSource struct{ err error }

func (s *checkedSource) Read(context.Context, deploy.MetricsQuery) (deploy.Reading, error) {
	return deploy.Reading{}, &deploy.Error{Code: deploy.Unavailable, Msg: "not asked"}
}

func (s *checkedSource) Check(context.Context, deploy.ServiceRef, deploy.MetricsSpec) error {
	return s.err
}

// nowhereOutside is an Outside whose names lead nowhere.
type nowhereOutside struct{ deploy.Outside }

func (nowhereOutside) Resolve(_ context.Context, q deploy.AddressRequest) ([]string, error) {
	return nil, &deploy.Error{Code: deploy.NotFound, Msg: "the name of " + q.URL + " leads nowhere"}
}

func away(msg string) error { return &deploy.Error{Code: deploy.Unavailable, Msg: msg} }
