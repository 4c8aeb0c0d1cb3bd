package telemetry

import (
	"fmt"
	"io"
	"regexp"

	"github.com/rs/zerolog"
)

// NewLog writes one JSON line per event to w, from level (debug, info, warn, error) up. Slack tokens, socket
// tickets and response addresses are masked wherever they turn up, whoever wrote the line.
func NewLog(w io.Writer, level string) (zerolog.Logger, error) {
	l, err := zerolog.ParseLevel(level)
	if err != nil || l == zerolog.NoLevel {
		return zerolog.Nop(), fmt.Errorf("log level %q is none of debug, info, warn, error", level)
	}
	return zerolog.New(masking{w}).Level(l).With().Timestamp().Logger(), nil
}

// secret is what a log must never show: Slack tokens, the ticket of a socket address, a response address, and
// the password in a URL.
var secret = regexp.MustCompile(`xox[a-z]-[\w-]+|xapp-[\w-]+|ticket=[\w%-]+|/response/[\w/-]+|hooks\.slack\.com/[\w/-]+|://[^/@\s"]*:[^/@\s"]+@`)

type masking struct{ to io.Writer }

// Write masks a whole line; zerolog writes each event at once.
func (m masking) Write(line []byte) (int, error) {
	if _, err := m.to.Write(secret.ReplaceAll(line, []byte("***"))); err != nil {
		return 0, err
	}
	return len(line), nil
}
