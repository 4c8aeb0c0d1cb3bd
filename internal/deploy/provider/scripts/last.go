package scripts

import (
	"maps"
	"slices"
	"sync"
)

// mostKept is how many bytes of scripts are kept in memory between two fetches.
const mostKept = 1 << 20

// last is the set of a bucket that was read last. A migration asks for its set before each of its scripts: as long as the
// listing names the same objects in the same generations, their contents need not be read again.
type last struct {
	mu      sync.Mutex
	source  string
	objects []object
	files   map[string][]byte
}

// of gives the files if nothing has changed since.
func (l *last) of(source string, objects []object) (map[string][]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != source || !slices.Equal(l.objects, objects) {
		return nil, false
	}
	return maps.Clone(l.files), true
}

func (l *last) keep(source string, objects []object, c *collection) {
	if c.bytes > mostKept {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.source, l.objects, l.files = source, objects, maps.Clone(c.files)
}
