package slack

import (
	"context"
	"errors"
	"net"

	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"bytes"
	"encoding/json"
	"strings"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// Drawn is a message as the tests see it.
type Drawn struct{ m message }

// JSON is what Slack is sent, indented.
func (d Drawn) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(map[string]any{"text": d.m.text, "blocks": d.m.blocks, "attachments": d.m.attachments()})
	return b.Bytes(), err
}

func (d Drawn) Text() string        { return d.m.text }
func (d Drawn) Fingerprint() string { return d.m.fingerprint() }

func DrawParent(r deploy.Release, now time.Time, sections bool) Drawn {
	return DrawParentBy(r, now, sections, nil)
}

// DrawParentBy is DrawParent with history.
func DrawParentBy(r deploy.Release, now time.Time, sections bool, u deploy.Usual) Drawn {
	f := asPlan
	if sections {
		f = asSection
	}
	return Drawn{parentMessage(r, now, f, u)}
}

func DrawAsk(r deploy.Release, step deploy.StepName, who string, now time.Time) Drawn {
	gate, _ := stepOf(&r, step)
	return Drawn{askMessage(r, gate, who, now)}
}

func DrawIncident(r deploy.Release, locked bool, imageFile string) Drawn {
	return Drawn{incidentMessage(r, locked, imageFile)}
}

func Reportable(r deploy.Release) bool      { return reportable(&r) }
func Percent(share float64) string          { return asPercent(share) }
func Millis(ms float64) string              { return millis(ms) }
func Thousands(n int64) string              { return thousands(n) }
func Counter(d, whole time.Duration) string { return counter(d, whole) }

func DrawStamp(r deploy.Release, step deploy.StepName, who string) (Drawn, bool) {
	gate, _ := stepOf(&r, step)
	stamp, ok := stampOf(&r, gate)
	return Drawn{stampMessage(r, gate, who, stamp)}, ok
}

func DrawEntry(r deploy.Release, e deploy.Entry) (Drawn, bool) { return DrawEntryBy(r, e, nil) }

// DrawEntryBy is DrawEntry with history.
func DrawEntryBy(r deploy.Release, e deploy.Entry, u deploy.Usual) (Drawn, bool) {
	m, ok := entryMessage(r, e, u)
	return Drawn{m}, ok
}

func Markup(t commands.Text) string                                         { return markup(t) }
func CutMarkup(s string, n int) string                                      { return cutMarkup(s, n) }
func EncodedSize(s string) int                                              { return encodedSize(s) }
func ParseValue(v string) (deploy.ReleaseID, deploy.StepName, string, bool) { return parseValue(v) }

// Untold lists the places of what is left to tell.
func Untold(entries []deploy.Entry, told int64, toldTo int) (left []string) {
	for _, l := range untold(entries, deploy.Announcement{Told: told, ToldTo: toldTo}) {
		left = append(left, l.Text)
	}
	return left
}

// Limiter is the limiter by its methods.
type Limiter struct{ l *limiter }

func NewLimiter(now func() time.Time) Limiter { return Limiter{newLimiter(now, 1)} }

func (l Limiter) Take(method, room string, floor int) time.Duration {
	return l.l.take(method, room, floor)
}
func (l Limiter) Pause(method string, d time.Duration) { l.l.pause(method, d) }

// LeavesFor is how many edits a change to state s leaves for others.
func LeavesFor(s deploy.State) int { return leavesFor(s) }

// SpendPosts takes the posts that could be made now in every channel, but for some.
func (c *Client) SpendPosts(left int) {
	c.limit.mu.Lock()
	defer c.limit.mu.Unlock()
	now := c.clock.Now()
	for key, b := range c.limit.buckets {
		if n := int(b.TokensAt(now)) - left; strings.HasPrefix(key, methodPost+" ") && n > 0 {
			b.AllowN(now, n)
		}
	}
}

// LastUpdates leaves n edits, and no more for ever.
func (c *Client) LastUpdates(n int) {
	c.limit.mu.Lock()
	defer c.limit.mu.Unlock()
	c.limit.buckets[methodUpdate+" "] = rate.NewLimiter(0, n)
}

// Delete deletes a message, as an administrator does.
func (c *Client) Delete(ctx context.Context, channel, ts string) error {
	_, _, err := c.api.DeleteMessageContext(ctx, channel, ts)
	return err
}

// Lasts are how long a lease, the part of a round in which calls begin, and a call last.
func Lasts() (lease, round, call time.Duration) { return announceLease, roundWithin, callTimeout }

// History is what an announcer remembers of how long steps take.
type History struct{ h history }

func (h *History) Of(ctx context.Context, store deploy.Reader, r deploy.Release) deploy.Usual {
	return h.h.of(ctx, store, r)
}

// Remembered is of how many releases it does so.
func (h *History) Remembered() int { return len(h.h.learnt) }

// PostKeyRoundTrips says whether text is a key that is written as it was read.
func PostKeyRoundTrips(text string) bool {
	k, ok := parsePostKey(text)
	return ok && k.String() == text
}

// FailedRounds is how many calls in a row nobody answered.
func (a *Announcer) FailedRounds() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failures
}

// Regroup passes on what Slack says of user groups.
func (s *Socket) Regroup(event any) { s.regrouped(event) }

// Renew is one pass of the directory's background work.
func (d *Directory) Renew(ctx context.Context) { d.renew(ctx) }

// Salvage hands the socket an envelope that slack-go could not read.
func (s *Socket) Salvage(ctx context.Context, frame []byte) {
	s.salvage(ctx, s.current[0].Load(), &socketmode.ErrorBadMessage{Cause: errors.New("odd block"), Message: frame})
	s.inflight.Wait()
}

// Hear is Salvage without waiting for what it begins.
func (s *Socket) Hear(ctx context.Context, frame []byte) {
	s.salvage(ctx, s.current[0].Load(), &socketmode.ErrorBadMessage{Cause: errors.New("odd block"), Message: frame})
}

// NewPatient wraps a connection to a server that speaks WebSocket.
func NewPatient(conn net.Conn, noticed, left func()) net.Conn {
	c, _ := patiently(conn, nil, noticed, left)
	return c
}

// DrawForm is a form as Slack is given it.
func DrawForm(f commands.Form) any { return formView(f, private(f.Action, f.Release, "C0ONCALL")) }

// PostDrawn posts a message.
func (c *Client) PostDrawn(ctx context.Context, channel string, d Drawn) error {
	_, _, err := c.api.PostMessageContext(ctx, channel, d.m.options()...)
	return err
}
