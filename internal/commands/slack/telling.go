package slack

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"slipway/internal/deploy"
)

// parent posts the release's message, or edits it when the release has changed.
func (t *round) parent(ctx context.Context) error {
	if t.note.Channel == "" {
		name := t.release.Spec.Channel
		if name == "" {
			name = t.a.opts.Channel
		}
		id, err := t.a.channels.id(ctx, name)
		if err != nil {
			return err
		}
		t.note.Channel = id
	}
	if t.note.Parent != "" {
		if t.stateFingerprint() == t.shown.state {
			return nil
		}
		return t.editParent(ctx, leavesFor(t.release.State))
	}
	if !t.may(methodPost, t.note.Channel, urgent) {
		return errStop
	}
	m, drawn := t.draw()
	ts, err := t.post(ctx, postKey{kind: keyParent}, m)
	if err != nil {
		return err
	}
	t.note.Parent, t.shown = ts, drawn
	return nil
}

func (t *round) stateFingerprint() string {
	return parentMessage(t.release, zero, t.a.form(), t.usual).fingerprint()
}

// leavesFor says how urgently a change of the parent is shown. While releases go as planned there are many.
func leavesFor(s deploy.State) int {
	if s == deploy.Running {
		return routineLeaves
	}
	return urgent
}

// draw makes the parent message as of now.
func (t *round) draw() (message, shown) {
	now := t.now()
	m := parentMessage(t.release, now, t.a.form(), t.usual)
	return m, shown{state: t.stateFingerprint(), whole: m.fingerprint(), ask: t.shown.ask, after: t.shown.after, at: now}
}

// editParent shows the newest state. If there is no call left the rest of the round still goes on: posts have
// rates of their own.
func (t *round) editParent(ctx context.Context, leave int) error {
	if !t.may(methodUpdate, "", leave) {
		return nil
	}
	m, drawn := t.draw()
	err := t.edit(ctx, t.note.Parent, m)
	switch refusal(err) {
	case "message_not_found", "cant_update_message":
		// Somebody deleted it, or it belongs to an app that was here before. People need one to look at.
		t.a.log.Warn().Str("release", string(t.release.ID)).Msg("the message of the release is gone; posting another")
		t.note.Parent, t.shown = "", shown{after: t.shown.after}
		return t.parent(ctx)
	case "edit_window_closed":
		err = nil
	}
	if err != nil {
		t.stale = err
		return nil
	}
	t.shown = drawn
	return nil
}

// tick edits the parent when nothing but time has passed: not more often than tickEvery, and only with calls
// that nobody else needs.
func (t *round) tick(ctx context.Context) error {
	if !ticks(&t.release) || t.stale != nil {
		return nil
	}
	if wait := t.shown.at.Add(tickEvery).Sub(t.now()); wait > 0 {
		t.comeBack(wait)
		return nil
	}
	t.comeBack(tickEvery)
	if m, _ := t.draw(); m.fingerprint() == t.shown.whole {
		return nil
	}
	return t.editParent(ctx, tickLeaves)
}

// stamps edits the questions that have been answered, and counts what has come in on the one that is open.
func (t *round) stamps(ctx context.Context) error {
	for _, key := range sortedKeys(t.note.Asked) {
		ts := t.note.Asked[key]
		name, plan := splitKey(key)
		step, known := stepOf(&t.release, name)
		if ts == "" || !known {
			continue
		}
		now, err := t.question(ctx, step, plan)
		switch {
		case err != nil:
			return err
		case now.as != "" && now.as != t.shown.ask:
			if !t.may(methodUpdate, "", urgent) {
				return nil
			}
			if !t.editAsk(ctx, ts, now.m) {
				continue
			}
			t.shown.ask = now.as
		}
		if now.final {
			t.note.Asked[key], t.shown.ask = "", ""
		}
	}
	return nil
}

// editAsk edits a question. One that is gone needs no more editing.
func (t *round) editAsk(ctx context.Context, ts string, m message) (done bool) {
	err := t.edit(ctx, ts, m)
	switch refusal(err) {
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return true
	}
	if err != nil {
		t.stale = err
	}
	return err == nil
}

func (t *round) onCall(ctx context.Context) string {
	return t.a.directory.Mention(ctx, deploy.Principal(t.release.Spec.OnCall))
}

// ask posts the question that is open, once.
func (t *round) ask(ctx context.Context) error {
	step := openQuestion(&t.release)
	if step == nil {
		return nil
	}
	key := questionKey(&t.release, *step)
	if t.note.Asked[key] != "" {
		return nil
	}
	if !t.may(methodPost, t.note.Channel, urgent) {
		return errStop
	}
	who := t.asks(ctx, *step)
	m := askMessage(t.release, *step, who, t.now())
	ts, err := t.post(ctx, postKey{kind: keyAsk, asked: key}, m)
	if err != nil {
		return err
	}
	t.asked(key, ts)
	t.shown.ask = askMessage(t.release, *step, who, zero).fingerprint()
	return nil
}

func (t *round) asked(key, ts string) {
	if t.note.Asked == nil {
		t.note.Asked = map[string]string{}
	}
	t.note.Asked[key] = ts
}

// thread posts what has not been told yet, in order, each entry once. A question waits for no entry that cannot be
// posted now: people must act, however long the story and whatever keeps it.
func (t *round) thread(ctx context.Context) error {
	for len(t.lines) > 0 {
		if err := t.tellLine(ctx, t.lines[0]); err != nil {
			if t.note.Posting != "" || deploy.CodeOf(err) == deploy.Fenced {
				return err
			}
			return cmp.Or(t.ask(ctx), err)
		}
		t.note.Told, t.note.ToldTo = t.lines[0].after()
		t.lines = t.lines[1:]
	}
	return t.ask(ctx)
}

func (t *round) tellLine(ctx context.Context, l line) error {
	if l.Kind == deploy.EntryAsked {
		open := openQuestion(&t.release)
		switch {
		case open != nil && open.Name == l.Step:
			return t.ask(ctx)
		case t.wasAsked(l.Step):
			return nil
		}
	}
	if open := openQuestion(&t.release); open != nil && open.Kind == deploy.KindReady && l.State == deploy.Waiting {
		return t.ask(ctx)
	}
	m, ok := entryMessage(t.release, l.Entry, t.usual)
	if !ok {
		return nil
	}
	leave := routineLeaves
	if l.Kind == deploy.EntryState && l.State == deploy.Parked && l.At.Equal(t.release.Since) {
		m, leave = m.calling(t.onCall(ctx)), urgent
	}
	if !t.may(methodPost, t.note.Channel, leave) {
		return errStop
	}
	_, err := t.post(ctx, postKey{kind: keyEntry, rev: l.Rev, nth: l.nth}, m)
	if err == nil {
		t.chartFor(l)
	}
	return err
}

// chartFor notes that what has been told deserves a chart.
func (t *round) chartFor(l line) {
	if l.Kind == deploy.EntryVerdict {
		t.noteFile(chartDue, strconv.FormatInt(l.Rev, 10))
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
