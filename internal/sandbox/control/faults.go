package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/sampleapp"
)

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
		err = s.inject(r.Context(), f)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, "on", nil)
}

func (s *Server) inject(ctx context.Context, f fault) error {
	switch f.where {
	case "cloudrun":
		return s.cloudRunFault(f)
	case "app":
		return s.appFault(f)
	case "slack":
		return s.slackFault(f)
	case "traffic":
		return s.trafficFault(f)
	case "monitoring":
		return s.monitoringFault(f)
	case "logging":
		return s.loggingFault(f)
	case "secrets":
		return s.secretsFault(f)
	case "scans":
		return s.scansFault(f)
	case "storage":
		return s.storageFault(f)
	case "checklist":
		return s.checklistFault(f)
	case "database":
		return s.databaseFault(f)
	case "cloudsql":
		return s.cloudSQLFault(f)
	case "registry":
		return s.registryFault(f)
	case "redis":
		return s.redisFault(f)
	case "aws":
		return s.awsFault(f)
	case "ecs":
		return s.ecsFault(f)
	case "elb":
		return s.elbFault(f)
	case "bot":
		return s.botFault(ctx, f)
	}
	return fmt.Errorf("nothing is called %q; there are:\n%s", f.where, FaultUsage)
}

// mend switches every fault off.
func (s *Server) mend(w http.ResponseWriter, _ *http.Request) {
	s.CloudRun.Faults().Clear("")
	s.Workspace.ClearFaults()
	s.Workspace.Down(false)
	s.Registry.SetFault(registry.Fault{})
	s.resetBehaviours()
	s.resetSupplies()
	s.resetCloudSQL()
	if err := errors.Join(s.resetAmazon(), s.resetObserved()); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
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
	var b *sampleapp.Behaviour
	if s.onECS(service) {
		b = s.ECS.Behaviour(service, version)
	} else {
		b = s.CloudRun.Behaviour(service, version)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = append(s.changed, b)
	return b
}

// onECS says whether a service is one of ECS's.
func (s *Server) onECS(service string) bool { return s.ECS != nil && s.ECS.Has(service) }

func (s *Server) resetBehaviours() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.changed {
		b.Reset()
	}
	s.changed = nil
}
