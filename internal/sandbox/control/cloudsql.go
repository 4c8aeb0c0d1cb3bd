package control

import (
	"errors"
	"fmt"

	"slipway/internal/sandbox/cloudsql"
)

func (s *Server) cloudSQLFault(f fault) error {
	if s.CloudSQL == nil {
		return errors.New("this sandbox has no Cloud SQL")
	}
	if err := errors.Join(f.only("times", "code", "delay", "instance"), f.flags(2)); err != nil {
		return err
	}
	if m := f.word(1); m != "" && !s.CloudSQL.Serves(m) {
		return fmt.Errorf("%q is no call of Cloud SQL such as BackupRuns.Insert or Instances.Clone", m)
	}
	times, err := f.number("times")
	if err != nil {
		return err
	}
	delay, err := f.duration("delay")
	if err != nil {
		return err
	}
	code, err := f.code("code")
	if err != nil {
		return err
	}
	return s.CloudSQL.Faults().Inject(cloudsql.Fault{
		Kind: f.word(0), Method: f.word(1), Instance: f.opts["instance"], Code: code, Delay: delay, Count: times,
	})
}

// resetCloudSQL ends the faults of this file. Operations that were stuck go on.
func (s *Server) resetCloudSQL() {
	if s.CloudSQL != nil {
		s.CloudSQL.Faults().Clear("")
	}
}
