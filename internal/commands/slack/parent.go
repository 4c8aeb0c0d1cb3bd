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
// comes next by itself, and the buttons. u is how long its steps took before, nil if nobody knows. A zero now leaves
// out what changes by the passing of time alone and what changes with each look at the metrics; only a release that
// ticks has such.
func parentMessage(r deploy.Release, now time.Time, f form, u deploy.Usual) message {
	if !ticks(&r) {
		now = zero
	}
	title, state := titleLine(&r), stateLine(&r, now)
	numbers, why := numbersLine(&r, now), whyLine(&r)
	if numbers != "" && strings.Contains(why, numbers) {
		numbers = ""
	}
	head := "*" + title + "*   " + byLine(&r) + "\n" + state
	if r.Facts.Share > 0 && !rolls(&r) && r.State != deploy.RolledBack {
		head += "\n" + bar(r.Facts.Share)
	}
	blocks := []sdk.Block{section(joinLines(head, numbers, why))}
	if list := phases(&r, now, u); len(list) > 0 {
		if f == asPlan {
			blocks = append(blocks, planBlock(list))
		} else {
			blocks = append(blocks, planSection(list))
		}
	}
	if kpis := kpiSection(&r, now); kpis != nil {
		blocks = append(blocks, kpis)
	}
	foresight := joinLines(rollBackLine(&r, u), nextLine(&r, now), afterwards(&r))
	if foresight != "" {
		blocks = append(blocks, section(foresight))
	}
	blocks = append(blocks, parentButtons(&r))
	return message{
		text:   joinLines(title+" "+byLine(&r), state, numbers, why, foresight),
		blocks: blocks, colour: colour(&r), footer: footer(&r, now, u),
	}
}

// ticks says whether the message of a release changes while nothing happens to it.
func ticks(r *deploy.Release) bool {
	return r.State == deploy.Running || r.State == deploy.RollingBack || watched(r)
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
	case deploy.Waiting, deploy.Paused, deploy.Parked, deploy.Abandoned:
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

// titleLine says what is released, taken back or restored, and where.
func titleLine(r *deploy.Release) string {
	if restores(r) {
		return restoreTitle(r)
	}
	what := esc(r.Target.String())
	if r.Kind == deploy.Deploy {
		what += ": " + esc(r.Version) + " →"
	} else {
		what += " to"
	}
	switch {
	case r.State == deploy.RolledBack:
		return "Rolled back " + what + " " + esc(returnsTo(r))
	case r.Kind == deploy.Rollback && !goingBack(r):
		return "Rollback of " + what + " " + esc(returnsTo(r))
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

func whyLine(r *deploy.Release) string {
	switch r.State {
	case deploy.RollingBack, deploy.RolledBack, deploy.Failed, deploy.Abandoned, deploy.Paused, deploy.Parked:
		if r.Why != "" {
			return "Why: " + esc(cut(oneLine(r.Why), 2*mostNote))
		}
	case deploy.Running, deploy.Waiting, deploy.Succeeded:
	}
	return ""
}

func footer(r *deploy.Release, now time.Time, u deploy.Usual) string {
	begun := "Started " + clock(r.Created)
	left := deploy.Remaining(*r, r.Since, u)
	switch {
	case r.State.Terminal():
		begun = "Ended " + clock(r.Ended)
		if t := took(r.Ended.Sub(r.Created)); t != "" {
			begun += " after " + t
		}
		return begun
	case r.State == deploy.Running || r.State == deploy.RollingBack:
		if now.IsZero() {
			return begun
		}
		begun += " · done about " + clock(now.Add(deploy.Remaining(*r, now, u)))
		if whole := usually(r, u); whole >= time.Minute {
			begun += " (usually " + running(whole) + ")"
		}
	case left >= time.Second:
		begun += " · about " + running(left) + " of work left"
	default:
		return begun
	}
	switch n := gatesAhead(r); n {
	case 0:
		return begun
	case 1:
		return begun + ", not counting 1 approval"
	default:
		return fmt.Sprintf("%s, not counting %d approvals", begun, n)
	}
}

// usually is how long the plan in force takes by what it took before; 0 without history.
func usually(r *deploy.Release, u deploy.Usual) (whole time.Duration) {
	if len(u) == 0 {
		return 0
	}
	for _, s := range r.Plan() {
		whole += u.Step(s)
	}
	return whole
}

// gatesAhead is how many approvals are still to be had for certain: a gate that lets a healthy version through by
// itself is none.
func gatesAhead(r *deploy.Release) int {
	n := 0
	for _, s := range r.Plan() {
		if certain(r, s) && !s.Status.Ended() {
			n++
		}
	}
	return n
}
