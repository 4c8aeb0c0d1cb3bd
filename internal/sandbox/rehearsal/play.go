package rehearsal

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Stage is the sandbox as a rehearsal sees it.
type Stage interface {
	Type(ctx context.Context, person, channel, text string) error
	// Click presses a button by its label; past means as it was shown before, though it may be gone by now.
	Click(ctx context.Context, person, channel, label string, past bool) error
	// Fill fills in the form that a person has open, or is about to have, and sends it. Values are by label.
	Fill(ctx context.Context, person string, values map[string]string) error
	// Channel and Thread are what everybody sees; Private is what only this person was shown, as text.
	Channel(ctx context.Context, channel string) (string, error)
	Thread(ctx context.Context, channel string) (string, error)
	Private(ctx context.Context, person string) (string, error)
	// Calls lists the calls that changed a cloud, oldest first, a line each.
	Calls(ctx context.Context) ([]string, error)
	Fault(ctx context.Context, fault string) error
	Mend(ctx context.Context) error
	// Changed waits until anything that can be seen has changed since mark, or ctx ends, and gives the next mark.
	Changed(ctx context.Context, mark int64) (int64, error)
}

// Clock is the time that expectations are measured in.
type Clock interface {
	Now() time.Time
	NewTimer(d time.Duration) (c <-chan time.Time, stop func())
}

// Failure is an expectation that was not met.
type Failure struct {
	Line Line
	File string
	Saw  string
}

// Error says what was expected and what was seen instead.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s:%d: %s\n  not so after %s; seen was:\n%s", f.File, f.Line.Number, f.Line.Source, f.Line.Within, indent(f.Saw))
}

// Play carries a script out, writing each line to out as it is done. It stops at the first expectation that is
// not met, with a *Failure, or at the first line that cannot be done.
func Play(ctx context.Context, s Script, stage Stage, clock Clock, out io.Writer) error {
	p := &player{stage: stage, clock: clock, channel: "devops-oncall", file: s.Name}
	begun := clock.Now()
	for _, line := range s.Lines {
		if err := p.play(ctx, line); err != nil {
			_, _ = fmt.Fprintf(out, "%7.2fs ✗ %s\n", clock.Now().Sub(begun).Seconds(), line.Source)
			return err
		}
		_, _ = fmt.Fprintf(out, "%7.2fs ✓ %s\n", clock.Now().Sub(begun).Seconds(), line.Source)
	}
	return nil
}

type player struct {
	stage   Stage
	clock   Clock
	channel string
	file    string
}

func (p *player) play(ctx context.Context, l Line) error {
	var err error
	switch l.Do {
	case Type:
		err = p.stage.Type(ctx, l.Who, p.channel, l.Text)
	case Click, Again:
		err = p.stage.Click(ctx, l.Who, p.channel, l.Text, l.Do == Again)
	case Fill:
		err = p.stage.Fill(ctx, l.Who, l.Values)
	case Fault:
		err = p.stage.Fault(ctx, l.Text)
	case Mend:
		err = p.stage.Mend(ctx)
	case Channel:
		p.channel = l.Text
	case Elapse:
		timer, stop := p.clock.NewTimer(l.Within)
		defer stop()
		select {
		case <-timer:
		case <-ctx.Done():
			err = ctx.Err()
		}
	default:
		return p.expect(ctx, l)
	}
	if err != nil {
		return fmt.Errorf("%s:%d: %s: %w", p.file, l.Number, l.Source, err)
	}
	return nil
}

// expect looks until the line holds or its time is up, waking at each change.
func (p *player) expect(ctx context.Context, l Line) error {
	deadline := p.clock.Now().Add(l.Within)
	looking, cancel := context.WithCancel(ctx)
	defer cancel()
	timer, stop := p.clock.NewTimer(l.Within)
	defer stop()
	go func() {
		select {
		case <-timer:
			cancel()
		case <-looking.Done():
		}
	}()
	var mark int64
	for {
		saw, holds, err := p.look(ctx, l)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", p.file, l.Number, l.Source, err)
		}
		if holds {
			return nil
		}
		if ctx.Err() == nil && !p.clock.Now().Before(deadline) {
			return &Failure{Line: l, File: p.file, Saw: saw}
		}
		next, err := p.stage.Changed(looking, mark)
		if err != nil && looking.Err() == nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		mark = next
	}
}

func (p *player) look(ctx context.Context, l Line) (saw string, holds bool, err error) {
	switch l.Do {
	case Sees:
		saw, err = p.stage.Private(ctx, l.Who)
	case Shows:
		saw, err = p.stage.Channel(ctx, p.channel)
	case Thread:
		saw, err = p.stage.Thread(ctx, p.channel)
	case Hides:
		saw, err = p.everything(ctx)
		return saw, err == nil && !matches(saw, l.Text), err
	case Calls:
		return p.countCalls(ctx, l)
	default:
		err = fmt.Errorf("%s is not something to expect", l.Do)
	}
	return saw, err == nil && matches(saw, l.Text), err
}

func (p *player) everything(ctx context.Context) (string, error) {
	channel, err := p.stage.Channel(ctx, p.channel)
	if err != nil {
		return "", err
	}
	thread, err := p.stage.Thread(ctx, p.channel)
	return channel + "\n" + thread, err
}

func (p *player) countCalls(ctx context.Context, l Line) (saw string, holds bool, err error) {
	calls, err := p.stage.Calls(ctx)
	if err != nil {
		return "", false, err
	}
	n := 0
	for _, c := range calls {
		if matches(c, l.Text) {
			n++
		}
	}
	return strings.Join(calls, "\n"), n == l.Count || l.Count < 0 && n > 0, nil
}

// matches looks for the text as people read it: however it is broken into lines. /…/ is a regular expression.
func matches(saw, want string) bool {
	saw = strings.Join(strings.Fields(saw), " ")
	if pattern, ok := expression(want); ok {
		re, err := regexp.Compile(pattern)
		return err == nil && re.MatchString(saw)
	}
	return strings.Contains(saw, strings.Join(strings.Fields(want), " "))
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
