package slack

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// form says how the phases of a parent message are drawn.
type form int

const (
	asPlan    form = iota // Slack's plan block
	asSection             // a section with one line per phase, where plan is not known
)

// parentMessage is a release as it stands at now: what is happening to users, what a roll back would do, what
// comes next by itself, and the buttons. A zero now leaves out what changes by the passing of time alone; only
// a release that is under way has such.
func parentMessage(r deploy.Release, now time.Time, f form) message {
	if r.State != deploy.Running && r.State != deploy.RollingBack {
		now = zero
	}
	title, state := titleLine(&r), stateLine(&r, now)
	head := "*" + title + "*   " + byLine(&r) + "\n" + state
	if r.Facts.Share > 0 && r.State != deploy.RolledBack {
		head += "\n" + bar(r.Facts.Share)
	}
	why := whyLine(&r)
	if why != "" {
		head += "\n" + why
	}
	list := phases(&r, now)
	blocks := []sdk.Block{section(head)}
	if len(list) > 0 {
		if f == asPlan {
			blocks = append(blocks, planBlock(list))
		} else {
			blocks = append(blocks, planSection(list))
		}
	}
	foresight := joinLines(rollBackLine(&r), nextLine(&r))
	if foresight != "" {
		blocks = append(blocks, section(foresight))
	}
	blocks = append(blocks, parentButtons(&r))
	return message{
		text:   joinLines(title+" "+byLine(&r), state, why, foresight),
		blocks: blocks, colour: colour(&r), footer: footer(&r, now),
	}
}

func joinLines(lines ...string) string {
	var said []string
	for _, l := range lines {
		if l != "" {
			said = append(said, l)
		}
	}
	return strings.Join(said, "\n")
}

func colour(r *deploy.Release) string {
	switch r.State {
	case deploy.Waiting, deploy.Paused, deploy.Parked:
		return amber
	case deploy.RollingBack, deploy.RolledBack, deploy.Failed:
		return red
	case deploy.Succeeded:
		return green
	case deploy.Running:
		return blue
	}
	return blue
}

// titleLine says what is released, or taken back, and where.
func titleLine(r *deploy.Release) string {
	what := esc(r.Target.String())
	if r.Kind == deploy.Deploy {
		what += ": " + esc(r.Version) + " →"
	} else {
		what += " to"
	}
	switch {
	case r.State == deploy.RolledBack:
		return "Rolled back " + what + " " + esc(returnsTo(r))
	case r.State == deploy.RollingBack, r.Kind == deploy.Rollback, r.State == deploy.Parked && goingBack(r):
		return "Rolling back " + what + " " + esc(returnsTo(r))
	}
	return esc(r.Target.Service) + " → " + esc(r.Version) + " · " + esc(r.Target.Environment)
}

// byLine says whose it is: the one who asked, or the one who took it back.
func byLine(r *deploy.Release) string {
	if r.Kind == deploy.Deploy && (r.State == deploy.RollingBack || r.State == deploy.RolledBack) {
		return fmt.Sprintf("#%d, by %s", r.Number, mention(r.By))
	}
	return fmt.Sprintf("#%d by %s", r.Number, mention(r.Requester))
}

// stateLine is the state in words; it is what changes first.
func stateLine(r *deploy.Release, now time.Time) string {
	switch r.State {
	case deploy.Running:
		return "▸ " + shareWords(r) + " · " + progress(r, now)
	case deploy.Waiting:
		return "▸ " + shareWords(r) + " · " + waiting(r)
	case deploy.Paused:
		return "■ Held by " + mention(r.By) + " since " + clock(r.Since) + " · " + shareWords(r)
	case deploy.Parked:
		return "■ Stopped since " + clock(r.Since) + ": Slipway cannot go on safely by itself · " + shareWords(r)
	case deploy.RollingBack:
		return "▸ Going back to " + esc(returnsTo(r)) + " · " + progress(r, now)
	case deploy.Succeeded:
		return "✓ 100 % of traffic on " + esc(r.Version) + " since " + clock(r.Since)
	case deploy.RolledBack:
		return "✓ 100 % on " + esc(returnsTo(r)) + backTook(r)
	case deploy.Failed:
		return "✗ Ended at " + clock(r.Since) + " before users saw anything of " + esc(r.Version)
	}
	return esc(string(r.State))
}

func shareWords(r *deploy.Release) string {
	if goingBack(r) {
		return fmt.Sprintf("not all traffic is known to be on %s", esc(returnsTo(r)))
	}
	if r.Facts.Share == 0 {
		return "no traffic on " + esc(r.Version) + " yet"
	}
	return fmt.Sprintf("%d %% of traffic on %s", r.Facts.Share, esc(r.Version))
}

// progress says what the current step does, since when, and what hinders it.
func progress(r *deploy.Release, now time.Time) string {
	cur := r.Current()
	if cur == nil {
		return "all steps done"
	}
	if cur.Status == deploy.Pending {
		return "starting"
	}
	words := doing(*cur)
	if !now.IsZero() {
		words += ", " + running(now.Sub(cur.Begun))
	}
	if cur.Kind == deploy.KindBake {
		words += " of " + deploy.Planned(cur.Bake)
	}
	if cur.Attempts > 1 && cur.Note != "" {
		words += " · attempt " + fmt.Sprint(cur.Attempts) + ": " + esc(cut(oneLine(cur.Note), mostNote))
	}
	return words
}

func waiting(r *deploy.Release) string {
	gate := r.Current()
	if gate == nil {
		return "waiting"
	}
	words := fmt.Sprintf("%s since %s", doing(*gate), clock(r.Since))
	if gate.Needed > 1 {
		words += fmt.Sprintf(" (%d of %d)", len(gate.Approvals), gate.Needed)
	}
	return words
}

// backTook is how long users waited for the former version, counted from the decision.
func backTook(r *deploy.Release) string {
	for _, s := range r.Back {
		if s.Kind == deploy.KindReturn && s.Status == deploy.Done {
			return " after " + deploy.Took(s.EndedAt.Sub(s.Begun))
		}
	}
	return ""
}

func whyLine(r *deploy.Release) string {
	switch r.State {
	case deploy.RollingBack, deploy.RolledBack, deploy.Failed, deploy.Paused, deploy.Parked:
		if r.Why != "" {
			return "Why: " + esc(cut(oneLine(r.Why), 2*mostNote))
		}
	case deploy.Running, deploy.Waiting, deploy.Succeeded:
	}
	return ""
}

func footer(r *deploy.Release, now time.Time) string {
	switch {
	case r.State.Terminal():
		return "Ended " + clock(r.Ended) + " after " + deploy.Took(r.Ended.Sub(r.Created))
	case r.State == deploy.Waiting, r.State == deploy.Paused, r.State == deploy.Parked:
		return "Since " + clock(r.Created) + " · " + running(deploy.Remaining(*r, r.Since)) + " of work left"
	case now.IsZero():
		return "Since " + clock(r.Created)
	}
	text := "Since " + clock(r.Created) + " · done about " + clock(now.Add(deploy.Remaining(*r, now)))
	if gatesAhead(r) {
		text += ", and the time people take to approve"
	}
	return text
}

func gatesAhead(r *deploy.Release) bool {
	for _, s := range r.Plan() {
		if s.Kind == deploy.KindGate && !s.Status.Ended() {
			return true
		}
	}
	return false
}
