package slack

import (
	"strconv"
	"strings"
	"time"
)

// shown is what is known of the messages as people see them now. It is kept in Announcement.Shown.
type shown struct {
	state string    // fingerprint of the parent without what ticks
	whole string    // fingerprint of the parent
	ask   string    // fingerprint of the question that is open
	after string    // fingerprint of the message of the incident
	at    time.Time // when the parent was last posted or edited, in Redis time
}

func (s shown) String() string {
	if s.state == "" {
		return ""
	}
	return strings.Join([]string{s.state, s.whole, s.ask, strconv.FormatInt(s.at.UnixMilli(), 10), s.after}, " ")
}

// parseShown reads String back; anything else is as if nothing had been shown, which costs one edit.
func parseShown(text string) shown {
	parts := strings.Split(text, " ")
	if len(parts) == 4 {
		parts = append(parts, "") // as the version before wrote it
	}
	if len(parts) != 5 {
		return shown{}
	}
	ms, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return shown{}
	}
	return shown{state: parts[0], whole: parts[1], ask: parts[2], at: time.UnixMilli(ms), after: parts[4]}
}
