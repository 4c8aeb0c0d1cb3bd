package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/sampleapp"
	"slipway/internal/sandbox/workspace"
)

// FaultUsage lists every fault that can be switched on, a line each.
const FaultUsage = `cloudrun KIND [METHOD] [times=N] [code=UNAVAILABLE] [delay=2s]   refuse, delay, never-answer, lose-answer, late-answer, etag-conflict, settle-stuck, revision-stuck, traffic-skew
app VERSION [errors=5%] [latency=300ms] [unhealthy] [crash] [says=VERSION]   how the sample application behaves in that version
slack METHOD [status=500] [error=NAME] [retry-after=2s] [delay=1s] [lose-reply] [times=N]   METHOD such as chat.update, or *
slack down | slack up | slack refuse-acks | slack disconnect REASON | slack drop   REASON: warning, refresh_requested, link_disabled
registry down | registry slow=2s | registry unauthorised
redis down | redis up   only with the sandbox's own Redis`

// fault is a line of FaultUsage taken apart.
type fault struct {
	where string
	words []string
	opts  map[string]string
}

func parseFault(line string) (fault, error) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return fault{}, fmt.Errorf("%q is not a fault; there are:\n%s", line, FaultUsage)
	}
	f := fault{where: fields[0], opts: map[string]string{}}
	for _, w := range fields[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			f.opts[key] = value
		} else {
			f.words = append(f.words, w)
		}
	}
	return f, nil
}

func (f fault) duration(key string) (time.Duration, error) {
	v, ok := f.opts[key]
	if !ok {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is not a time such as 2s", key, v)
	}
	return d, nil
}

func (f fault) number(key string) (int, error) {
	v, ok := f.opts[key]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s=%s is not a number", key, v)
	}
	return n, nil
}

func (f fault) word(i int) string {
	if i < len(f.words) {
		return f.words[i]
	}
	return ""
}

func (f fault) has(word string) bool {
	for _, w := range f.words {
		if w == word {
			return true
		}
	}
	return false
}

func (s *Server) faults(w http.ResponseWriter, _ *http.Request) {
	answer(w, s.CloudRun.Faults().Active(), nil)
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Fault string `json:"fault"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	f, err := parseFault(body.Fault)
	if err == nil {
		err = s.inject(f)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, "on", nil)
}

func (s *Server) inject(f fault) error {
	switch f.where {
	case "cloudrun":
		return s.cloudRunFault(f)
	case "app":
		return s.appFault(f)
	case "slack":
		return s.slackFault(f)
	case "registry":
		return s.registryFault(f)
	case "redis":
		return s.redisFault(f)
	}
	return fmt.Errorf("nothing is called %q; there are:\n%s", f.where, FaultUsage)
}

func (s *Server) cloudRunFault(f fault) error {
	times, err := f.number("times")
	if err != nil {
		return err
	}
	delay, err := f.duration("delay")
	if err != nil {
		return err
	}
	code := codes.OK
	if name, ok := f.opts["code"]; ok {
		if err := code.UnmarshalJSON([]byte(strconv.Quote(name))); err != nil {
			return fmt.Errorf("code=%s is not a gRPC code such as UNAVAILABLE", name)
		}
	}
	return s.CloudRun.Faults().Inject(cloudrun.Fault{
		Kind: f.word(0), Method: f.word(1), Service: f.opts["service"], Code: code, Delay: delay, Count: times,
	})
}

func (s *Server) appFault(f fault) error {
	service := f.opts["service"]
	if service == "" {
		service = cloudrun.GuideServices()[0].Name
	}
	b := s.behaviour(service, f.word(0))
	if v, ok := f.opts["errors"]; ok {
		percent, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
		if err != nil {
			return fmt.Errorf("errors=%s is not a percentage such as 5%%", v)
		}
		b.SetErrorRate(percent / 100)
	}
	latency, err := f.duration("latency")
	if err != nil {
		return err
	}
	b.SetLatency(latency)
	b.SetUnhealthy(f.has("unhealthy"))
	b.SetCrashOnStart(f.has("crash"))
	if v, ok := f.opts["says"]; ok {
		b.SetVersion(v)
	}
	return nil
}

func (s *Server) slackFault(f fault) error {
	switch f.word(0) {
	case "down", "up":
		s.Workspace.Down(f.word(0) == "down")
		return nil
	case "refuse-acks":
		s.Workspace.RefuseAcks(true)
		return nil
	case "disconnect":
		s.Workspace.Disconnect(f.word(1))
		return nil
	case "drop":
		s.Workspace.DropConnections()
		return nil
	}
	var fault workspace.Fault
	var err error
	if fault.RetryAfter, err = f.duration("retry-after"); err != nil {
		return err
	}
	if fault.Delay, err = f.duration("delay"); err != nil {
		return err
	}
	if fault.Status, err = f.number("status"); err != nil {
		return err
	}
	if fault.Times, err = f.number("times"); err != nil {
		return err
	}
	fault.Error, fault.LoseReply = f.opts["error"], f.has("lose-reply")
	s.Workspace.SetFault(f.word(0), fault)
	return nil
}

func (s *Server) registryFault(f fault) error {
	slow, err := f.duration("slow")
	if err != nil {
		return err
	}
	s.Registry.SetFault(registry.Fault{Down: f.has("down"), Slow: slow, Unauthorised: f.has("unauthorised")})
	return nil
}

func (s *Server) redisFault(f fault) error {
	if s.Redis == nil {
		return fmt.Errorf("this sandbox uses a Redis of yours: stop that one")
	}
	switch f.word(0) {
	case "down", "up":
		return s.Redis(f.word(0) == "down")
	}
	return fmt.Errorf("redis down, or redis up")
}

// mend switches every fault off.
func (s *Server) mend(w http.ResponseWriter, _ *http.Request) {
	s.CloudRun.Faults().Clear("")
	s.Workspace.ClearFaults()
	s.Workspace.Down(false)
	s.Registry.SetFault(registry.Fault{})
	s.resetBehaviours()
	if s.Redis != nil {
		if err := s.Redis(false); err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
	}
	answer(w, "off", nil)
}

// behaviour is how a version of the sample application behaves, remembered so that mend can reset it.
func (s *Server) behaviour(service, version string) *sampleapp.Behaviour {
	b := s.CloudRun.Behaviour(service, version)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = append(s.changed, b)
	return b
}

func (s *Server) resetBehaviours() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.changed {
		b.Reset()
	}
	s.changed = nil
}
