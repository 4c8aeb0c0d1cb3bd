package load

import (
	"net/http"
	"net/url"
	"time"

	"slipway/internal/deploy"
)

// Pacing is the pacer of a rate, for tests with a clock of their own.
func Pacing(c deploy.Clock, done <-chan struct{}, rate, most float64, lasts time.Duration) interface {
	Pace(time.Duration, uint64) (time.Duration, bool)
} {
	return newPacer(c, done, rate, most, lateRate, lasts)
}

// Through makes a loader send everything through a proxy.
func (l *Loader) Through(proxy *url.URL) {
	l.proxy = func(*http.Request) (*url.URL, error) { return proxy, nil }
}
