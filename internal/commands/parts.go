package commands

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// rolls says whether the release replaces what runs task by task, so that there is no share of traffic to speak of.
func rolls(r deploy.Release) bool { return r.Spec.Strategy.Kind == deploy.Rolling }

// whole is a step of a part as that part alone would have it.
func whole(s deploy.Step) deploy.Step {
	s.Part = ""
	return s
}

// intentRolling says what a step will do where the platform replaces what runs task by task, if that is not what it does
// elsewhere.
func intentRolling(r deploy.Release, s deploy.Step) (text Text, other bool) {
	switch s.Kind {
	case deploy.KindRevision:
		return text.Plain("a new revision of ").Code(r.Spec.Platform.Service.Name).Plain(", of which nothing runs yet"), true
	case deploy.KindHealth:
		return text.Plain("where users reach it, it must answer ").Code(paths(r.Spec.Health)), true
	case deploy.KindSmoke:
		return text.Plain("where users reach it, it must pass ").Add(checks(r.Spec.ChecksAt(deploy.Smoke))), true
	case deploy.KindShift:
		return text.Plainf("the platform replaces what runs by %s, task by task", r.Version), true
	case deploy.KindBake:
		return text.Plainf("stays so for %s", deploy.Planned(s.Bake)), true
	default:
	}
	return nil, false
}

// rolledSoFar is where a rolling release stands.
func rolledSoFar(r deploy.Release) string {
	switch {
	case r.Facts.Share > 0:
		return "after its rollout"
	case r.Facts.MaxShare > 0:
		return "in the middle of its rollout"
	}
	return "before its rollout"
}

// together names what a release brought beside the service itself: ", together with worker and api".
func together(r deploy.Release) string {
	list := r.Spec.PartNames()[1:]
	if len(list) == 0 {
		return ""
	}
	return ", together with " + strings.Join(list, " and ")
}

// partsBack says what the other parts return to: ", worker to v1.2.3".
func partsBack(r deploy.Release) string {
	text := ""
	for _, part := range r.Spec.PartNames()[1:] {
		if base := r.Parts[part].Baseline; base.Name != "" {
			text += fmt.Sprintf(", %s to %s", part, called(base))
		}
	}
	return text
}

// takes says how long a return of traffic will take, and how, as its platform foresees it; nothing if that says nothing.
func takes(back deploy.Return) string {
	switch {
	case back.Takes <= 0 && back.How == "":
		return ""
	case back.Takes <= 0:
		return " It takes: " + back.How + "."
	case back.How == "":
		return fmt.Sprintf(" It takes about %s.", deploy.Planned(back.Takes))
	}
	return fmt.Sprintf(" It takes about %s: %s.", deploy.Planned(back.Takes), back.How)
}

// parts adds the names under which the platforms know the other parts of a release.
func (t Text) parts(r deploy.Release) Text {
	for _, part := range r.Spec.PartNames()[1:] {
		f := r.Parts[part]
		t = t.revision(part+" before", f.Baseline).revision(part+" new", f.Candidate)
		if f.Image.Digest != "" {
			t = t.Line().Plain(part + " image: ").Code(f.Image.Ref())
		}
	}
	return t
}

// wayBack adds what a rollback would be, as the platform said at the last look.
func (t Text) wayBack(r deploy.Release) Text {
	way := r.Watch.Way
	switch words := takes(way.Return); {
	case way.Fell != "":
		return t.Line().Plain("The platform has gone back by itself: " + way.Fell)
	case words == "", r.State.Terminal(), goingBack(r):
		return t
	default:
		return t.Line().Plain("A rollback now:" + strings.Replace(words, " It takes", "", 1))
	}
}

// nowOfParts says of each of the other parts what is released, and what it takes the place of.
func (t Text) nowOfParts(r deploy.Release) Text {
	for _, part := range r.Spec.PartNames()[1:] {
		f := r.Parts[part]
		if f.Image.Digest == "" {
			continue
		}
		t = t.Line().Plain(part + ": ").Code(f.Image.Ref()).Plain(" in place of ").Code(string(f.Baseline.Name))
		if f.Baseline.Version != "" {
			t = t.Plain(" (" + f.Baseline.Version + ")")
		}
	}
	return t
}
