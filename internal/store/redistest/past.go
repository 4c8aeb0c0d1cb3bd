package redistest

import (
	"os"
	"path/filepath"
)

// appendDir is where Redis 7 keeps what "--appendonly", "yes" writes.
const appendDir = "appendonlydir"

// Past is what a server had on disk at one moment.
type Past struct{ dir string }

// Remember copies what the server has on disk: with "--appendfsync", "always" all that it has answered.
func (s *Server) Remember() (Past, error) {
	p := Past{dir: filepath.Join(s.Dir, "past")}
	if err := os.RemoveAll(p.dir); err != nil {
		return Past{}, err
	}
	return p, os.CopyFS(p.dir, os.DirFS(filepath.Join(s.Dir, appendDir)))
}

// GoBack kills the server and leaves it what it had then: once restarted, it has lost what it confirmed since.
func (s *Server) GoBack(to Past) error {
	s.Kill()
	now := filepath.Join(s.Dir, appendDir)
	if err := os.RemoveAll(now); err != nil {
		return err
	}
	return os.CopyFS(now, os.DirFS(to.dir))
}
