package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxAckBytes is the size from which on Slack drops an acknowledgement without a word.
const maxAckBytes = 20 * 1024

// What came of an envelope.
const (
	Acked            = "acked"
	OperationTimeout = "operation_timeout" // sent, and not acknowledged in time on its connection
	DispatchFailed   = "dispatch_failed"   // no connection to send it to
)

// An Envelope is one thing that the workspace told the bot.
type Envelope struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Connection int             `json:"connection"` // 0: lost on a ghost
	Sent       time.Time       `json:"sent"`
	Outcome    string          `json:"outcome,omitempty"` // empty while waiting
	Elapsed    time.Duration   `json:"elapsed"`
	StrayAcks  int             `json:"stray_acks,omitempty"` // too late, or on another connection
	Payload    json.RawMessage `json:"payload"`
	Response   json.RawMessage `json:"response,omitempty"` // what came with the ack

	frame []byte
}

// wireEnvelope has the keys in the order in which Slack sends them.
type wireEnvelope struct {
	EnvelopeID             string          `json:"envelope_id"`
	Payload                json.RawMessage `json:"payload"`
	Type                   string          `json:"type"`
	AcceptsResponsePayload bool            `json:"accepts_response_payload"`
}

// delivery waits for the ack of one envelope that was sent.
type delivery struct {
	on    int // the connection
	acked chan json.RawMessage
}

// Envelopes returns all envelopes so far, oldest first.
func (w *Workspace) Envelopes() []Envelope {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Envelope, 0, len(w.envelopes))
	for _, e := range w.envelopes {
		list = append(list, *e)
	}
	return list
}

// deliver sends a payload to one connection, whichever, and waits for its acknowledgement. Slack does not
// repeat commands and interactions that got none.
func (w *Workspace) deliver(ctx context.Context, kind string, payload any, acceptsResponse bool) (Envelope, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	w.mu.Lock()
	id := fmt.Sprintf("%s-%s-%s", w.id(8), w.id(4), w.id(12))
	frame, err := json.Marshal(wireEnvelope{EnvelopeID: id, Payload: raw, Type: kind, AcceptsResponsePayload: acceptsResponse})
	e := &Envelope{ID: id, Type: kind, Payload: raw, frame: frame}
	w.envelopes = append(w.envelopes, e)
	w.mu.Unlock()
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s envelope: %w", kind, err)
	}
	return w.send(ctx, e)
}

// Redeliver sends an envelope again, the newest if id is empty, on any connection and with the same id, as
// Slack has been seen to do.
func (w *Workspace) Redeliver(ctx context.Context, id string) (Envelope, error) {
	w.mu.Lock()
	var again *Envelope
	for _, e := range slices.Backward(w.envelopes) {
		if again == nil && (id == "" || e.ID == id) {
			again = &Envelope{ID: e.ID, Type: e.Type, Payload: e.Payload, frame: e.frame}
		}
	}
	if again != nil {
		w.envelopes = append(w.envelopes, again)
	}
	w.mu.Unlock()
	if again == nil {
		return Envelope{}, fmt.Errorf("redeliver %q: no such envelope", id)
	}
	return w.send(ctx, again)
}

func (w *Workspace) send(ctx context.Context, e *Envelope) (Envelope, error) {
	conn, wait := w.dispatch(e)
	if wait == nil {
		return *e, nil
	}
	started := wall()
	if conn != nil {
		conn.write(e.frame) // a write into a dead connection is a lost envelope, which is what the wait shows
	}
	timer := time.NewTimer(w.opts.AckWithin)
	defer timer.Stop()
	var response json.RawMessage
	outcome := OperationTimeout
	var stopped error
	select {
	case response = <-wait.acked:
		outcome = Acked
	case <-timer.C:
	case <-ctx.Done():
		stopped = ctx.Err()
	case <-w.done:
		stopped = errors.New("the workspace is closed")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[e.ID] == wait {
		delete(w.waiting, e.ID)
	}
	e.Outcome, e.Elapsed, e.Response = outcome, wall().Sub(started), response
	w.touch()
	if stopped != nil {
		return *e, fmt.Errorf("wait for the ack of %s: %w", e.Type, stopped)
	}
	return *e, nil
}

// dispatch picks the connection by lot, ghosts included, and opens the wait; there is none without connections.
func (w *Workspace) dispatch(e *Envelope) (*connection, *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.Sent = w.opts.Now()
	defer w.touch()
	live := w.live()
	if w.down || len(live)+w.ghosts == 0 {
		e.Outcome = DispatchFailed
		return nil, nil
	}
	d := &delivery{acked: make(chan json.RawMessage, 1)}
	w.waiting[e.ID] = d
	n := w.opts.Rand.Intn(len(live) + w.ghosts)
	if i := slices.IndexFunc(live, func(c *connection) bool { return c.id == w.preferred }); i >= 0 {
		n = i
	}
	if n >= len(live) {
		return nil, d
	}
	d.on = live[n].id
	e.Connection = d.on
	return live[n], d
}

// DeliverTo has every envelope go to one connection for as long as that lives, instead of by lot; 0 ends that. Slack
// promises nothing about which one it takes.
func (w *Workspace) DeliverTo(connection int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.preferred = connection
}

// acknowledge takes a frame from the bot. It counts when it is an ack, small enough, in time, and on the
// connection that got the envelope.
func (w *Workspace) acknowledge(c *connection, frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &ack); err != nil || ack.EnvelopeID == "" {
		w.opts.Log("slack: connection %d sent something that is no ack", c.id)
		return
	}
	if len(frame) >= maxAckBytes {
		w.opts.Log("slack: dropped an ack of %d bytes", len(frame))
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuseAcks {
		return
	}
	d := w.waiting[ack.EnvelopeID]
	if d == nil || d.on != c.id && !w.opts.AcceptAckOnAnyConnection {
		for _, e := range slices.Backward(w.envelopes) {
			if e.ID == ack.EnvelopeID {
				e.StrayAcks++
				w.touch()
				return
			}
		}
		return
	}
	delete(w.waiting, ack.EnvelopeID)
	d.acked <- ack.Payload
}
