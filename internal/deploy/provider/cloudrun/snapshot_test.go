package cloudrun_test

import (
	"bytes"
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"slipway/internal/deploy"
)

func TestASnapshotIsTheWholeServiceAndNothingChanges(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	h.edit(&runpb.Service{Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{
		Image: goodImage.Ref,
		Env: []*runpb.EnvVar{
			{Name: "VERSION", Values: &runpb.EnvVar_Value{Value: goodImage.Version}},
			{Name: "DATABASE_URL", Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{SecretKeyRef: &runpb.SecretKeySelector{Secret: "database-url", Version: "3"}}}},
		},
	}}}}, "template.containers")
	p := h.connect(nil)
	before, changes := h.server.Service(h.name), h.Changes()
	first, err := p.Snapshot(t.Context(), h.ref)
	if err != nil {
		t.Fatal(err)
	}
	var got runpb.Service
	if err := protojson.Unmarshal(first, &got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(before, &got) {
		t.Errorf("Cloud Run has\n%v\nand this was written down:\n%v", before, &got)
	}
	if !strings.Contains(string(first), `"secret": "database-url"`) {
		t.Errorf("there is no reference to the secret in\n%s", first)
	}
	for range 5 {
		if again, err := h.connect(nil).Snapshot(t.Context(), h.ref); err != nil || !bytes.Equal(first, again) {
			t.Errorf("the same service gave other bytes: %v", err)
		}
	}
	if h.Changes() != changes {
		t.Error("it changed something")
	}
}

func TestASnapshotOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	missing := h.ref
	missing.Name = "nobody-knows-it"
	if _, err := h.connect(nil).Snapshot(t.Context(), missing); deploy.CodeOf(err) != deploy.NotFound || deploy.Hint(err) == "" {
		t.Errorf("%v", err)
	}
	h.Down()
	if _, err := h.connect(nil).Snapshot(t.Context(), h.ref); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("while it is down: %v", err)
	}
}
