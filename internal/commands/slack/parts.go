package slack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// of is the release as a step sees it: with what is known of its part.
func of(r *deploy.Release, s deploy.Step) *deploy.Release {
	seen := r.Of(s.Part)
	return &seen
}

// whole is a step of a part as that part alone would have it.
func whole(s deploy.Step) deploy.Step {
	s.Part = ""
	return s
}

// moves says whether a step moves traffic, or what runs.
func moves(s deploy.Step) bool { return s.Kind == deploy.KindShift || s.Kind == deploy.KindReturn }

// partNames are the parts of a release beside the service itself: worker and api.
func partNames(r *deploy.Release) string {
	var names []string
	for _, p := range r.Spec.Also {
		names = append(names, esc(p.Name))
	}
	return strings.Join(names, " and ")
}

// partsBack says what the other parts return to: ", worker back to v1.2.3".
func partsBack(r *deploy.Release) string {
	text := ""
	for _, p := range r.Spec.Also {
		if base := r.Parts[p.Name].Baseline; base.Name != "" {
			seen := r.Of(p.Name)
			text += ", " + esc(p.Name) + " back to " + esc(returnsTo(&seen))
		}
	}
	return text
}

// partLines say of each of the other parts what is released, and what it takes the place of.
func partLines(r *deploy.Release) []string {
	var lines []string
	for _, p := range r.Proposal.Parts {
		lines = append(lines, "*"+esc(p.Name)+"*  "+imageOf(p.Image, r.Version)+" in place of "+esc(cut(p.Baseline, mostName)))
	}
	return lines
}

// foreseen is how long a return of traffic takes, and how, as its platform foresees it; "" if that says nothing.
func foreseen(back deploy.Return) string {
	how := esc(cut(oneLine(back.How), mostNote))
	switch {
	case back.Takes <= 0:
		return how
	case how == "":
		return "about " + seconds(back.Takes)
	}
	return "about " + seconds(back.Takes) + ": " + how
}

// foreseenSentence is the same for plain text.
func foreseenSentence(r *deploy.Release) string {
	if back := r.Watch.Way.Return; back.Takes > 0 {
		return " It takes about " + seconds(back.Takes) + "."
	}
	return ""
}

// fell says that the platform went back by itself.
func fell(r *deploy.Release) string {
	if r.Watch.Way.Fell == "" {
		return ""
	}
	return "the platform went back by itself"
}

// arrived says that a share was there, or a rollout done.
func arrived(r *deploy.Release, s deploy.Step) string {
	version := esc(cut(r.Version, mostName))
	if rolls(of(r, s)) {
		return named(s, version+" rolled out")
	}
	return named(s, fmt.Sprintf("%d %% on %s", s.Percent, version))
}

// cutShort says that it was not waited for.
func cutShort(r *deploy.Release, s deploy.Step) string {
	if rolls(of(r, s)) {
		return named(s, "rollout begun and interrupted")
	}
	return named(s, fmt.Sprintf("%d %% was asked for and interrupted", s.Percent))
}

// named says which part of a release is spoken of.
func named(s deploy.Step, words string) string {
	if s.Part == "" {
		return words
	}
	return esc(s.Part) + ": " + words
}

// backBegan is when the first part of a release was told to go back; zero if none was.
func backBegan(r *deploy.Release) time.Time {
	var began []time.Time
	for _, s := range r.Back {
		if s.Kind == deploy.KindReturn && !s.Begun.IsZero() {
			began = append(began, s.Begun)
		}
	}
	if len(began) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(began, time.Time.Compare)
}
