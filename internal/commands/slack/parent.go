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
		return "▸ " + esc(shareWords(r)) + " · " + progress(r, now)
	case deploy.Waiting:
		return "▸ " + esc(shareWords(r)) + " · " + waiting(r)
	case deploy.Paused:
		return "■ " + esc(shareWords(r)) + " · held by " + mention(r.By) + " since " + clock(r.Since)
	case deploy.Parked:
		return "■ " + esc(shareWords(r)) + " · stopped since " + clock(r.Since) + ": Slipway cannot go on safely by itself"
	case deploy.RollingBack:
		return "▸ Going back to " + esc(returnsTo(r)) + " · " + progress(r, now)
	case deploy.Succeeded:
		return "✓ 100 % of traffic on " + esc(r.Version) + " since " + clock(r.Since)
	case deploy.RolledBack:
		return "✓ 100 % on " + esc(returnsTo(r)) + backTook(r)
	case deploy.Abandoned:
		return "✗ Let go by " + mention(r.By) + " at " + clock(r.Since) + " · " + fmt.Sprintf("%d %% of traffic was on %s when last seen", r.Facts.Share, esc(r.Version))
	case deploy.Failed:
		ended := "✗ Ended at " + clock(r.Since) + " before users saw anything of " + esc(r.Version)
		if goingBack(r) { // which it has done, and verified
			ended += " · 100 % on " + esc(returnsTo(r))
		}
		return ended
	}
	return esc(string(r.State))
}

// shareWords says how much traffic the new version has, as far as that is known. It is not escaped.
func shareWords(r *deploy.Release) string {
	if goingBack(r) {
		if r.Plan()[0].Status == deploy.Done {
			return "100 % on " + returnsTo(r)
		}
		return fmt.Sprintf("not all traffic is known to be on %s", returnsTo(r))
	}
	words := fmt.Sprintf("%d %% of traffic on %s", r.Facts.Share, r.Version)
	if r.Facts.Share == 0 {
		words = "no traffic on " + r.Version
	}
	switch {
	case r.State == deploy.Parked: // often because it is no longer as Slipway left it
		return words + " when last seen"
	case r.Facts.Share == 0:
		return words + " yet"
	}
	return words
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
	elapsed := ""
	if !now.IsZero() {
		elapsed = running(now.Sub(cur.Begun))
	}
	switch {
	case cur.Kind == deploy.KindBake && elapsed == "":
		words += " for " + deploy.Planned(cur.Bake)
	case cur.Kind == deploy.KindBake:
		words += " " + elapsed + " of " + deploy.Planned(cur.Bake)
	case elapsed != "":
		words += ", " + elapsed
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
			if t := took(s.EndedAt.Sub(s.Begun)); t != "" {
				return " after " + t
			}
		}
	}
	return ""
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

func footer(r *deploy.Release, now time.Time) string {
	begun := "Started " + clock(r.Created)
	left := deploy.Remaining(*r, r.Since)
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
		begun += " · done about " + clock(now.Add(deploy.Remaining(*r, now)))
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

func gatesAhead(r *deploy.Release) int {
	n := 0
	for _, s := range r.Plan() {
		if s.Kind == deploy.KindGate && !s.Status.Ended() {
			n++
		}
	}
	return n
}
