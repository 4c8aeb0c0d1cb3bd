package cloudrun

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"slipway/internal/deploy"
)

var _ deploy.Snapshotter = (*Platform)(nil)

// Snapshot writes down the whole service as Cloud Run has it, in the JSON of its v2 API: settings, traffic, and what it
// reports of itself. The same service gives the same bytes. References to secrets are in it, never their values; the
// values of plain variables are, so it is never shown or logged.
//
// It is for a person who puts a service back by hand, whole or in part:
//
//	curl -X PATCH -H "Authorization: Bearer $(gcloud auth print-access-token)" -H "Content-Type: application/json" \
//	  -d @snapshot.json "https://run.googleapis.com/v2/projects/PROJECT/locations/REGION/services/NAME"
//
// after taking "etag" out, so that changes since then are overwritten, and "revision" of "template" if it is there, since
// a revision of that name exists already. What only the service reports is ignored by the API. `gcloud run services
// replace` does not take it: that wants the Knative form (apiVersion: serving.knative.dev/v1), which v2 has no call for.
func (p *Platform) Snapshot(ctx context.Context, s deploy.ServiceRef) ([]byte, error) {
	doing := "write down " + s.String()
	live, err := p.service(ctx, s)
	if err != nil {
		return nil, explain(ctx, doing, aService(s), err)
	}
	said, err := protojson.Marshal(live)
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Internal, Op: doing, Msg: "Slipway cannot write down what Cloud Run says of the service", Err: err}
	}
	// protojson puts spaces in at random, so that nobody relies on its bytes; Indent takes them out.
	var out bytes.Buffer
	if err := json.Indent(&out, said, "", "  "); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
