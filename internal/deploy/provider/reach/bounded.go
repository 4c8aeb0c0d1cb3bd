package reach

import (
	"context"
	"errors"
	"net"
	"strings"
)

const (
	// mostAnswers is how much may be answered on one connection to a database: what logs in and SELECT 1 are some KiB.
	mostAnswers = 1 << 20
	// mostRedis is the same of Redis: HELLO, PING and INFO are some KiB, too.
	mostRedis = 64 << 10
	// A string of Redis's has its length in so many digits at most, and a list its number of things.
	mostLength, mostThings = 5, 2
)

// errTooMuch ends a connection to somebody who says more than there is to say.
var errTooMuch = errors.New("more than an answer may be")

// dial is how a library wants to be given connections.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// bounded is a connection that not more than so many bytes are read from, for libraries keep all that they are sent.
type bounded struct {
	net.Conn

	left int
}

// Read reads, and ends with errTooMuch.
func (b *bounded) Read(to []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(to[:min(len(to), b.left)])
	b.left -= n
	return n, err
}

// modest is a connection to somebody who says he is a Redis. go-redis makes room for as much as it is told will come,
// before it has come: one line would end the bot.
type modest struct {
	net.Conn

	within bool // a line
	digits int  // that may still come in it; of no interest if negative
	over   bool // for good: go-redis lets the first error pass where it looks ahead
}

// Read reads, and ends with errTooMuch at a line that says that too much will come.
func (m *modest) Read(to []byte) (int, error) {
	if m.over {
		return 0, errTooMuch
	}
	n, err := m.Conn.Read(to)
	for _, b := range to[:n] {
		switch {
		case b == '\n':
			m.within = false
			continue
		case !m.within:
			m.within, m.digits = true, digitsAfter(b)
			continue
		case b < '0' || b > '9' || m.digits < 0:
			continue
		case m.digits == 0:
			m.over = true
			return 0, errTooMuch
		}
		m.digits--
	}
	return n, err
}

// digitsAfter is how many there may be after what a line begins with; -1 if it does not say how much will come.
func digitsAfter(sign byte) int {
	switch {
	case strings.IndexByte("$=!", sign) >= 0:
		return mostLength
	case strings.IndexByte("*%~>|", sign) >= 0:
		return mostThings
	}
	return -1
}

// asRedis makes connections that are bounded and modest of others, which have TLS behind them if there is any.
func (d dial) asRedis(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &modest{Conn: &bounded{Conn: c, left: mostRedis}}, nil
}
