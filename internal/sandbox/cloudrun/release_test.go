package cloudrun_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
)

const image = "gcr.io/my-gcp-project/coditect:"

func TestTheSeededServiceIsTheGuides(t *testing.T) {
	t.Parallel()
	p := start(t, nil, cloudrun.GuideServices()...)
	svc := p.get()
	c := svc.Template.Containers[0]
	env := map[string]string{}
	for _, v := range c.Env {
		env[v.Name] = v.GetValue()
		if ref := v.GetValueSource().GetSecretKeyRef(); ref != nil {
			env[v.Name] = ref.Secret + ":" + ref.Version
		}
	}
	got := map[string]any{
		"image": c.Image, "env": env, "limits": c.Resources.Limits,
		"min": svc.Template.Scaling.MinInstanceCount, "max": svc.Template.Scaling.MaxInstanceCount,
		"concurrency": svc.Template.MaxInstanceRequestConcurrency, "timeout": svc.Template.Timeout.AsDuration(),
		"revision": svc.Template.Revision, "latest": svc.LatestReadyRevision, "traffic": statuses(svc), "states": states(svc),
	}
	want := map[string]any{
		"image": image + "v1.2.3",
		"env": map[string]string{
			"VERSION": "v1.2.3", "ENVIRONMENT": "production",
			"DATABASE_URL": "database-url:latest", "API_KEY": "api-key:latest",
		},
		"limits": map[string]string{"cpu": "2", "memory": "2Gi"},
		"min":    int32(2), "max": int32(10), "concurrency": int32(80), "timeout": 5 * time.Minute,
		"revision": "", "latest": full + "/revisions/" + baseline, "traffic": []*runpb.TrafficTarget{latest(100)},
		"states": map[string]string{"Ready": "SUCCEEDED", "RoutesReady": "SUCCEEDED", "ConfigurationsReady": "SUCCEEDED"},
	}
	same(t, "service", want, got)
	if _, err := p.Seed(cloudrun.ServiceSpec{Name: app}, "v1.2.3"); err == nil {
		t.Error("the same service was seeded twice")
	}
}

func TestAReleaseTakesItsTimeAndStatusesTrailWhatIsAsked(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Create: 10 * time.Second, Settle: 3 * time.Second})
	before := p.get()
	op := p.mustUpdate(staged(app+"-r42-1", image+"v1.2.4", "v1.2.4"), "template", "traffic")

	asked := []*runpb.TrafficTarget{to(baseline, 100, ""), to(app+"-r42-1", 0, "rc")}
	old := []*runpb.TrafficTarget{to(baseline, 100, "")}
	check := func(moment string, reconciling, done bool, observed int64, shown []*runpb.TrafficTarget, conditions map[string]string) {
		t.Helper()
		svc := p.get()
		same(t, moment+": traffic asked", asked, svc.Traffic)
		same(t, moment+": traffic reported", shown, statuses(svc))
		same(t, moment+": conditions", conditions, states(svc))
		if svc.Reconciling != reconciling || svc.Generation != 2 || svc.ObservedGeneration != observed {
			t.Errorf("%s: reconciling %v, generation %d, observed %d", moment, svc.Reconciling, svc.Generation, svc.ObservedGeneration)
		}
		if _, isDone, err := p.poll(op); err != nil || isDone != done {
			t.Errorf("%s: operation done %v, %v; want %v", moment, isDone, err, done)
		}
	}
	busy := map[string]string{"Ready": "RECONCILING", "RoutesReady": "RECONCILING", "ConfigurationsReady": "RECONCILING"}
	check("at once", true, false, 1, old, busy)
	if meta, err := op.Metadata(); err != nil || meta.GetName() != full || !meta.GetReconciling() {
		t.Errorf("metadata %v, %v", meta, err)
	}
	if r := p.revision(app + "-r42-1"); !r.Reconciling || r.Service != app {
		t.Errorf("new revision: %v", r)
	}

	clock.Advance(10 * time.Second)
	moving := map[string]string{"Ready": "RECONCILING", "RoutesReady": "RECONCILING", "ConfigurationsReady": "SUCCEEDED"}
	check("revision ready", true, false, 1, old, moving)
	if got := p.get().LatestReadyRevision; got != full+"/revisions/"+app+"-r42-1" {
		t.Errorf("latest ready is %s", got)
	}

	clock.Advance(2999 * time.Millisecond)
	check("just before", true, false, 1, old, moving)
	clock.Advance(time.Millisecond)
	done := map[string]string{"Ready": "SUCCEEDED", "RoutesReady": "SUCCEEDED", "ConfigurationsReady": "SUCCEEDED"}
	check("settled", false, true, 2, asked, done)

	since := map[string]string{}
	for _, c := range append(p.get().Conditions, p.get().TerminalCondition) {
		since[c.Type] = c.LastTransitionTime.AsTime().Sub(noon).String()
	}
	same(t, "conditions since", map[string]string{"ConfigurationsReady": "10s", "RoutesReady": "13s", "Ready": "13s"}, since)

	svc, _, err := p.poll(op)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the operation's response", p.get(), svc)
	if svc.Uid != before.Uid || !svc.CreateTime.AsTime().Equal(before.CreateTime.AsTime()) || !svc.UpdateTime.AsTime().Equal(noon) {
		t.Errorf("uid %s, created %s, updated %s", svc.Uid, svc.CreateTime.AsTime(), svc.UpdateTime.AsTime())
	}
}

func TestWithoutDelaysTheOperationIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	op := p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	if !op.Done() {
		t.Error("the operation is still open")
	}
	same(t, "traffic", []*runpb.TrafficTarget{to(baseline, 100, ""), to(app+"-r1", 0, "rc")}, statuses(p.get()))
}

func TestLatestTakesTheNewRevisionOnceItIsReady(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Create: time.Second, Settle: time.Second}, cloudrun.ServiceSpec{Name: app})
	served := func() string { return body(t, p.get().Uri+"/health") }
	p.mustUpdate(renamed(app+"-r1", image+"v1.2.4", "v1.2.4"), "template")
	if v := served(); v != "v1.2.3" {
		t.Errorf("at once it serves %s", v)
	}
	clock.Advance(2 * time.Second)
	if v := served(); v != "v1.2.4" {
		t.Errorf("settled, it serves %s", v)
	}
	same(t, "traffic", []*runpb.TrafficTarget{latest(100)}, statuses(p.get()))

	p.Behaviour(app, "v1.2.5").SetCrashOnStart(true)
	p.mustUpdate(renamed(app+"-r2", image+"v1.2.5", "v1.2.5"), "template")
	clock.Advance(2 * time.Second)
	if v := served(); v != "v1.2.4" {
		t.Errorf("after a crash it serves %s", v)
	}
	same(t, "conditions after a crash",
		map[string]string{"Ready": "FAILED", "RoutesReady": "SUCCEEDED", "ConfigurationsReady": "FAILED"}, states(p.get()))
}

func TestALaterUpdateOvertakesAnEarlierOne(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: 10 * time.Second})
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	clock.Advance(10 * time.Second)
	up := p.mustUpdate(traffic(to(baseline, 50, ""), to(app+"-r1", 50, "")), "traffic")
	clock.Advance(5 * time.Second)
	back := p.mustUpdate(traffic(to(baseline, 100, ""), to(app+"-r1", 0, "")), "traffic")
	clock.Advance(9 * time.Second)
	if _, done, _ := p.poll(back); done {
		t.Error("the rollback is done before its time")
	}
	same(t, "meanwhile", []*runpb.TrafficTarget{to(baseline, 100, ""), to(app+"-r1", 0, "rc")}, statuses(p.get()))
	clock.Advance(time.Second)
	for _, op := range []string{up.Name(), back.Name()} {
		svc, err := p.services.UpdateServiceOperation(op).Poll(t.Context())
		if err != nil || svc == nil {
			t.Fatalf("%s: %v, %v", op, svc, err)
		}
		same(t, "both end with", []*runpb.TrafficTarget{to(baseline, 100, ""), to(app+"-r1", 0, "")}, statuses(svc))
	}
}

func TestAFailedCandidateLeavesTrafficAloneAndIsRemembered(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.Behaviour(app, "v1.2.4").SetCrashOnStart(true)
	bad := app + "-r1"
	op := p.mustUpdate(staged(bad, image+"v1.2.4", "v1.2.4"), "template", "traffic")
	_, done, err := p.poll(op)
	wantCode(t, "crash on start", err, codes.Internal)
	if !done {
		t.Error("the operation is open")
	}
	same(t, "traffic after the crash", []*runpb.TrafficTarget{to(baseline, 100, "")}, statuses(p.get()))
	all := map[string]string{"Ready": "FAILED", "RoutesReady": "FAILED", "ConfigurationsReady": "FAILED"}
	same(t, "conditions", all, states(p.get()))
	if svc := p.get(); svc.ObservedGeneration != 1 || svc.Reconciling {
		t.Errorf("observed %d, reconciling %v", svc.ObservedGeneration, svc.Reconciling)
	}
	ready := p.revision(bad).Conditions[0]
	if ready.GetRevisionReason() != runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR || ready.State != runpb.Condition_CONDITION_FAILED {
		t.Errorf("revision's condition: %v", ready)
	}

	p.Behaviour(app, "v1.2.4").Reset()
	still, done, err := p.poll(p.mustUpdate(traffic(to(baseline, 90, ""), to(bad, 10, "")), "traffic"))
	wantCode(t, "traffic to a failed revision", err, codes.Internal)
	if !done || still != nil {
		t.Errorf("done %v, %v", done, still)
	}
	clean := p.mustUpdate(traffic(to(baseline, 100, "")), "traffic")
	if _, done, err := p.poll(clean); err != nil || !done {
		t.Errorf("traffic without the failed revision: %v, done %v", err, done)
	}
	same(t, "the service stays failed until a newer revision is ready",
		map[string]string{"Ready": "FAILED", "RoutesReady": "SUCCEEDED", "ConfigurationsReady": "FAILED"}, states(p.get()))
	deleteRevision(t, p, bad, codes.FailedPrecondition)
	p.mustUpdate(staged(app+"-r2", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	if svc := p.get(); svc.TerminalCondition.State != runpb.Condition_CONDITION_SUCCEEDED || svc.ObservedGeneration != svc.Generation {
		t.Errorf("after a good one: %v, observed %d of %d", svc.TerminalCondition, svc.ObservedGeneration, svc.Generation)
	}
}

func TestTrafficToAMissingRevisionFailsTheOperation(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	_, done, err := p.poll(p.mustUpdate(traffic(to(app+"-nowhere", 100, "")), "traffic"))
	wantCode(t, "missing revision", err, codes.Internal)
	if !done {
		t.Error("the operation is open")
	}
	same(t, "traffic reported", []*runpb.TrafficTarget{to(baseline, 100, "")}, statuses(p.get()))
	same(t, "conditions",
		map[string]string{"Ready": "FAILED", "RoutesReady": "FAILED", "ConfigurationsReady": "SUCCEEDED"}, states(p.get()))
}
