package cloudsql

import (
	"encoding/json"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// told is how a code is told over HTTP: as what, and for which reason.
type told struct {
	code           int
	status, reason string
}

// refusals are the codes as Cloud SQL tells them. Three of them are 409, which clients tell apart by the reason, as far as
// they can: its status is made of 409 as well.
var refusals = map[codes.Code]told{
	codes.Canceled:           {499, "CANCELLED", "cancelled"},
	codes.InvalidArgument:    {http.StatusBadRequest, "INVALID_ARGUMENT", "invalid"},
	codes.OutOfRange:         {http.StatusBadRequest, "OUT_OF_RANGE", "outOfRange"},
	codes.Unauthenticated:    {http.StatusUnauthorized, "UNAUTHENTICATED", "authError"},
	codes.PermissionDenied:   {http.StatusForbidden, "PERMISSION_DENIED", "notAuthorized"},
	codes.NotFound:           {http.StatusNotFound, "NOT_FOUND", "notFound"},
	codes.AlreadyExists:      {http.StatusConflict, "ALREADY_EXISTS", "instanceAlreadyExists"},
	codes.Aborted:            {http.StatusConflict, "ABORTED", "operationInProgress"},
	codes.FailedPrecondition: {http.StatusConflict, "ABORTED", "invalidState"},
	codes.ResourceExhausted:  {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "rateLimitExceeded"},
	codes.Internal:           {http.StatusInternalServerError, "INTERNAL", "internalError"},
	codes.DataLoss:           {http.StatusInternalServerError, "DATA_LOSS", "internalError"},
	codes.Unknown:            {http.StatusInternalServerError, "UNKNOWN", "internalError"},
	codes.Unimplemented:      {http.StatusNotImplemented, "UNIMPLEMENTED", "notImplemented"},
	codes.Unavailable:        {http.StatusServiceUnavailable, "UNAVAILABLE", "backendError"},
	codes.DeadlineExceeded:   {http.StatusGatewayTimeout, "DEADLINE_EXCEEDED", "deadlineExceeded"},
}

// The shape of an error of Google's, both as it is now and as it was.
type (
	problem struct {
		Error problemBody `json:"error"`
	}
	problemBody struct {
		Code    int           `json:"code"`
		Message string        `json:"message"`
		Status  string        `json:"status"`
		Errors  []problemItem `json:"errors"`
	}
	problemItem struct {
		Message string `json:"message"`
		Domain  string `json:"domain"`
		Reason  string `json:"reason"`
	}
)

// refuse answers with an error of a call.
func refuse(w http.ResponseWriter, err error) {
	st := status.Convert(err)
	how := refusals[st.Code()] // of every code there is, but for OK
	body, err := json.Marshal(problem{problemBody{
		Code: how.code, Message: st.Message(), Status: how.status,
		Errors: []problemItem{{Message: st.Message(), Domain: "global", Reason: how.reason}},
	}})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	reply(w, how.code, body)
}
