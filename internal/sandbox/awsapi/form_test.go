package awsapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsapi"
)

// thing has the members that a form spells in its own way, and that no operation of the SDK's Query clients here has.
type thing struct {
	Labels  map[string]string
	Key     []byte
	Share   *float64
	At      *time.Time
	Flat    []string
	Name    *string
	Missing *string
	On      bool
}

const sign = "AWS4-HMAC-SHA256 Credential=K/20251222/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"

func TestFormsAreReadAndXMLIsWritten(t *testing.T) {
	t.Parallel()
	var heard *thing
	p := start(t, 1, awsapi.API{Name: "things", Version: "2025-12-22", Namespace: "urn:things", Operations: map[string]awsapi.Operation{
		"PutThing": awsapi.Op(func(_ context.Context, in *thing) (*thing, error) {
			heard = in
			return in, nil
		}),
	}})
	share, name := 0.125, ""
	want := &thing{Labels: map[string]string{"a": "1", "b": ""}, Key: []byte{1, 2, 255}, Share: &share, At: &noon, Flat: []string{"x", "y"}, Name: &name, On: true}
	form := url.Values{"Action": {"PutThing"}, "Version": {"2025-12-22"}, "Labels.entry.1.key": {"a"}, "Labels.entry.1.value": {"1"}, "Labels.entry.2.key": {"b"},
		"Labels.entry.2.value": {""}, "Key": {"AQL/"}, "Share": {"0.125"}, "At": {"2025-12-22T12:00:00.123Z"}, "Flat.2": {"y"}, "Flat.1": {"x"}, "Name": {""}, "On": {"true"}}
	for fact, request := range map[string]func() (*http.Request, error){
		"in the body": func() (*http.Request, error) {
			return http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader(form.Encode()))
		},
		"in the address": func() (*http.Request, error) {
			return http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/?"+form.Encode(), http.NoBody)
		},
	} {
		heard = nil
		r, err := request()
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", strings.Replace(sign, "%s", "things", 1))
		status, body := answerTo(t, p, r)
		if diff := cmp.Diff(want, heard); diff != "" || status != http.StatusOK {
			t.Errorf("%s: %d, heard (-want +got):\n%s", fact, status, diff)
		}
		for _, part := range []string{
			`<PutThingResponse xmlns="urn:things"><PutThingResult><At>2025-12-22T12:00:00.123Z</At><Flat><member>x</member><member>y</member></Flat><Key>AQL/</Key>`,
			`<Labels><entry><key>a</key><value>1</value></entry><entry><key>b</key><value></value></entry></Labels><Name></Name><On>true</On><Share>0.125</Share></PutThingResult>`,
			`<ResponseMetadata><RequestId>00000000-0000-4000-8000-`,
		} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: %s lacks %s", fact, body, part)
			}
		}
	}
}

func TestTwoAPIsOfOneVersionAreToldApartByTheSignature(t *testing.T) {
	t.Parallel()
	named := func(name string) awsapi.API {
		return awsapi.API{Name: name, Version: "2010-05-08", Operations: map[string]awsapi.Operation{
			"Get": awsapi.Op(func(context.Context, *thing) (*thing, error) { return &thing{Name: &name}, nil })}}
	}
	p := start(t, 1, named("one"), named("two"))
	for asked, want := range map[string]string{"one": "one", "two": "two", "another": "one"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader("Action=Get&Version=2010-05-08"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", strings.Replace(sign, "%s", asked, 1))
		if _, body := answerTo(t, p, r); !strings.Contains(body, "<Name>"+want+"</Name>") {
			t.Errorf("signed for %s: %s", asked, body)
		}
	}
}

func TestAnAPIIsReplacedByOneOfItsName(t *testing.T) {
	t.Parallel()
	api := func(says string) awsapi.API {
		return awsapi.API{Name: "things", Version: "1", Operations: map[string]awsapi.Operation{
			"Get": awsapi.Op(func(context.Context, *thing) (*thing, error) { return &thing{Name: &says}, nil })}}
	}
	p := start(t, 1, api("before"))
	p.Handle(api("after"))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL(), strings.NewReader("Action=Get&Version=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", strings.Replace(sign, "%s", "things", 1))
	if _, body := answerTo(t, p, r); !strings.Contains(body, "<Name>after</Name>") {
		t.Error(body)
	}
}
