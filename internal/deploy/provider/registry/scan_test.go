package registry_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/registry"
)

// The reports are cut to what is read of them, and a few fields that are not.
const (
	trivyReport = `{"SchemaVersion":2,"CreatedAt":"2026-11-20T10:00:00.123456789+01:00","ArtifactName":"app","ArtifactType":"container_image","Results":[
		{"Target":"debian","Class":"os-pkgs","Vulnerabilities":[
			{"VulnerabilityID":"CVE-2026-1","PkgName":"openssl","InstalledVersion":"3.0.1","FixedVersion":"3.0.2","Severity":"CRITICAL","PrimaryURL":"https://avd.example/1"},
			{"VulnerabilityID":"CVE-2026-2","PkgName":"zlib","InstalledVersion":"1.2","Severity":"UNKNOWN","Status":"affected"}]},
		{"Target":"app","Class":"lang-pkgs"}]}`
	cosignVuln  = `{"invocation":{"uri":""},"scanner":{"uri":"pkg:github/aquasecurity/trivy@0.70","version":"0.70","result":` + trivyReport + `},"metadata":{"scanStartedOn":"2026-11-21T09:00:00Z","scanFinishedOn":"2026-11-21T09:00:05Z"}}`
	grypeReport = `{"matches":[
		{"vulnerability":{"id":"GHSA-aaaa-bbbb-cccc","dataSource":"https://github.com/a","severity":"High","fix":{"versions":["1.2.4","2.0.1"],"state":"fixed"}},"artifact":{"name":"lib","version":"1.2.3","type":"npm"}},
		{"vulnerability":{"id":"CVE-2026-3","severity":"Negligible","fix":{"versions":[],"state":"wont-fix"}},"artifact":{"name":"bash","version":"5"}}],
		"source":{"type":"image"},"descriptor":{"name":"grype","version":"0.100","timestamp":"2026-11-19T08:00:00Z"}}`
	sarifReport = `{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"tool":{"driver":{"name":"Trivy","rules":[
		{"id":"CVE-2026-4","helpUri":"https://avd.example/4","properties":{"precision":"very-high","security-severity":"9.8","tags":["vulnerability","security","HIGH"]}},
		{"id":"CVE-2026-5-bash","help":{"text":"Vulnerability CVE-2026-5\nSeverity: medium\nPackage: bash\nVersion: 5.0\nFix Version: 5.1\nType: deb"}},
		{"id":"CVE-2026-6","properties":{"security-severity":4.0}},
		{"id":"CVE-2026-7"}]}},
		"invocations":[{"executionSuccessful":true,"endTimeUtc":"2026-11-18T07:00:00Z"}],
		"results":[
		{"ruleId":"CVE-2026-4","level":"error","message":{"text":"Package: curl\nInstalled Version: 8.0\nVulnerability CVE-2026-4\nSeverity: HIGH\nFixed Version: 8.1\nLink: [CVE-2026-4](x)"}},
		{"ruleId":"CVE-2026-5-bash","level":"warning","message":{"text":"A medium vulnerability in deb package: bash"}},
		{"ruleId":"CVE-2026-6","level":"error","message":{"text":"x"}},
		{"ruleId":"CVE-2026-7","level":"note","message":{"text":"x"}},
		{"ruleId":"CVE-2026-8","kind":"pass","message":{"text":"x"}},
		{"ruleId":"CVE-2026-9","level":"error","suppressions":[{"kind":"external"}],"message":{"text":"x"}}]}]}`
	manifest = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}`
)

// at is the annotation that says when something was attached.
func at(moment string) map[string]string {
	return map[string]string{"org.opencontainers.image.created": moment}
}

// report is an attachment that calls itself Trivy's.
func report(data string, annotations map[string]string) sandbox.Attachment {
	return sandbox.Attachment{Kind: "application/vnd.aquasec.trivy.report+json", MediaType: "application/json", Data: []byte(data), Annotations: annotations}
}

// scanned attaches things to an image and reads its scan.
func scanned(t *testing.T, opts sandbox.Options, attached ...sandbox.Attachment) (deploy.Scan, error) {
	t.Helper()
	opts.Repositories, opts.Versions = []string{"coditect"}, []string{"v1.2.4"}
	r := practice(t, &opts)
	for _, a := range attached {
		if err := r.Attach("coditect", r.Digest("v1.2.4"), a); err != nil {
			t.Fatal(err)
		}
	}
	return images(t, nil).Scan(t.Context(), sample(r, "v1.2.4"))
}

func utc(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

var findings = []deploy.Vulnerability{
	{ID: "CVE-2026-1", Severity: deploy.Critical, Package: "openssl", Version: "3.0.1", Fixed: "3.0.2", Link: "https://avd.example/1"},
	{ID: "CVE-2026-2", Severity: deploy.Unrated, Package: "zlib", Version: "1.2"},
}

func TestReports(t *testing.T) {
	t.Parallel()
	trivy := deploy.Scan{Source: "Trivy report of the image", At: utc("2026-11-20T09:00:00.123456789Z"), Vulnerabilities: findings}
	tests := map[string]struct {
		data string
		want deploy.Scan
	}{
		"Trivy's":                    {trivyReport, trivy},
		"Trivy's as cosign wraps it": {cosignVuln, deploy.Scan{Source: trivy.Source, At: utc("2026-11-21T09:00:05Z"), Vulnerabilities: findings}},
		"Trivy's that found nothing": {`{"SchemaVersion":2,"ArtifactName":"app"}`, deploy.Scan{Source: trivy.Source}},
		"Grype's": {grypeReport, deploy.Scan{Source: "Grype report of the image", At: utc("2026-11-19T08:00:00Z"), Vulnerabilities: []deploy.Vulnerability{
			{ID: "GHSA-aaaa-bbbb-cccc", Severity: deploy.High, Package: "lib", Version: "1.2.3", Fixed: "1.2.4, 2.0.1", Link: "https://github.com/a"},
			{ID: "CVE-2026-3", Severity: deploy.Negligible, Package: "bash", Version: "5"},
		}}},
		"SARIF": {sarifReport, deploy.Scan{Source: "SARIF report of the image by Trivy", At: utc("2026-11-18T07:00:00Z"), Vulnerabilities: []deploy.Vulnerability{
			{ID: "CVE-2026-4", Severity: deploy.High, Package: "curl", Version: "8.0", Fixed: "8.1", Link: "https://avd.example/4"},
			{ID: "CVE-2026-5", Severity: deploy.Medium, Package: "bash", Version: "5.0", Fixed: "5.1"},
			{ID: "CVE-2026-6", Severity: deploy.Medium},
			{ID: "CVE-2026-7", Severity: deploy.Low},
		}}},
	}
	for name, tc := range tests {
		for way, opts := range map[string]sandbox.Options{"": {}, ", without the referrers API": {NoReferrers: true}} {
			t.Run(name+way, func(t *testing.T) {
				t.Parallel()
				got, err := scanned(t, opts, report(tc.data, nil))
				if err != nil {
					t.Fatal(err)
				}
				got.At = got.At.UTC()
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("scan (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// trivyOf is a report that says when it was made; its only finding is named after that.
func trivyOf(moment string) string {
	return fmt.Sprintf(`{"SchemaVersion":2,"ArtifactName":"app","CreatedAt":%[1]q,"Results":[{"Vulnerabilities":[{"VulnerabilityID":%[1]q,"Severity":"LOW"}]}]}`, moment)
}

func TestTheNewestReportCounts(t *testing.T) {
	t.Parallel()
	const older, old, young = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"
	none := `{"SchemaVersion":2,"ArtifactName":"app"}`
	tests := map[string]struct {
		attached []sandbox.Attachment
		id       string // of its finding
		at       string
	}{
		"by when it was attached":                   {[]sandbox.Attachment{report(trivyOf(old), at(old)), report(trivyOf(young), at(young)), report(trivyOf(older), at(older))}, young, young},
		"by when it was made":                       {[]sandbox.Attachment{report(trivyOf(old), nil), report(trivyOf(young), nil), report(trivyOf(older), nil)}, young, young},
		"one with a date and one without":           {[]sandbox.Attachment{report(trivyOf(young), nil), report(trivyOf(old), at(old))}, young, young},
		"one of either, the other way":              {[]sandbox.Attachment{report(trivyOf(old), nil), report(trivyOf(young), at(young))}, young, young},
		"it has no date but that of its attachment": {[]sandbox.Attachment{report(none, at(young)), report(trivyOf(old), nil)}, "", young},
		"a broken one that is older":                {[]sandbox.Attachment{report("{", at(old)), report(trivyOf(young), at(young))}, young, young},
		"what is no report is left out": {[]sandbox.Attachment{
			report(trivyOf(old), nil),
			{Kind: "application/vnd.example.test+json", MediaType: "application/json", Data: []byte(`{"passed":4}`)},
			{Kind: "application/vnd.example.manifest", MediaType: "application/json", Data: []byte(manifest), Annotations: at(young)},
			{Kind: "application/vnd.cyclonedx+json", MediaType: "application/vnd.cyclonedx+json", Data: []byte("{"), Annotations: at(young)},
			{Kind: "application/vnd.example.text", MediaType: "text/plain", Data: []byte("{"), Annotations: at(young)},
		}, old, old},
		"JSON that says nowhere that it is a report": {[]sandbox.Attachment{{Kind: "application/vnd.example", MediaType: "application/json", Data: []byte(trivyOf(old))}}, old, old},
		"one that is known by its file name":         {[]sandbox.Attachment{{Kind: "application/vnd.example", MediaType: "application/octet-stream", Title: "trivy.json", Data: []byte(trivyOf(old))}}, old, old},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scanned(t, sandbox.Options{}, tc.attached...)
			if err != nil {
				t.Fatal(err)
			}
			id := ""
			if len(got.Vulnerabilities) > 0 {
				id = got.Vulnerabilities[0].ID
			}
			if id != tc.id || !got.At.Equal(utc(tc.at)) {
				t.Errorf("%q of %s, want %q of %s", id, got.At, tc.id, tc.at)
			}
		})
	}
}

func TestReportsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := report(trivyOf("2026-11-02T00:00:00Z"), at("2026-11-02T00:00:00Z"))
	for name, tc := range map[string]struct {
		attached []sandbox.Attachment
		says     string
	}{
		"it is no JSON":                {[]sandbox.Attachment{report("oops", nil)}, "neither a report of Trivy or Grype in JSON nor SARIF"},
		"it is other JSON":             {[]sandbox.Attachment{report(`{"a":1}`, nil)}, "neither"},
		"it is a manifest":             {[]sandbox.Attachment{report(manifest, nil)}, "neither"},
		"its findings are no list":     {[]sandbox.Attachment{report(`{"SchemaVersion":2,"ArtifactName":"app","Results":{"a":1}}`, nil)}, "neither"},
		"of a schema of the future":    {[]sandbox.Attachment{report(`{"SchemaVersion":3,"ArtifactName":"app"}`, nil)}, "neither"},
		"SARIF without a run":          {[]sandbox.Attachment{report(`{"version":"2.1.0","runs":[]}`, nil)}, "neither"},
		"newer than a good one":        {[]sandbox.Attachment{good, report("{", at("2026-11-03T00:00:00Z"))}, "neither"},
		"of no date beside a good one": {[]sandbox.Attachment{good, report("{", nil)}, "neither"},
		"it is huge":                   {[]sandbox.Attachment{report(strings.Repeat(" ", 32<<20)+trivyReport, nil)}, "larger than 32 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scanned(t, sandbox.Options{}, tc.attached...)
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.says) || !strings.Contains(deploy.Hint(err), "attach it again") {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}
}

func TestNobodyHasScannedIt(t *testing.T) {
	t.Parallel()
	_, err := scanned(t, sandbox.Options{})
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != "no report of a scanner is attached to the image" || !strings.Contains(deploy.Hint(err), "oras attach") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}

func TestAReportOfTheIndexCounts(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	img, index := pair(t, r)
	if err := r.Attach("team/app", index, report(trivyReport, nil)); err != nil {
		t.Fatal(err)
	}
	got, err := images(t, nil).Scan(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(findings, got.Vulnerabilities); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
