package deploy_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func proposed(t *testing.T, changes ...deploy.Change) (deploy.Release, deploy.Proposal) {
	t.Helper()
	r := canary(t, planned, listed)
	r.Facts.Image = deploy.Image{Repository: "gcr.io/my-gcp-project/coditect", Tag: "v1.2.4", Digest: "sha256:0123456789abcdef"}
	r.Facts.Baseline = deploy.Revision{Name: "coditect-app-r41-1"}
	return r, deploy.NewProposal(r, changes, "")
}

func TestWhatAnApprovalIsBoundTo(t *testing.T) {
	t.Parallel()
	cpu, env := deploy.Change{What: "cpu", From: "1", To: "2"}, deploy.Change{What: "env FEATURE"}
	for name, c := range map[string]struct {
		change func(*deploy.Release)
		same   bool
	}{
		"the same":                     {func(*deploy.Release) {}, true},
		"where it is shown":            {func(r *deploy.Release) { r.Spec.Channel = "C0OTHER" }, true},
		"who is called":                {func(r *deploy.Release) { r.Spec.OnCall = "@others" }, true},
		"the file of the catalog":      {func(r *deploy.Release) { r.Spec.Source = "other.yaml" }, true},
		"the lines of the catalog":     {func(r *deploy.Release) { r.Spec.Policy.DeployAt, r.Spec.Policy.ApproveAt = "a:1", "a:2" }, true},
		"the way that it has come":     {func(r *deploy.Release) { r.Steps[0].Status, r.Rev = deploy.Done, 7 }, true},
		"a plan that was made before":  {func(r *deploy.Release) { r.Proposal = &deploy.Proposal{Hash: "e3b0c442"} }, true},
		"the digest":                   {func(r *deploy.Release) { r.Facts.Image.Digest = "sha256:ff" }, false},
		"what has the traffic":         {func(r *deploy.Release) { r.Facts.Baseline.Name = "coditect-app-r40-1" }, false},
		"the version":                  {func(r *deploy.Release) { r.Version = "v1.2.5" }, false},
		"the target":                   {func(r *deploy.Release) { r.Target.Environment = "staging" }, false},
		"who may approve":              {func(r *deploy.Release) { r.Spec.Policy.Approve = []deploy.Principal{"@all"} }, false},
		"the steps":                    {func(r *deploy.Release) { r.Spec.Strategy.Steps = r.Spec.Strategy.Steps[1:] }, false},
		"an item of the checklist":     {func(r *deploy.Release) { r.Spec.Items = r.Spec.Items[1:] }, false},
		"which images may be released": {func(r *deploy.Release) { r.Spec.Images = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, first := proposed(t, cpu, env)
			c.change(&r)
			second := deploy.NewProposal(r, []deploy.Change{env, cpu}, "") // in whatever order
			if same := first.Hash == second.Hash; same != c.same || len(first.Hash) != 64 || first.Short() != first.Hash[:8] {
				t.Errorf("%s and %s", first.Hash, second.Hash)
			}
		})
	}
}

func TestTheChangesAreSealed(t *testing.T) {
	t.Parallel()
	r, none := proposed(t)
	seen := map[string]string{none.Hash: "none"}
	for name, p := range map[string]deploy.Proposal{
		"a change":           deploy.NewProposal(r, []deploy.Change{{What: "cpu", From: "1", To: "2"}}, ""),
		"another change":     deploy.NewProposal(r, []deploy.Change{{What: "cpu", From: "1", To: "4"}}, ""),
		"not known":          deploy.NewProposal(r, nil, "the platform did not answer"),
		"a secret's version": deploy.Proposal{Image: none.Image, Baseline: none.Baseline, Versions: map[string]string{"k:latest": "7"}}.Seal(r),
		"what is not shown":  deploy.Proposal{Image: none.Image, Baseline: none.Baseline, Settings: "5f70bf18"}.Seal(r),
		"sealed once more":   deploy.Proposal{Image: none.Image, Baseline: none.Baseline, Settings: "0000"}.Seal(r),
	} {
		if other, twice := seen[p.Hash]; twice {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[p.Hash] = name
	}
	if again := none.Seal(r); again.Hash != none.Hash {
		t.Errorf("sealed twice: %s, then %s", none.Hash, again.Hash)
	}
}

func TestASpecThatCannotBeWrittenDownHasNoHash(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned, func(s *deploy.Spec) {
		s.Loads = []deploy.LoadCheck{{Name: "A", Stage: deploy.Smoke, Rate: math.NaN(), For: time.Second}}
	}))
	w.until("preflight/plan")
	p := deploy.NewProposal(w.r, nil, "")
	w.conclude("preflight/plan", deploy.Outcome{Facts: w.r.Facts, Proposal: &p}, nil)
	if p.Hash != "" || p.Short() != "" || w.r.State != deploy.Parked {
		t.Errorf("hash %q, %s", p.Hash, w.r.State)
	}
}

func TestWhatHasChangedSince(t *testing.T) {
	t.Parallel()
	cpu, more := deploy.Change{What: "cpu", From: "1", To: "2"}, deploy.Change{What: "cpu", From: "1", To: "4"}
	for name, c := range map[string]struct {
		before, now deploy.Proposal
		want        []string
	}{
		"nothing":      {deploy.Proposal{Hash: "a"}, deploy.Proposal{Hash: "a"}, nil},
		"the image":    {deploy.Proposal{Image: "x@sha256:0123456789abcdef"}, deploy.Proposal{Image: "x@sha256:fedcba9876543210"}, []string{"the image is sha256:fedcba987654, it was sha256:0123456789ab"}},
		"the baseline": {deploy.Proposal{Baseline: "app-r40-1"}, deploy.Proposal{Baseline: "app-r41-1"}, []string{"app-r41-1 has the traffic, it was app-r40-1"}},
		"a change":     {deploy.Proposal{Changes: []deploy.Change{cpu}}, deploy.Proposal{Changes: []deploy.Change{more}}, []string{"now: cpu 1 → 4", "no longer: cpu 1 → 2"}},
		"one new, one gone, one kept": {deploy.Proposal{Changes: []deploy.Change{cpu, {What: "env OLD", From: deploy.AValue}}},
			deploy.Proposal{Changes: []deploy.Change{cpu, {What: "env NEW"}}}, []string{"now: + env NEW", "no longer: − env OLD"}},
		"not known any more": {deploy.Proposal{}, deploy.Proposal{Unknown: "no answer"}, []string{"the changes are not known: no answer"}},
		"known at last":      {deploy.Proposal{Unknown: "no answer"}, deploy.Proposal{}, []string{"the changes are known now"}},
		"a secret's version": {deploy.Proposal{Versions: map[string]string{"k:latest": "6", "l:latest": "1"}},
			deploy.Proposal{Versions: map[string]string{"k:latest": "7", "l:latest": "1"}}, []string{"k:latest is version 7, it was 6"}},
		"what is not shown": {deploy.Proposal{Hash: "a", Settings: "1"}, deploy.Proposal{Hash: "b", Settings: "2"}, []string{"a value that is not shown"}},
		"the spec alone":    {deploy.Proposal{Hash: "a"}, deploy.Proposal{Hash: "b"}, []string{"what the catalog asks for"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.now.Since(c.before)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
