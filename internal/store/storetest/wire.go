package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// WireLeaks are the goroutines that toxiproxy leaves behind when a fault ends a connection with something still on its
// way: they are its own, wait for each other, and end with the process.
func WireLeaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	}
}

// Fault is something that happens to a network.
type Fault string

const (
	Slow      Fault = "slow"       // everything takes 300 ms longer, each way
	Reset     Fault = "reset"      // connections are reset as soon as something is sent
	BlackHole Fault = "black hole" // what is sent is never seen again, either way
	HalfOpen  Fault = "half-open"  // what is asked arrives, the answer does not
	Torn      Fault = "torn"       // the answer breaks off after a few bytes
	SlowClose Fault = "slow close" // as torn, and the end of the connection is noticed 500 ms late
)

// Faults is all of them.
var Faults = []Fault{Slow, Reset, BlackHole, HalfOpen, Torn, SlowClose}

// toxics is what each is made of.
var toxics = map[Fault][]toxic{
	Slow:      {{"latency", "upstream", map[string]int{"latency": 300}}, {"latency", "downstream", map[string]int{"latency": 300}}},
	Reset:     {{"reset_peer", "upstream", map[string]int{"timeout": 0}}},
	BlackHole: {{"timeout", "upstream", map[string]int{"timeout": 0}}, {"timeout", "downstream", map[string]int{"timeout": 0}}},
	HalfOpen:  {{"timeout", "downstream", map[string]int{"timeout": 0}}},
	Torn:      {{"limit_data", "downstream", map[string]int{"bytes": 2}}},
	SlowClose: {{"limit_data", "downstream", map[string]int{"bytes": 2}}, {"slow_close", "downstream", map[string]int{"delay": 500}}},
}

type toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`
	Attributes map[string]int `json:"attributes"`
}

// Wire is a network between somebody and a server, which can break.
type Wire struct {
	Addr  string
	proxy *toxiproxy.Proxy
}

// NewWire lays a wire to upstream, which ends with the test.
func NewWire(t testing.TB, upstream string) *Wire {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, "wire", "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &Wire{Addr: p.Listen, proxy: p}
}

// Break breaks the connections there are, and all new ones, until Mend.
func (w *Wire) Break(t testing.TB, f Fault) {
	t.Helper()
	for _, x := range toxics[f] {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// Mend ends the fault. Connections that suffered from it end, too.
func (w *Wire) Mend() { w.proxy.Toxics.ResetToxics(context.Background()) }
