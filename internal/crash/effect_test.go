package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/cloudrun"
)

var r42 = attempt{id: "app-42", tag: "rc-42", warm: "rb-42", base: deploy.Revision{Name: "app-00001"}, candidate: deploy.Revision{Name: "app-r42-1"}}

func TestWhatTheCloudLogsIsWhatThePlanSays(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range []cloudrun.Call{
		{Mask: "template,traffic,annotations", Traffic: "app-00001=100, app-r42-1=0 tag rc-42"},
		{Mask: "traffic,annotations", Traffic: "app-00001=90, app-r42-1=10, app-r42-1=0 tag rc-42"},
		{Mask: "traffic,annotations", Traffic: "app-r42-1=100, app-r42-1=0 tag rc-42, app-00001=0 tag rb-42"},
		{Mask: "traffic", Traffic: "app-r42-1=100"},
	} {
		got = append(got, effectOf(c))
	}
	if d := cmp.Diff(append(r42.forward(10, 100), r42.retired(100)), got); d != "" {
		t.Errorf("effects of a release (-planned +logged):\n%s", d)
	}
}

func TestSurplusCountsWhatTookPlaceTwice(t *testing.T) {
	t.Parallel()
	plan := append(r42.forward(10), r42.backward()...)
	done := append(r42.forward(10), r42.forward(10)[1])
	if d := cmp.Diff([]string{r42.forward(10)[1]}, surplus(done, plan)); d != "" {
		t.Errorf("too much (-want +got):\n%s", d)
	}
	if d := cmp.Diff(r42.backward(), surplus(plan, done)); d != "" {
		t.Errorf("too little (-want +got):\n%s", d)
	}
}

func TestMatrixHasEveryKindOfStepAtEveryBoundaryOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	boundaries := map[deploy.StepKind]int{}
	for _, v := range matrix() {
		seen[v.String()]++
		if v.fault == "" {
			boundaries[v.kind]++
		}
	}
	for v, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", v, n)
		}
	}
	want := map[deploy.StepKind]int{deploy.KindWatch: 2} // made while a step waits, and stored without an intent
	for _, s := range plans(t) {
		switch s.Kind {
		case deploy.KindGate, deploy.KindBake, deploy.KindObserve: // without a call
			want[s.Kind] = 4
		default:
			want[s.Kind] = 6
		}
	}
	if d := cmp.Diff(want, boundaries); d != "" {
		t.Errorf("boundaries of the kinds of steps that the stories have (-want +got):\n%s", d)
	}
}

// plans are the steps of the stories' releases, there and back.
func plans(t *testing.T) []deploy.Step {
	t.Helper()
	var names []string
	for i := range services {
		names = append(names, serviceName(i))
	}
	return plansOf(t, names)
}

func plansOf(t *testing.T, names []string) []deploy.Step {
	t.Helper()
	folder := t.TempDir()
	if err := writeCatalog(folder); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []deploy.Step
	for _, name := range names {
		spec, err := c.Resolve(targetOf(name), versions[0])
		if err != nil {
			t.Fatal(err)
		}
		there, err := deploy.NewPlan(spec)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, there...), deploy.NewBack(spec)...)
	}
	return all
}

func TestGateThatWasPassedBeforeAnybodyWasAskedIsNotMissing(t *testing.T) {
	t.Parallel()
	journal := []deploy.Entry{
		{Rev: 1, Kind: deploy.EntryCreated},
		{Rev: 2, Index: 1, Kind: deploy.EntryAsked, Step: "traffic/50/gate"},
		{Rev: 3, Kind: deploy.EntryState, State: deploy.Waiting},
	}
	want := []string{"parent", "entry 1 0", "ask traffic/50/gate"}
	if d := cmp.Diff(want, messagesOf(deploy.Release{}, journal)); d != "" {
		t.Errorf("messages of a journal (-want +got):\n%s", d)
	}
	shown := []string{"parent", "entry 1 0", "entry 2 1"}
	questions(journal, shown)
	if d := cmp.Diff(want, shown); d != "" {
		t.Errorf("messages as shown (-want +got):\n%s", d)
	}
}
