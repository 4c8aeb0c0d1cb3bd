package control

import (
	"errors"
	"fmt"
	"slices"

	"slipway/internal/sandbox/scans"
)

func (s *Server) scansFault(f fault) error {
	what := f.word(0)
	if len(f.words) != 1 || len(f.opts) > 0 || !slices.Contains([]string{"down", "up", "denied", "scanning"}, what) {
		return errors.New("say scans down, scans up, scans denied, or scans scanning")
	}
	s.Scans.SetFault(scans.Fault{Down: what == "down", Denied: what == "denied", Scanning: what == "scanning"})
	return nil
}

func (s *Server) storageFault(f fault) error {
	if len(f.words) != 2 || len(f.opts) > 0 || f.word(0) != "denied" {
		return errors.New("say storage denied BUCKET")
	}
	if !s.Storage.Has(f.word(1)) {
		return fmt.Errorf("no bucket is called %q", f.word(1))
	}
	s.Storage.Deny(f.word(1))
	return nil
}

// checklistFault takes back what people have attested. Only they can mend that.
func (s *Server) checklistFault(f fault) error {
	if len(f.words) != 1 || len(f.opts) > 0 || f.word(0) != "forgotten" {
		return errors.New("say checklist forgotten")
	}
	if s.Forget == nil {
		return errors.New("the Redis is not the sandbox's own, so what people have attested stays")
	}
	return s.Forget()
}

// resetSupplies ends the faults of this file.
func (s *Server) resetSupplies() {
	s.Scans.SetFault(scans.Fault{})
	s.Storage.Deny()
}
