package cloudrun

import (
	"context"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

// Wait asks once how an operation stands. op may come from another process. An empty op is done.
//
// done with an error: the operation has ended badly, and asking again gives the same answer. Not done with an
// error: nobody knows, ask again. Invalid carries Cloud Run's words about an image or a container that does not
// start. NotFound if Cloud Run does not know the operation (any more): look at the service.
func (p *Platform) Wait(ctx context.Context, op deploy.Operation) (done bool, err error) {
	if op == "" {
		return true, nil
	}
	doing := "look at operation " + shortName(string(op))
	got, err := read(ctx, p, func(ctx context.Context, c *clients) (*longrunningpb.Operation, error) {
		return c.services.GetOperation(ctx, &longrunningpb.GetOperationRequest{Name: string(op)})
	})
	if err != nil {
		return false, explain(ctx, doing, anOperation(op), err)
	}
	if !got.GetDone() {
		return false, nil
	}
	if bad := got.GetError(); bad != nil {
		st := status.FromProto(bad)
		m := operationMeaning(st).with(st.Message())
		return true, &deploy.Error{Code: m.Code, Op: doing, Msg: m.Msg, Hint: m.Hint, Err: st.Err()}
	}
	return true, nil
}
