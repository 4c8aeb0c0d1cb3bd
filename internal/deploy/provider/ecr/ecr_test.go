package ecr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecr"
	"slipway/internal/deploy/provider/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"

var (
	image = deploy.Image{Repository: host + "/team/app", Digest: "sha256:" + strings.Repeat("a", 64)}
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

	_ registry.Login = (*ecr.ECR)(nil).Login
)

// amazon is an ECR: JSON 1.1 by POST, the operation in a header.
type amazon struct {
	*httptest.Server

	mu    sync.Mutex
	asked []call
}

type call struct {
	Operation string
	Scope     string // of the signature: region and service
	Body      map[string]any
}

// serve answers each call with what answer says for its number, from 1.
func serve(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *amazon {
	t.Helper()
	a := &amazon{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{Operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonEC2ContainerRegistry_V20150921.")}
		if parts := strings.Split(r.Header.Get("Authorization"), "/"); len(parts) > 3 {
			c.Scope = parts[2] + "/" + parts[3]
		}
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &c.Body)
		a.mu.Lock()
		a.asked = append(a.asked, c)
		n := len(a.asked)
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		answer(n, w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *amazon) calls() []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

func client(a *amazon, opts ecr.Options) *ecr.ECR {
	opts.Endpoint = a.URL
	if opts.Credentials == nil {
		opts.Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	}
	return ecr.New(&opts)
}

func says(texts ...string) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, texts[min(n, len(texts))-1]) }
}

func refuses(status int, code string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":%q,"message":"words of AWS"}`, code)
	}
}

func page(status, findings, next string) string {
	return fmt.Sprintf(`{"registryId":"123456789012","repositoryName":"team/app","imageScanStatus":{"status":%q,"description":"words"},
		"imageScanFindings":{"imageScanCompletedAt":1764072000.5,%s},"nextToken":%s}`, status, findings, next)
}

func TestBasicFindingsInPages(t *testing.T) {
	t.Parallel()
	a := serve(t, says(
		page("COMPLETE", `"findings":[{"name":"CVE-2026-1","severity":"CRITICAL","uri":"https://a.example/1","attributes":[
			{"key":"package_name","value":"openssl"},{"key":"package_version","value":"3.0.1"},{"key":"CVSS3_SCORE","value":"9.8"}]}]`, `"more"`),
		page("COMPLETE", `"findings":[{"name":"CVE-2026-2","severity":"INFORMATIONAL","attributes":[{"key":"patched_version","value":"1.1"}]},{"name":"CVE-2026-3","severity":"UNDEFINED"}]`, `null`),
	))
	got, err := client(a, ecr.Options{}).Scan(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	got.At = got.At.UTC()
	want := deploy.Scan{Source: "Amazon ECR", At: time.Date(2025, 11, 25, 12, 0, 0, 500_000_000, time.UTC), Vulnerabilities: []deploy.Vulnerability{
		{ID: "CVE-2026-1", Severity: deploy.Critical, Package: "openssl", Version: "3.0.1", Link: "https://a.example/1"},
		{ID: "CVE-2026-2", Severity: deploy.Negligible, Fixed: "1.1"},
		{ID: "CVE-2026-3", Severity: deploy.Unrated},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scan (-want +got):\n%s", diff)
	}
	body := map[string]any{"registryId": "123456789012", "repositoryName": "team/app", "imageId": map[string]any{"imageDigest": image.Digest}, "maxResults": float64(1000)}
	second := map[string]any{"nextToken": "more"}
	for k, v := range body {
		second[k] = v
	}
	asked := []call{{"DescribeImageScanFindings", "eu-central-1/ecr", body}, {"DescribeImageScanFindings", "eu-central-1/ecr", second}}
	if diff := cmp.Diff(asked, a.calls()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestEnhancedFindings(t *testing.T) {
	t.Parallel()
	a := serve(t, says(page("ACTIVE", `"enhancedFindings":[
		{"severity":"HIGH","status":"ACTIVE","title":"CVE-2026-1 - a, b","fixAvailable":"PARTIAL","packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2026-1","sourceUrl":"https://a.example/1","vulnerablePackages":[
			{"name":"a","version":"1.0","release":"2.el9","fixedInVersion":"0:1.1-1.el9"},{"name":"b","version":"2.0","fixedInVersion":"NotAvailable"}]}},
		{"severity":"MEDIUM","status":"SUPPRESSED","title":"CVE-2026-2","packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2026-2","vulnerablePackages":[{"name":"c"}]}},
		{"severity":"UNTRIAGED","status":"ACTIVE","title":"something else"}]`, `null`)))
	got, err := client(a, ecr.Options{}).Scan(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	want := []deploy.Vulnerability{
		{ID: "CVE-2026-1", Severity: deploy.High, Package: "a", Version: "1.0-2.el9", Fixed: "0:1.1-1.el9", Link: "https://a.example/1"},
		{ID: "CVE-2026-1", Severity: deploy.High, Package: "b", Version: "2.0", Link: "https://a.example/1"},
		{ID: "something else", Severity: deploy.Unrated},
	}
	if diff := cmp.Diff(want, got.Vulnerabilities); diff != "" || got.Source != "Amazon Inspector" {
		t.Errorf("%s's findings (-want +got):\n%s", got.Source, diff)
	}
}

func TestPagesThatAreSmallAreReadToTheEnd(t *testing.T) {
	t.Parallel()
	const pages = 120
	one := `"findings":[{"name":"CVE-2026-1","severity":"LOW"}]`
	a := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == pages {
			fmt.Fprint(w, page("COMPLETE", `"findings":[{"name":"CVE-2026-2","severity":"CRITICAL"}]`, "null"))
			return
		}
		fmt.Fprint(w, page("COMPLETE", one, fmt.Sprintf(`"%d"`, n)))
	})
	got, err := client(a, ecr.Options{Timeout: time.Minute}).Scan(t.Context(), image)
	if err != nil || len(got.Vulnerabilities) != pages || got.Vulnerabilities[pages-1].Severity != deploy.Critical {
		t.Errorf("%d findings, %v", len(got.Vulnerabilities), err)
	}
}

func TestWhatIsBeyondTheMostIsNotLeftOut(t *testing.T) {
	t.Parallel()
	many := `"findings":[{"severity":"LOW"}` + strings.Repeat(`,{"severity":"LOW"}`, 9_999) + `]`
	a := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, page("COMPLETE", many, fmt.Sprintf(`"%d"`, n))) // there is always one more
	})
	_, err := client(a, ecr.Options{Timeout: time.Minute}).Scan(t.Context(), image)
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != "Amazon ECR has found more in the image than 50,000 vulnerabilities" || deploy.Hint(err) == "" {
		t.Errorf("%v", err)
	}
}

func TestAScanThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := client(serve(t, says(`{}`)), ecr.Options{}).Scan(t.Context(), image)
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != "Amazon ECR could not scan the image" {
		t.Errorf("an answer without a status: %v", err)
	}
	for status, want := range map[string]string{
		"IN_PROGRESS": "still scanning", "PENDING": "still scanning", "FAILED": "could not scan", "FINDINGS_UNAVAILABLE": "could not scan",
		"UNSUPPORTED_IMAGE": "cannot scan images of this kind", "SCAN_ELIGIBILITY_EXPIRED": "because of its age",
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			_, err := client(serve(t, says(page(status, `"findings":[]`, "null"))), ecr.Options{}).Scan(t.Context(), image)
			code := deploy.NotFound
			if want == "still scanning" {
				code = deploy.NotYet
			}
			if deploy.CodeOf(err) != code || !strings.Contains(deploy.Message(err), want) || deploy.Hint(err) == "" {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}
}

func TestWhatAnErrorMeans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		code   string
		want   deploy.Code
		says   string
		calls  int
	}{
		{400, "ScanNotFoundException", deploy.NotFound, "has not scanned", 1},
		{400, "ImageNotFoundException", deploy.NotFound, "no such image", 1},
		{400, "RepositoryNotFoundException", deploy.NotFound, "no such image", 1},
		{400, "UnsupportedImageTypeException", deploy.NotFound, "cannot scan", 1},
		{400, "AccessDeniedException", deploy.Forbidden, "does not let Slipway in", 1},
		{400, "UnrecognizedClientException", deploy.Forbidden, "does not let Slipway in", 1},
		{400, "InvalidParameterException", deploy.Invalid, "refuses the question", 1},
		{400, "ThrottlingException", deploy.Unavailable, "slow down", 3},
		{500, "ServerException", deploy.Unavailable, "does not answer", 3},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			a := serve(t, refuses(tc.status, tc.code))
			_, err := client(a, ecr.Options{}).Scan(t.Context(), image)
			if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Message(err), tc.says) || deploy.Hint(err) == "" || strings.Contains(deploy.Message(err), "words") {
				t.Errorf("%v, want %s: %s", err, tc.want, tc.says)
			}
			if n := len(a.calls()); n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
		})
	}
}

func TestOneThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 10)
	a := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	_, err := client(a, ecr.Options{Timeout: 50 * time.Millisecond}).Scan(t.Context(), image)
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Amazon ECR did not answer within 50ms" {
		t.Errorf("%v", err)
	}
	for len(arrived) > 0 {
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err = client(a, ecr.Options{}).Scan(ctx, image)
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// none is a provider that has no credentials.
type none struct{}

func (none) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("no EC2 IMDS role found")
}

func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	a := serve(t, says(`{}`))
	e := client(a, ecr.Options{Credentials: none{}})
	_, scan := e.Scan(t.Context(), image)
	_, _, login := e.Login(t.Context(), host)
	for _, err := range []error{scan, login} {
		if deploy.CodeOf(err) != deploy.Forbidden || deploy.Message(err) != "Slipway has no AWS credentials it can use" || !strings.Contains(deploy.Hint(err), "AWS_PROFILE") {
			t.Errorf("%v, hint %q", err, deploy.Hint(err))
		}
	}
	if n := len(a.calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestOtherRegistriesAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	a := serve(t, says(`{}`))
	e := client(a, ecr.Options{})
	for _, other := range []string{"gcr.io", "127.0.0.1:5000", "public.ecr.aws", "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example", "12.dkr.ecr.eu-central-1.amazonaws.com"} {
		if user, password, err := e.Login(t.Context(), other); user != "" || password != "" || err != nil {
			t.Errorf("%s: %q, %v", other, user, err)
		}
		_, err := e.Scan(t.Context(), deploy.Image{Repository: other + "/app", Digest: image.Digest})
		if deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Message(err), "its own images only") {
			t.Errorf("%s: %v", other, err)
		}
	}
	if n := len(a.calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestATokenIsKeptUntilItEnds(t *testing.T) {
	t.Parallel()
	now := noon
	a := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		// base64 of AWS:p1, AWS:p2, AWS:p3
		tokens := []string{"QVdTOnAx", "QVdTOnAy", "QVdTOnAz"}
		fmt.Fprintf(w, `{"authorizationData":[{"authorizationToken":%q,"expiresAt":%d,"proxyEndpoint":"https://%s"}]}`, tokens[n-1], now.Add(12*time.Hour).Unix(), host)
	})
	e := client(a, ecr.Options{Now: func() time.Time { return now }})
	for _, step := range []struct {
		after time.Duration
		host  string
		want  string
	}{
		{0, host, "p1"},
		{11*time.Hour + 49*time.Minute, host, "p1"},
		{0, "210987654321.dkr.ecr.eu-central-1.amazonaws.com", "p1"}, // a token is for all registries of a region
		{time.Minute, host, "p2"},
		{0, "123456789012.dkr-ecr.us-east-1.on.aws", "p3"},
	} {
		now = now.Add(step.after)
		user, password, err := e.Login(t.Context(), step.host)
		if user != "AWS" || password != step.want || err != nil {
			t.Errorf("%s at %s: %s:%s, %v; want %s", step.host, now, user, password, err, step.want)
		}
	}
	var scopes []string
	for _, c := range a.calls() {
		scopes = append(scopes, c.Operation+" "+c.Scope)
	}
	want := []string{"GetAuthorizationToken eu-central-1/ecr", "GetAuthorizationToken eu-central-1/ecr", "GetAuthorizationToken us-east-1/ecr"}
	if diff := cmp.Diff(want, scopes); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestATokenThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"authorizationData":[{"authorizationToken":"%%"}]}`, `{"authorizationData":[{"authorizationToken":"QVdT"}]}`} {
		_, _, err := client(serve(t, says(text)), ecr.Options{}).Login(t.Context(), host)
		if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "cannot be read") {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, _, err := client(serve(t, refuses(400, "AccessDeniedException")), ecr.Options{}).Login(t.Context(), host)
	if deploy.CodeOf(err) != deploy.Forbidden {
		t.Errorf("%v", err)
	}
}
