package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	ecKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/OGk+vKx2u5yuhu7GN/5D4Rs0GWn
7u/G44TSu82qH0y5sf9ygJB2sya4BR8B9Ut6C8i7TioPuBTWPuosN3Vlpw==
-----END PUBLIC KEY-----
`
	edKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAQt8YFomkUK2iTl0LHqhe49fzvji84yeWSO/Ak/d8kXY=
-----END PUBLIC KEY-----
`
)

// guarded is sound with everything that keeps a release from beginning or from going on.
var guarded = sound + `on_call: "@oncall"
public_only: true
checklist: checklists/production.yaml
checks:
  - {name: Database, stage: smoke, postgres: "${secret:database-url}", tries: 3, within: 30s}
  - {name: Uploads, stage: smoke, bucket: "gs://app-${ENVIRONMENT}-uploads"}
  - {name: Probe, stage: smoke, tcp: "10.0.0.5:5432", job: slipway-probe}
  - {name: Script, stage: functional, command: [scripts/smoke.sh, --fast], beside_the_bot: true}
load:
  - name: Load
    stage: smoke
    rate: 50
    for: 20s
    most: 60
    targets: [{get: /a}, {post: /b, json: {c: d}}]
    limits: {rate: 45, mean: 80ms, p99: 0ms, failed: 0.5%}
image_policy:
  max_age: 2160h
  max_size: 1Gi
  labels: [org.opencontainers.image.revision]
  scan: {critical: 0, high: 3, max_age: 720h, fixable_only: true}
  exceptions:
    - {id: CVE-2026-1234, until: 2026-12-31, reason: "not reachable: no XML is read"}
  signed_by: |
` + indented(ecKey+edKey)

// listed is the checklist of guarded.
const listed = `groups:
  - name: Security
    items:
      - {key: scan, text: Scan passed, prove: scan}
      - {key: cors, text: CORS configured, owner: "@platform", lasts: 24h}
  - name: Testing & quality
    items:
      - {key: staging, text: Uploads there, prove: {kind: check, arg: Uploads}, owner: "@oncall"}
      - {key: way, text: A way back}
`

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
}

// guardedBy is guarded with its checklist and its script.
func guardedBy(text, list string) fstest.MapFS {
	return fstest.MapFS{"app.yaml": file(text), "checklists/production.yaml": file(list), "scripts/smoke.sh": file("exit 0\n")}
}

// problemsOf are the problems of a catalog, one on each line.
func problemsOf(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	_, err := load(t, files)
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\ncat/", "\n"), "cat/")
}

// replaced is a text with one place changed.
func replaced(t *testing.T, text string, b broken) string {
	t.Helper()
	if !strings.Contains(text, b.old) {
		t.Fatalf("the sound text has no %q to break", b.old)
	}
	return strings.Replace(text, b.old, b.new, 1)
}

func TestAProblemOfWhatGuardsAReleaseIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range [][]broken{kindProblems, addressProblems, commandProblems, loadProblems, imageProblems, exceptionProblems, keyProblems, checklistFileProblems} {
		for _, tc := range table {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				got := strings.ReplaceAll(problemsOf(t, guardedBy(replaced(t, guarded, tc), listed)), "app.yaml:", "")
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestAProblemOfAChecklistIsReportedInIt(t *testing.T) {
	t.Parallel()
	for _, table := range [][]broken{groupProblems, itemProblems, proofProblems} {
		for _, tc := range table {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				got := strings.ReplaceAll(problemsOf(t, guardedBy(guarded, replaced(t, listed, tc))), "checklists/production.yaml:", "")
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			})
		}
	}
}
