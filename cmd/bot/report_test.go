package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/deploy"
)

func TestReportOfAReleaseIsItsStoryInMarkdown(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	var heard bytes.Buffer
	if err := say(t.Context(), s, id, deploy.Signal{Kind: deploy.SignalAbandon, By: "os:root", Reason: "break-glass: Slack is | down"}, &heard); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (reportCommand{ID: id}).write(t.Context(), s, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Release " + string(id) + ": v2 to app/production, let go by break-glass\n", "| U0ALICE | asked for: deploy v2 to app/production |",
		"| os:root | **let go by break-glass**: break-glass: Slack is \\| down |", "- U0ALICE asked for it at ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	file := filepath.Join(t.TempDir(), "report.md")
	var nothing bytes.Buffer
	to := reportCommand{ID: id, Output: file}
	if err := to.write(t.Context(), s, &nothing); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != out.String() || nothing.Len() != 0 {
		t.Errorf("the file is not what would be printed: %v, and %q was printed\n%s", err, nothing.String(), got)
	}
	if err := to.write(t.Context(), s, &nothing); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "--output") {
		t.Errorf("over a report that is there: %v", err)
	}
}

func TestReportOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "report.md")
	if err := (reportCommand{ID: "app-99", Output: file}).write(t.Context(), s, &out); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("a release that is not there: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("an empty file was left")
	}
}
