package main

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestSnapshotIsTheConfigurationAsItWasKept(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	var out bytes.Buffer
	if err := snapshot(t.Context(), s, id, &out); deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Hint(err), "snapshot: true") {
		t.Errorf("of a release that keeps none: %v; %s", err, deploy.Hint(err))
	}
	if err := snapshot(t.Context(), s, "app-99", &out); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("of a release that is not there: %v", err)
	}
	claim, err := s.Claim(t.Context(), id, "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r := claim.Release
	r.Spec.Snapshot = true
	r.Rev = commit(t, s, r, claim.Epoch)
	if err := snapshot(t.Context(), s, id, &out); deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Hint(err), "bot release show "+string(id)) {
		t.Errorf("of a release that has not come so far: %v; %s", err, deploy.Hint(err))
	}
	const config = "apiVersion: serving.knative.dev/v1\nkind: Service\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(config)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r.Snapshot = packed.Bytes()
	commit(t, s, r, claim.Epoch)
	if err := snapshot(t.Context(), s, id, &out); err != nil || out.String() != config {
		t.Errorf("it wrote %q, %v; want %q", out.String(), err, config)
	}
}

// commit stores a release as it is now, and gives its revision.
func commit(t *testing.T, s deploy.Owners, r deploy.Release, epoch deploy.Epoch) int64 {
	t.Helper()
	c, err := s.Commit(t.Context(), deploy.Commit{Release: r, Epoch: epoch, Entries: []deploy.Entry{{Kind: deploy.EntryState, State: r.State}}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Rev
}
