package google

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

const (
	loginHint = "run `gcloud auth application-default login`, or give the bot a service account"
	// LaterHint is for what Google has to repair.
	LaterHint = "see https://status.cloud.google.com if it goes on"
)

// Meaning is what a gRPC status says to a program and to a person.
type Meaning struct {
	Code deploy.Code
	Msg  string
	Hint string
}

// Explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded. The code of what is one of ours already stays. Nothing
// comes of no error.
//
// means says what a status means for this API; where it returns the zero Meaning the status means what it does for all
// of them. What has no meaning there either is Unavailable: a server that answers with INTERNAL or UNKNOWN today may
// well answer tomorrow. The text of the status is in the chain, for the log.
func (a API) Explain(ctx context.Context, op string, err error, means func(*status.Status) Meaning) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to " + a.Name + " was broken off",
			Err: errors.Join(ended, err),
		}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	st := Status(err)
	m := means(st)
	if m == (Meaning{}) {
		m = a.meaning(st.Code())
	}
	return &deploy.Error{Code: m.Code, Op: op, Msg: m.Msg, Hint: m.Hint, Err: err}
}

// meaning is what a status says whichever API it comes from.
func (a API) meaning(code codes.Code) Meaning {
	switch code {
	case codes.Unimplemented:
		return Meaning{deploy.Invalid, "what answers is not " + a.Name, "check " + a.Override}
	case codes.Unauthenticated:
		return Meaning{deploy.Forbidden, a.Name + " does not know who Slipway is", loginHint}
	case codes.DeadlineExceeded:
		return Meaning{deploy.Unavailable, a.Name + " did not answer in time", LaterHint}
	default:
		return Meaning{deploy.Unavailable, a.Name + " does not answer", LaterHint}
	}
}
