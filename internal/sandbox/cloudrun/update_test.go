package cloudrun_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func TestTheMaskSaysWhatAnUpdateTouches(t *testing.T) {
	t.Parallel()
	// in differs from the service in everything that the cases look at.
	in := func() *runpb.Service {
		return &runpb.Service{
			Name: full, Uid: "mine", Generation: 99, Description: "new",
			Labels: map[string]string{"team": "b"}, Annotations: map[string]string{"note": "b"},
			Template: &runpb.RevisionTemplate{
				Revision: app + "-r1", Containers: []*runpb.Container{{Image: image + "v1.2.4"}},
				Scaling: &runpb.RevisionScaling{MaxInstanceCount: 3},
			},
			Traffic: []*runpb.TrafficTarget{to(baseline, 100, "old")},
		}
	}
	type seen struct {
		Description, Team, Note, Image string
		Min, Max                       int32
		Tags                           string
		Revisions                      int
	}
	before := seen{Description: "old", Team: "a", Note: "a", Image: image + "v1.2.3", Min: 2, Max: 10, Revisions: 1}
	with := func(change func(*seen)) seen { s := before; change(&s); return s }
	for _, c := range []struct {
		fact string
		mask []string
		want seen
		code codes.Code
	}{
		{"traffic alone leaves the template", []string{"traffic"}, with(func(s *seen) { s.Tags = "old" }), codes.OK},
		{"labels are replaced", []string{"labels"}, with(func(s *seen) { s.Team = "b" }), codes.OK},
		{"annotations are replaced", []string{"annotations"}, with(func(s *seen) { s.Note = "b" }), codes.OK},
		{"a template makes a revision, its absent fields are cleared", []string{"template"},
			with(func(s *seen) { s.Image, s.Min, s.Max, s.Revisions = image+"v1.2.4", 0, 3, 2 }), codes.OK},
		{"a nested path touches one field", []string{"template.scaling.max_instance_count"},
			with(func(s *seen) { s.Max, s.Revisions = 3, 2 }), codes.OK},
		{"no mask replaces everything", nil,
			seen{Description: "new", Team: "b", Note: "b", Image: image + "v1.2.4", Max: 3, Tags: "old", Revisions: 2}, codes.OK},
		{"a star is no mask", []string{"*"},
			seen{Description: "new", Team: "b", Note: "b", Image: image + "v1.2.4", Max: 3, Tags: "old", Revisions: 2}, codes.OK},
		{"fields of the platform are ignored", []string{"uid", "generation", "description"},
			with(func(s *seen) { s.Description = "new" }), codes.OK},
		{"an unknown field is refused", []string{"shares"}, before, codes.InvalidArgument},
		{"an unknown nested field is refused", []string{"template.images"}, before, codes.InvalidArgument},
		{"a path into a list is refused", []string{"template.containers.image"}, before, codes.InvalidArgument},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.mustUpdate(func(svc *runpb.Service) {
				svc.Description, svc.Labels, svc.Annotations = "old", map[string]string{"team": "a"}, map[string]string{"note": "a"}
			}, "description", "labels", "annotations")
			old := p.get()
			req := &runpb.UpdateServiceRequest{Service: in()}
			if c.mask != nil {
				req.UpdateMask = &fieldmaskpb.FieldMask{Paths: c.mask}
			}
			_, err := p.services.UpdateService(t.Context(), req)
			wantCode(t, "update", err, c.code)
			svc := p.get()
			got := seen{
				Description: svc.Description, Team: svc.Labels["team"], Note: svc.Annotations["note"],
				Image: svc.Template.Containers[0].Image, Min: svc.Template.GetScaling().GetMinInstanceCount(),
				Max: svc.Template.GetScaling().GetMaxInstanceCount(), Tags: svc.Traffic[0].Tag, Revisions: len(p.Stats(app)),
			}
			same(t, "service", c.want, got)
			changed := c.want != before
			if svc.Uid != old.Uid || (svc.Generation == old.Generation+1) != changed || (svc.Etag != old.Etag) != changed {
				t.Errorf("uid %s → %s, generation %d → %d, etag %s → %s, changed %v",
					old.Uid, svc.Uid, old.Generation, svc.Generation, old.Etag, svc.Etag, changed)
			}
		})
	}
}

func TestEtags(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	stale := p.get()
	p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")

	send := func(etag string, targets ...*runpb.TrafficTarget) error {
		_, err := p.services.UpdateService(t.Context(), &runpb.UpdateServiceRequest{
			Service:    &runpb.Service{Name: full, Etag: etag, Traffic: targets},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"traffic"}},
		})
		return err
	}
	wantCode(t, "a stale etag", send(stale.Etag, to(baseline, 100, "b")), codes.Aborted)
	same(t, "after it", []*runpb.TrafficTarget{to(baseline, 100, "a")}, p.get().Traffic)
	wantCode(t, "no etag", send("", to(baseline, 100, "c")), codes.OK)
	same(t, "the last writer won", []*runpb.TrafficTarget{to(baseline, 100, "c")}, p.get().Traffic)
	fresh := p.get().Etag
	wantCode(t, "the same again changes nothing", send(fresh, to(baseline, 100, "c")), codes.OK)
	if now := p.get().Etag; now != fresh {
		t.Errorf("the etag went from %s to %s", fresh, now)
	}
	wantCode(t, "deleting with a stale etag", deleteService(t, p, stale.Etag), codes.Aborted)
}

func deleteService(t *testing.T, p *platform, etag string) error {
	t.Helper()
	_, err := p.services.DeleteService(t.Context(), &runpb.DeleteServiceRequest{Name: full, Etag: etag})
	return err
}

func TestRevisionNames(t *testing.T) {
	t.Parallel()
	long := app + "-" + strings.Repeat("x", 63-len(app))
	for _, c := range []struct {
		fact, name string
		code       codes.Code
	}{
		{"named after the service", app + "-r42-1", codes.OK},
		{"63 characters fit", long[:63], codes.OK},
		{"64 do not", long[:63] + "x", codes.InvalidArgument},
		{"another service's prefix is refused", "coditect-app-staging-r42-1", codes.InvalidArgument},
		{"the service's name without a hyphen is refused", app + "r42", codes.InvalidArgument},
		{"capitals are refused", app + "-R42", codes.InvalidArgument},
		{"dots are refused", app + "-v1.2.4", codes.InvalidArgument},
		{"a hyphen at the end is refused", app + "-", codes.InvalidArgument},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			_, err := p.update(renamed(c.name, image+"v1.2.4", "v1.2.4"), "template")
			wantCode(t, c.name, err, c.code)
			if n := len(p.Stats(app)); (n == 2) != (c.code == codes.OK) {
				t.Errorf("%d revisions", n)
			}
		})
	}
}

func TestARevisionNameIsUsedUpForEver(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	first := renamed(app+"-r1", image+"v1.2.4", "v1.2.4")
	p.mustUpdate(first, "template")
	_, err := p.update(renamed(app+"-r1", image+"v1.2.5", "v1.2.5"), "template")
	wantCode(t, "same name, other template", err, codes.AlreadyExists)
	p.mustUpdate(renamed("", image+"v1.2.5", "v1.2.5"), "template")
	generated := p.get().LatestCreatedRevision
	if !strings.HasPrefix(generated, full+"/revisions/"+app+"-00003-") {
		t.Errorf("generated name %s", generated)
	}
	p.mustUpdate(first, "template")
	if n := len(p.Stats(app)); n != 3 {
		t.Errorf("same name and same template made a new revision: there are %d", n)
	}
	if got := p.get().LatestCreatedRevision; got != full+"/revisions/"+app+"-r1" {
		t.Errorf("latest is %s", got)
	}

	p.mustUpdate(renamed(app+"-r2", image+"v1.2.6", "v1.2.6"), "template")
	deleteRevision(t, p, app+"-r1", codes.OK)
	_, err = p.update(first, "template")
	wantCode(t, "the name of a deleted revision", err, codes.AlreadyExists)
}

func deleteRevision(t *testing.T, p *platform, id string, want codes.Code) {
	t.Helper()
	_, err := p.revisions.DeleteRevision(t.Context(), &runpb.DeleteRevisionRequest{Name: full + "/revisions/" + id})
	wantCode(t, "delete "+id, err, want)
}

func TestTrafficTables(t *testing.T) {
	t.Parallel()
	second := app + "-r1"
	for _, c := range []struct {
		fact  string
		table []*runpb.TrafficTarget
		code  codes.Code
	}{
		{"a split of a hundred", []*runpb.TrafficTarget{to(baseline, 90, ""), to(second, 10, "rc-1")}, codes.OK},
		{"latest beside a revision", []*runpb.TrafficTarget{latest(10), to(baseline, 90, "")}, codes.OK},
		{"46 characters of tag", []*runpb.TrafficTarget{to(baseline, 100, strings.Repeat("x", 46))}, codes.OK},
		{"99 is refused", []*runpb.TrafficTarget{to(baseline, 90, ""), to(second, 9, "")}, codes.InvalidArgument},
		{"101 is refused", []*runpb.TrafficTarget{to(baseline, 90, ""), to(second, 11, "")}, codes.InvalidArgument},
		{"a negative share is refused", []*runpb.TrafficTarget{to(baseline, 110, ""), to(second, -10, "")}, codes.InvalidArgument},
		{"47 characters are refused", []*runpb.TrafficTarget{to(baseline, 100, strings.Repeat("x", 47))}, codes.InvalidArgument},
		{"a dot in a tag is refused", []*runpb.TrafficTarget{to(baseline, 100, "v1.2")}, codes.InvalidArgument},
		{"a capital in a tag is refused", []*runpb.TrafficTarget{to(baseline, 100, "RC")}, codes.InvalidArgument},
		{"the same tag twice is refused", []*runpb.TrafficTarget{to(baseline, 90, "rc"), to(second, 10, "rc")}, codes.InvalidArgument},
		{"a target without a type is refused", []*runpb.TrafficTarget{{Revision: baseline, Percent: 100}}, codes.InvalidArgument},
		{"a revision without a name is refused", []*runpb.TrafficTarget{to("", 100, "")}, codes.InvalidArgument},
		{"a full revision name is refused", []*runpb.TrafficTarget{to(full+"/revisions/"+baseline, 100, "")}, codes.InvalidArgument},
		{"latest with a name is refused", []*runpb.TrafficTarget{{Type: latest(1).Type, Revision: baseline, Percent: 100}}, codes.InvalidArgument},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.mustUpdate(renamed(second, image+"v1.2.4", "v1.2.4"), "template")
			_, err := p.update(traffic(c.table...), "traffic")
			wantCode(t, "update", err, c.code)
			want := c.table
			if c.code != codes.OK {
				want = []*runpb.TrafficTarget{to(baseline, 100, "")}
			}
			same(t, "reported", want, statuses(p.get()))
		})
	}
}

func TestWhatAServiceMustHave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact   string
		change func(*runpb.Service)
	}{
		{"no container", func(s *runpb.Service) { s.Template.Containers = nil }},
		{"no image", func(s *runpb.Service) { s.Template.Containers[0].Image = "" }},
		{"no template", func(s *runpb.Service) { s.Template = nil }},
		{"a reserved label", func(s *runpb.Service) { s.Labels = map[string]string{"cloud.googleapis.com/location": "x"} }},
		{"a reserved annotation in the template", func(s *runpb.Service) {
			s.Template.Annotations = map[string]string{"autoscaling.knative.dev/maxScale": "1"}
		}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			before := p.get()
			_, err := p.update(c.change)
			wantCode(t, "update", err, codes.InvalidArgument)
			same(t, "service", before, p.get())
		})
	}
}

func TestValidateOnlyAnswersAndChangesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	before := p.get()
	next := proto.CloneOf(before)
	staged(app+"-r1", image+"v1.2.4", "v1.2.4")(next)
	req := &runpb.UpdateServiceRequest{
		Service: next, ValidateOnly: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"template", "traffic"}},
	}
	op, err := p.services.UpdateService(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if svc, done, err := p.poll(op); err != nil || !done || svc.GetTemplate().GetRevision() != app+"-r1" {
		t.Errorf("the answer is %v, done %v, %v", svc, done, err)
	}
	same(t, "service", before, p.get())
	next.Template.Revision = "elsewhere-r1"
	_, err = p.services.UpdateService(t.Context(), req)
	wantCode(t, "an invalid one", err, codes.InvalidArgument)
	for _, c := range p.Calls() {
		if c.Changed {
			t.Errorf("a call changed something: %s", c)
		}
	}
}

func TestCreateAndDelete(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	create := func(id string, allow func(*runpb.CreateServiceRequest)) (string, error) {
		req := &runpb.CreateServiceRequest{Parent: parent, ServiceId: id, Service: &runpb.Service{
			Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: image + "v1.2.4"}}},
		}}
		if allow != nil {
			allow(req)
		}
		op, err := p.services.CreateService(t.Context(), req)
		if err != nil {
			return "", err
		}
		svc, err := op.Poll(t.Context())
		return svc.GetUri(), err
	}
	url, err := create("other", nil)
	wantCode(t, "create", err, codes.OK)
	if v := body(t, url+"/health"); v != "v1.2.4" {
		t.Errorf("the new service serves %s", v)
	}
	_, err = create("other", nil)
	wantCode(t, "a name that is taken", err, codes.AlreadyExists)
	for _, id := range []string{"", "Other", "other-", "1other", strings.Repeat("x", 50)} {
		_, err = create(id, nil)
		wantCode(t, "the name "+id, err, codes.InvalidArgument)
	}
	_, err = create("dry", func(r *runpb.CreateServiceRequest) { r.ValidateOnly = true })
	wantCode(t, "validate only", err, codes.OK)
	_, err = create("elsewhere", func(r *runpb.CreateServiceRequest) { r.Parent = "projects/p" })
	wantCode(t, "a parent without a location", err, codes.InvalidArgument)

	var names []string
	for svc, err := range p.services.ListServices(t.Context(), &runpb.ListServicesRequest{Parent: parent, PageSize: 1}).All() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, svc.Name)
	}
	same(t, "services", []string{full, parent + "/services/other"}, names)

	wantCode(t, "delete", deleteService(t, p, ""), codes.OK)
	_, err = p.services.GetService(t.Context(), &runpb.GetServiceRequest{Name: full})
	wantCode(t, "get after it", err, codes.NotFound)
	wantCode(t, "delete again", deleteService(t, p, ""), codes.NotFound)
	if svc := p.Service(full); svc != nil {
		t.Errorf("still there: %v", svc)
	}
}

func TestAllowMissingCreates(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	req := &runpb.UpdateServiceRequest{Service: &runpb.Service{
		Name:     parent + "/services/fresh",
		Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: image + "v1.2.4"}}},
	}}
	_, err := p.services.UpdateService(t.Context(), req)
	wantCode(t, "without it", err, codes.NotFound)
	req.AllowMissing = true
	_, err = p.services.UpdateService(t.Context(), req)
	wantCode(t, "with it", err, codes.OK)
	if svc := p.Service(parent + "/services/fresh"); svc.GetLatestReadyRevision() == "" {
		t.Errorf("service %v", svc)
	}
}

func TestRevisionsAreListedNewestFirstAndLiveOnesStay(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for i, id := range []string{"-r1", "-r2", "-r3"} {
		v := "v1.2." + string(rune('4'+i))
		p.mustUpdate(renamed(app+id, image+v, v), "template")
	}
	p.mustUpdate(traffic(to(baseline, 100, ""), to(app+"-r1", 0, "rc")), "traffic")
	list := func(parent string) (ids []string) {
		for r, err := range p.revisions.ListRevisions(t.Context(), &runpb.ListRevisionsRequest{Parent: parent, PageSize: 2}).All() {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, strings.TrimPrefix(r.Name, full+"/revisions/"+app))
		}
		return ids
	}
	same(t, "revisions", []string{"-r3", "-r2", "-r1", "-00001"}, list(full))
	deleteRevision(t, p, app+"-r3", codes.FailedPrecondition)
	deleteRevision(t, p, app+"-r1", codes.FailedPrecondition)
	deleteRevision(t, p, baseline, codes.FailedPrecondition)
	deleteRevision(t, p, app+"-r2", codes.OK)
	deleteRevision(t, p, app+"-r2", codes.NotFound)
	same(t, "revisions of the location", []string{"-r3", "-r1", "-00001"}, list(parent+"/services/-"))
	_, err := p.revisions.GetRevision(t.Context(), &runpb.GetRevisionRequest{Name: full + "/revisions/" + app + "-r2"})
	wantCode(t, "get a deleted revision", err, codes.NotFound)
	_, done, err := p.poll(p.mustUpdate(traffic(to(app+"-r2", 100, "")), "traffic"))
	wantCode(t, "traffic to a deleted revision", err, codes.Internal)
	if !done {
		t.Error("the operation is open")
	}
}
