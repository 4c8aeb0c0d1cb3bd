package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/secrets"
)

// mostTraffic is what one process can send to itself and still do anything else, in requests a second.
const mostTraffic = 2000

// setTraffic is POST /v1/traffic.
func (s *Server) setTraffic(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Service string   `json:"service"`
		Rate    *float64 `json:"rate"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&body)
	if err == nil && body.Rate == nil {
		err = errors.New("rate is missing: requests a second")
	}
	if err == nil {
		err = s.changeTraffic(body.Service, *body.Rate)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, "on", nil)
}

// changeTraffic sends this many requests a second to a service, "" being production, and remembers how many were sent
// in the beginning.
func (s *Server) changeTraffic(service string, rate float64) error {
	if !(rate >= 0 && rate <= mostTraffic) {
		return fmt.Errorf("%g requests a second are not between 0 and %d", rate, mostTraffic)
	}
	if service == "" {
		service = cloudrun.GuideServices()[0].Name
	}
	before := s.trafficRate(service)
	if err := s.sendTraffic(service, rate); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rates == nil {
		s.rates = map[string]float64{}
	}
	if _, known := s.rates[service]; !known {
		s.rates[service] = before
	}
	return nil
}

func (s *Server) trafficRate(service string) float64 {
	if s.onECS(service) {
		return s.ELB.TrafficRate(service)
	}
	return s.CloudRun.TrafficRate(service)
}

func (s *Server) sendTraffic(service string, rate float64) error {
	switch {
	case s.onECS(service) && rate > 0:
		return s.ELB.StartTraffic(service, rate)
	case s.onECS(service):
		s.ELB.StopTraffic(service)
		return nil
	}
	if rate > 0 {
		return s.CloudRun.StartTraffic(service, rate)
	}
	s.CloudRun.StopTraffic(service)
	return nil
}

func (s *Server) trafficFault(f fault) error {
	if err := errors.Join(f.only("service"), f.flags(1)); err != nil {
		return err
	}
	rate, err := strconv.ParseFloat(strings.TrimSuffix(f.word(0), "/s"), 64)
	if err != nil {
		return fmt.Errorf("how many requests a second? For example: traffic 2/s, not %q", f.word(0))
	}
	return s.changeTraffic(f.opts["service"], rate)
}

func (s *Server) monitoringFault(f fault) error {
	words := []string{"down", "up", "missing", "nan"}
	if err := errors.Join(f.only("late", "slow", "refuse"), f.flags(0, words...)); err != nil {
		return err
	}
	if f.has("up") || f.has("down") {
		if len(f.words)+len(f.opts) > 1 {
			return errors.New("say monitoring down, or monitoring up, and nothing else with it")
		}
	}
	late, err := f.duration("late")
	if err != nil {
		return err
	}
	slow, err := f.duration("slow")
	if err != nil {
		return err
	}
	code, err := f.code("refuse")
	if err != nil {
		return err
	}
	if _, asked := f.opts["refuse"]; asked && code == codes.OK {
		return errors.New("refuse=OK refuses nothing; say refuse=PERMISSION_DENIED")
	}
	s.Monitoring.SetFault(monitoring.Fault{
		Down: f.has("down"), Refuse: code, Late: late, Slow: slow, Missing: f.has("missing"), NaN: f.has("nan"),
	})
	return nil
}

func (s *Server) loggingFault(f fault) error {
	if what := f.word(0); len(f.words) != 1 || len(f.opts) > 0 || !slices.Contains([]string{"down", "up"}, what) {
		return errors.New("say logging down, or logging up")
	}
	s.Logging.Down(f.has("down"))
	return nil
}

func (s *Server) secretsFault(f fault) error {
	what, name := f.word(0), f.word(1)
	alone := len(f.words) == 1 && (what == "down" || what == "up")
	one := len(f.words) == 2 && (what == "missing" || what == "denied")
	if len(f.opts) > 0 || !alone && !one {
		return errors.New("say secrets down, secrets up, secrets missing NAME, or secrets denied NAME")
	}
	if names := s.Secrets.Names(); one && !slices.Contains(names, name) {
		return fmt.Errorf("no secret is called %q; there are: %s", name, strings.Join(names, ", "))
	}
	fault := secrets.Fault{Down: what == "down"}
	switch what {
	case "missing":
		fault.Missing = []string{name}
	case "denied":
		fault.Denied = []string{name}
	}
	s.Secrets.SetFault(fault)
	return nil
}

func (s *Server) databaseFault(f fault) error {
	if err := errors.Join(f.only("connections", "instance"), f.flags(0)); err != nil {
		return err
	}
	if _, ok := f.opts["connections"]; !ok {
		return errors.New("how many of its connections? For example: database connections=96%")
	}
	percent, err := f.percentage("connections")
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.crowded = true
	s.mu.Unlock()
	return s.Monitoring.Connections(f.opts["instance"], percent/100, time.Time{})
}

// resetObserved ends the faults of this file.
func (s *Server) resetObserved() error {
	s.Monitoring.SetFault(monitoring.Fault{})
	s.Logging.Down(false)
	s.Secrets.SetFault(secrets.Fault{})
	s.mu.Lock()
	rates, crowded := s.rates, s.crowded
	s.rates, s.crowded = nil, false
	s.mu.Unlock()
	var errs []error
	for service, rate := range rates {
		errs = append(errs, s.sendTraffic(service, rate))
	}
	if crowded {
		errs = append(errs, s.Monitoring.Connections("", monitoring.IdleConnections, time.Time{}))
	}
	return errors.Join(errs...)
}
