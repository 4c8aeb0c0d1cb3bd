package google

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// Status is what an error of a call says, in gRPC's terms, whichever way the API is spoken. The reasons that an answer
// over HTTP gives are ErrorInfo among its details. An answer over HTTP that no API of Google's can have given is
// Unimplemented; a call that was not answered at all is Unavailable.
func Status(err error) *status.Status {
	if errors.Is(err, context.DeadlineExceeded) {
		return status.New(codes.DeadlineExceeded, err.Error())
	}
	if answer := (*googleapi.Error)(nil); errors.As(err, &answer) {
		return overHTTP(answer)
	}
	if lost(err) {
		return status.New(codes.Unavailable, err.Error())
	}
	st := status.Convert(err)
	// That credentials could not be fetched just now is reported under the same code as bad ones.
	if st.Code() == codes.Unauthenticated && strings.Contains(st.Message(), "per-RPC creds failed") {
		return status.New(codes.Unavailable, st.Message())
	}
	return st
}

// lost says whether a request over HTTP came to no answer, or to half of one: no connection, one that was cut, or no
// token for it.
func lost(err error) bool {
	var request *url.Error
	return errors.As(err, &request) || errors.Is(err, io.ErrUnexpectedEOF)
}

// answered is the part of the body that googleapi.Error leaves out or does not type.
type answered struct {
	Error struct {
		Status  string   `json:"status"`
		Errors  []reason `json:"errors"`
		Details []reason `json:"details"`
	} `json:"error"`
}

type reason struct {
	Reason string `json:"reason"`
	Domain string `json:"domain"`
}

func overHTTP(answer *googleapi.Error) *status.Status {
	var said answered
	// What cannot be read says nothing: the code of HTTP is left.
	_ = json.Unmarshal([]byte(answer.Body), &said)
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(strconv.Quote(said.Error.Status))); err != nil || code == codes.OK || code == codes.Unknown {
		code = codeOverHTTP(answer)
	}
	st := status.New(code, answer.Message)
	var reasons []protoadapt.MessageV1
	for _, from := range slices.Concat(said.Error.Errors, said.Error.Details) {
		if from.Reason != "" {
			reasons = append(reasons, &errdetails.ErrorInfo{Reason: from.Reason, Domain: from.Domain})
		}
	}
	if with, err := st.WithDetails(reasons...); err == nil {
		return with
	}
	return st
}

// overHTTPCodes are those of answers by their code in HTTP. What is not here is a fault of the server from 500 on.
var overHTTPCodes = map[int]codes.Code{
	http.StatusBadRequest:         codes.InvalidArgument,
	http.StatusUnauthorized:       codes.Unauthenticated,
	http.StatusForbidden:          codes.PermissionDenied,
	http.StatusNotFound:           codes.NotFound,
	http.StatusConflict:           codes.Aborted,
	http.StatusPreconditionFailed: codes.FailedPrecondition,
	http.StatusTooManyRequests:    codes.ResourceExhausted,
	http.StatusRequestTimeout:     codes.Unavailable,
	http.StatusNotImplemented:     codes.Unimplemented,
	http.StatusBadGateway:         codes.Unavailable,
	http.StatusServiceUnavailable: codes.Unavailable,
	http.StatusGatewayTimeout:     codes.DeadlineExceeded,
}

func codeOverHTTP(answer *googleapi.Error) codes.Code {
	if answer.Message == "" && len(answer.Errors) == 0 {
		// It is no answer of Google's: a proxy refuses, or there is something else at the address. That it finds nothing
		// does not mean that what was asked for does not exist.
		switch answer.Code {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed:
			return codes.Unimplemented
		}
	}
	if code, ok := overHTTPCodes[answer.Code]; ok {
		return code
	}
	if answer.Code >= http.StatusInternalServerError {
		return codes.Internal
	}
	return codes.Unimplemented
}
