package slack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// stateLine is the state in words; it is what changes first.
func stateLine(r *deploy.Release, now time.Time) string {
	if restores(r) {
		return restoreState(r, progress(r, now))
	}
	switch r.State {
	case deploy.Running:
		return dotted("▸ "+esc(shareWords(r)), progress(r, now), verdictWord(r))
	case deploy.Waiting:
		return dotted("▸ "+esc(shareWords(r)), waiting(r), verdictWord(r))
	case deploy.Paused:
		return dotted("■ "+esc(shareWords(r)), "held by "+mention(r.By)+" since "+clock(r.Since), verdictWord(r))
	case deploy.Parked:
		return "■ " + esc(shareWords(r)) + " · stopped since " + clock(r.Since) + ": Slipway cannot go on safely by itself"
	case deploy.RollingBack:
		return returning(r, now)
	case deploy.Succeeded:
		if rolls(r) {
			return dotted("✓ "+esc(r.Version)+" is rolled out since "+clock(r.Since), verdictWord(r))
		}
		return dotted("✓ 100 % of traffic on "+esc(r.Version)+" since "+clock(r.Since), verdictWord(r))
	case deploy.RolledBack:
		return dotted("✓ "+esc(allOn(r))+backTook(r), fell(r))
	case deploy.Abandoned:
		return "✗ Let go by " + mention(r.By) + " at " + clock(r.Since) + " · " + seenLast(r)
	case deploy.Failed:
		if r.Kind == deploy.Rollback && !goingBack(r) {
			return "✗ Ended at " + clock(r.Since) + " before anything was changed"
		}
		ended := "✗ Ended at " + clock(r.Since) + " before users saw anything of " + esc(r.Version)
		if goingBack(r) { // which it has done, and verified
			ended += " · " + esc(allOn(r))
		}
		return dotted(ended, schemaEnd(r))
	}
	return esc(string(r.State))
}

// dotted joins what there is to say.
func dotted(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

// returning says how far a rollback is. Once the platform has reported all traffic back users are safe, which is what
// people want to know first; what is done after that is for the record.
func returning(r *deploy.Release, now time.Time) string {
	cur := r.Current()
	if !trafficIsBack(r) || cur == nil {
		return dotted("▸ Going back to "+esc(returnsTo(r)), fell(r), progress(r, now))
	}
	if cur.Kind == deploy.KindVerify {
		return dotted("▸ "+esc(allOn(r))+backTook(r), fell(r), progress(r, now))
	}
	return dotted("✓ "+esc(allOn(r))+backTook(r), fell(r), progress(r, now))
}

// trafficIsBack says whether every part of the release has been reported back.
func trafficIsBack(r *deploy.Release) bool {
	open := slices.ContainsFunc(r.Back, func(s deploy.Step) bool { return s.Kind == deploy.KindReturn && s.Status != deploy.Done })
	return len(r.Back) > 0 && r.Back[0].Kind == deploy.KindReturn && !open
}

// shareWords says how much traffic the new version has, as far as that is known. It is not escaped.
func shareWords(r *deploy.Release) string {
	if goingBack(r) {
		if trafficIsBack(r) {
			return allOn(r)
		}
		if rolls(r) {
			return "not all tasks are known to run " + returnsTo(r)
		}
		return fmt.Sprintf("not all traffic is known to be on %s", returnsTo(r))
	}
	if r.Kind == deploy.Rollback {
		return "nothing has been changed yet"
	}
	words := fmt.Sprintf("%d %% of traffic on %s", r.Facts.Share, r.Version)
	if rolls(r) {
		return r.Version + " " + rolledWords(r)
	}
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
	words := doing(r, *cur)
	if rolls(of(r, *cur)) && moves(*cur) {
		words = rolloutWords(r, cur, words, now)
	}
	elapsed := ""
	if !now.IsZero() {
		elapsed = running(now.Sub(cur.Begun))
	}
	switch {
	case cur.Kind == deploy.KindBake || cur.Kind == deploy.KindObserve:
		words = staying(r, cur, now)
	case cur.Kind == deploy.KindLoad:
		words = loading(r, cur, now)
	case cur.Kind == deploy.KindGate: // it waits for looks, which come when they come
	case elapsed != "" && words == "":
		words = elapsed
	case elapsed != "":
		words += ", " + elapsed
	}
	if cur.Attempts > 1 && cur.Note != "" {
		words += " · attempt " + fmt.Sprint(cur.Attempts) + ": " + esc(cut(oneLine(firstLine(*cur)), mostNote))
	}
	return words
}

// staying counts a bake or an observation down. When its time is over it may still wait for metrics of its end.
func staying(r *deploy.Release, cur *deploy.Step, now time.Time) string {
	words, over := "baking", "baked"
	if cur.Kind == deploy.KindObserve {
		words, over = "observing", "observed"
	}
	switch {
	case cur.Bake < time.Second:
		return words
	case now.IsZero():
		return words + " for " + deploy.Planned(cur.Bake)
	case watched(r) && !now.Before(cur.Until) && r.Watch.Errors > 0:
		return fmt.Sprintf("%s %s · waiting for its metrics, which do not come", over, counter(cur.Bake, cur.Bake))
	case watched(r) && !now.Before(cur.Until):
		return fmt.Sprintf("%s %s · waiting for its metrics (%s behind)", over, counter(cur.Bake, cur.Bake), deploy.Planned(r.Spec.Metrics.Lag))
	}
	return fmt.Sprintf("%s %s of %s", words, counter(min(now.Sub(cur.Begun), cur.Bake), cur.Bake), counter(cur.Bake, cur.Bake))
}

func waiting(r *deploy.Release) string {
	gate := r.Current()
	switch {
	case gate == nil:
		return "waiting"
	case gate.Kind == deploy.KindReady:
		return waitingForItems(r)
	}
	words := fmt.Sprintf("waiting for approval of %s since %s", r.Wants(gate), clock(r.Since))
	if gate.Needed > 1 {
		words += fmt.Sprintf(" (%d of %d)", len(gate.Approvals), gate.Needed)
	}
	return words
}

// backTook is how long users waited for the former version, counted from the decision.
func backTook(r *deploy.Release) string {
	if unseen(r) {
		return ""
	}
	var end time.Time
	for _, s := range r.Back {
		if s.Kind == deploy.KindReturn && s.Status == deploy.Done && s.EndedAt.After(end) {
			end = s.EndedAt
		}
	}
	if end.IsZero() {
		return ""
	}
	if t := took(end.Sub(backBegan(r))); t != "" {
		return " after " + t
	}
	return ""
}
