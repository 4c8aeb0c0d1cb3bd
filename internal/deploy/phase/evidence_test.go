package phase_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestChangesOfARevision(t *testing.T) {
	t.Parallel()
	rev := func(version string, config ...string) deploy.RevisionStatus {
		s := deploy.RevisionStatus{Version: version, Config: map[string]string{}}
		for i := 0; i < len(config); i += 2 {
			s.Config[config[i]] = config[i+1]
		}
		return s
	}
	cases := map[string]struct {
		before, after deploy.RevisionStatus
		want          []string
	}{
		"nothing":                       {rev("v1", "cpu", "1"), rev("v1", "cpu", "1"), nil},
		"the version, once":             {rev("v1", "env VERSION", "aa"), rev("v2", "env VERSION", "bb"), []string{"version v1 → v2"}},
		"a version nobody knows":        {rev(""), rev("v2"), []string{"version a version unknown to Slipway → v2"}},
		"a setting, with its values":    {rev("v1", "cpu", "1", "memory", "2Gi"), rev("v1", "cpu", "2", "memory", "2Gi"), []string{"cpu 1 → 2"}},
		"an image":                      {rev("v1", "image", "a@sha256:1"), rev("v1", "image", "a@sha256:2"), []string{"image a@sha256:1 → a@sha256:2"}},
		"a variable, without its value": {rev("v1", "env A", "f1"), rev("v1", "env A", "f2"), []string{"env A has another value"}},
		"variables that come and go":    {rev("v1", "env OLD", "f1"), rev("v1", "env NEW", "f1"), []string{"+ env NEW", "− env OLD"}},
		"a secret's version, by name":   {rev("v1", "secret KEY", "key:1"), rev("v1", "secret KEY", "key:2"), []string{"secret KEY key:1 → key:2"}},
		"what is known by a fingerprint only": {rev("v1", "arguments", "f1", "command", "f1", "startup probe", "f1"), rev("v1", "arguments", "f2", "command", "f2", "startup probe", "f2"),
			[]string{"arguments has another value", "command has another value", "startup probe has another value"}},
		"in the order of names": {rev("v1"), rev("v1", "port", "80", "cpu", "1", "env B", "f", "env A", "f"), []string{"+ cpu", "+ env A", "+ env B", "+ port"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, phase.Changes(c.before, c.after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinesThatSayTheSameAreOneGroup(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		lines []string // newest first
		want  []string // count and text
	}{
		"none":                        {nil, nil},
		"the same":                    {[]string{"boom", "boom"}, []string{"2 boom"}},
		"other numbers, newest shown": {[]string{"user 17 failed after 12.5 ms", "user 4 failed after 1 ms"}, []string{"2 user 17 failed after 12.5 ms"}},
		"other identifiers":           {[]string{"id 8f14e45f-ceea-467f-9575-1b6e5c0a1d2f", "id 1f14e45f-ceea-467f-9575-1b6e5c0a1d2e"}, []string{"2 id 8f14e45f-ceea-467f-9575-1b6e5c0a1d2f"}},
		"short identifiers":           {[]string{"request 1a2b3c4d failed", "request ff00aa1e failed"}, []string{"2 request 1a2b3c4d failed"}},
		"long identifiers":            {[]string{"trace deadbeefcafebabe", "trace cafebabedeadbeef"}, []string{"2 trace deadbeefcafebabe"}},
		"other addresses":             {[]string{"at 0xC0de: fault", "at 0xBEEF: fault"}, []string{"2 at 0xC0de: fault"}},
		"other spaces and lines":      {[]string{"a  b\n\tc", "a b c"}, []string{"2 a b c"}},
		"other words stay apart":      {[]string{"table users is gone", "table orders is gone"}, []string{"1 table users is gone", "1 table orders is gone"}},
		"most frequent first":         {[]string{"rare", "often", "often"}, []string{"2 often", "1 rare"}},
		"of as many, newest first":    {[]string{"new", "old"}, []string{"1 new", "1 old"}},
		"no more than are kept":       {[]string{"a", "b", "c", "d"}, []string{"1 a", "1 b", "1 c"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var in []deploy.LogLine
			for i, text := range c.lines {
				in = append(in, deploy.LogLine{At: noon.Add(-time.Duration(i) * time.Second), Text: text})
			}
			backwards := slices.Clone(in)
			slices.Reverse(backwards)
			for order, lines := range map[string][]deploy.LogLine{"newest first": in, "oldest first": backwards} {
				var got []string
				for _, g := range phase.Group(lines, 3) {
					got = append(got, fmt.Sprintf("%d %s", g.Count, g.Text))
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", order, diff)
				}
			}
		})
	}
}
