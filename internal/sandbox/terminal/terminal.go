package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/workspace"
)

// Lines is where a person's lines come from; golang.org/x/term's Terminal is one.
type Lines interface {
	io.Writer
	SetPrompt(string)
	ReadLine() (string, error)
}

const usage = `Type as the person of the prompt, or begin a line with another's name:
  alice> /deploy coditect-app v1.2.4   alice deploys, bob approves, carol may
                                       neither, mallory is a guest
  bob> click Promote to 50 %           press a button, by its label
  bob> /rollback coditect-app --reason "too slow"
  thread | channel | calls             look again: the newest thread, the
                                       channel, the calls that changed a cloud
  fault app v1.2.4 errors=5%           make something go wrong; "faults" lists
                                       what can, "mend" ends it
  help | quit`

// terminal is one person at the keyboard.
type terminal struct {
	client *control.Client
	lines  Lines
	person string
	screen screen
}

// Run reads lines until the input or ctx ends, or somebody quits. When ctx ends while it waits for a line, that read
// is left behind: nothing can be done to end it.
func Run(ctx context.Context, client *control.Client, lines Lines) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &terminal{client: client, lines: lines, person: "alice", screen: screen{seen: map[string]workspace.Post{}}}
	t.say("#" + workspace.DefaultChannel + " · practice workspace\n\n" + usage + "\n")
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		t.watch(ctx)
	}()
	defer func() {
		cancel()
		<-watching
	}()
	for {
		lines.SetPrompt(t.person + "> ")
		line, err := t.read(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the keyboard: %w", err)
		}
		if quit := t.obey(ctx, strings.TrimSpace(line)); quit {
			return nil
		}
	}
}

// read waits for a line, or for the end of ctx.
func (t *terminal) read(ctx context.Context) (string, error) {
	type typed struct {
		line string
		err  error
	}
	read := make(chan typed, 1)
	go func() {
		line, err := t.lines.ReadLine()
		read <- typed{line, err}
	}()
	select {
	case got := <-read:
		return got.line, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (t *terminal) say(text string) { _, _ = fmt.Fprintln(t.lines, text) }

var named = regexp.MustCompile(`^(\w+)>\s*(.*)$`)

func (t *terminal) obey(ctx context.Context, line string) (quit bool) {
	if m := named.FindStringSubmatch(line); m != nil {
		t.person, line = m[1], m[2]
	}
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "":
	case "quit", "exit":
		return true
	case "help":
		t.say(usage)
	case "faults":
		t.say(control.FaultUsage)
	case "click":
		err = t.client.Click(ctx, t.person, workspace.DefaultChannel, strings.TrimSpace(rest), false)
	case "fault":
		err = t.client.Fault(ctx, rest)
	case "mend":
		err = t.client.Mend(ctx)
	case "thread", "channel", "calls":
		err = t.look(ctx, word)
	default:
		err = t.client.Type(ctx, t.person, workspace.DefaultChannel, line)
	}
	if err != nil && ctx.Err() == nil {
		t.say("✗ " + err.Error())
	}
	return false
}

func (t *terminal) look(ctx context.Context, what string) error {
	var text string
	var err error
	switch what {
	case "thread":
		text, err = t.client.Thread(ctx, workspace.DefaultChannel)
	case "channel":
		text, err = t.client.Channel(ctx, workspace.DefaultChannel)
	default:
		var calls []string
		calls, err = t.client.Calls(ctx)
		text = strings.Join(calls, "\n")
	}
	if err == nil {
		t.say(text)
	}
	return err
}

// watch shows what is new in the channel and its newest thread, as the person of the prompt sees it.
func (t *terminal) watch(ctx context.Context) {
	var mark int64
	for {
		next, err := t.client.Changed(ctx, mark)
		if err != nil || next == mark {
			return
		}
		mark = next
		for _, person := range people() {
			all, thread, err := t.client.Everything(ctx, person, workspace.DefaultChannel)
			if err != nil {
				return
			}
			for _, p := range append(all.Posts, thread.Posts...) {
				if text := t.screen.show(p); text != "" {
					t.say(text)
				}
			}
		}
	}
}

// people are all whose private messages are shown: everybody but bots.
func people() []string {
	var names []string
	for _, p := range workspace.DefaultPeople() {
		if !p.IsBot {
			names = append(names, p.Name)
		}
	}
	return names
}
