package load

import "time"

// place is what connections are kept for: one that a private address was called on is not for who may not call it.
type place struct {
	url    string // scheme and host
	public bool
}

// kept are the connections that a stretch has left.
type kept struct{ idle []*wire }

// recall takes what was kept for a place.
func (l *Loader) recall(p place) []*wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kept[p]
	delete(l.kept, p)
	if k == nil {
		return nil
	}
	return k.idle
}

// keep keeps the idle connections of a stretch for the next, for idleFor.
func (l *Loader) keep(p place, idle []*wire) {
	if len(idle) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := &kept{idle: idle}
	if other := l.kept[p]; other != nil { // of a stretch that was sent at the same time
		k.idle = append(k.idle, other.idle...)
	}
	l.kept[p] = k
	time.AfterFunc(idleFor, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.kept[p] == k { // nobody has come
			l.forget(p)
		}
	})
}

// forget closes what is kept for a place.
func (l *Loader) forget(p place) {
	for _, w := range l.kept[p].idle {
		_ = w.Close()
	}
	delete(l.kept, p)
}

// Close closes the connections that are kept; without it they are closed ten seconds after the last stretch. The loader
// can be used again.
func (l *Loader) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.kept {
		l.forget(p)
	}
	l.private.CloseIdleConnections()
	l.public.CloseIdleConnections()
}
