package awsapi

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
)

// Who is at fault, as Error.Fault has it.
const (
	ClientFault = "client"
	ServerFault = "server"
)

// Error is what an operation refuses with.
type Error struct {
	// Code is the name of the error, "ClusterNotFoundException"; in Query APIs often without "Exception", as AWS spells
	// it: "TargetGroupNotFound".
	Code string
	// Message is said as it is.
	Message string
	// Status is that of HTTP; 0 means 400, or 500 if the server is at fault.
	Status int
	// Fault is ClientFault or ServerFault; "" follows from Status.
	Fault string
}

// Error is the code and the message.
func (e Error) Error() string { return e.Code + ": " + e.Message }

// Errors that come of the wire itself. Their spelling in each protocol is that of AWS.
const (
	// CodeThrottled is what Fault refuses with unless it says otherwise.
	CodeThrottled        = "ThrottlingException"
	CodeExpired          = "ExpiredTokenException"
	CodeUnknownOperation = "UnknownOperationException"
	CodeUnsigned         = "MissingAuthenticationTokenException"
	CodeMalformed        = "SerializationException"
	CodeInternal         = "InternalFailure"
)

// queryCodes are what the errors of the wire are called in Query, with their status there.
var queryCodes = map[string]Error{
	CodeThrottled:        {Code: "Throttling", Status: http.StatusBadRequest},
	CodeExpired:          {Code: "ExpiredToken", Status: http.StatusForbidden},
	CodeUnknownOperation: {Code: "InvalidAction", Status: http.StatusBadRequest},
	CodeUnsigned:         {Code: "MissingAuthenticationToken", Status: http.StatusForbidden},
	CodeMalformed:        {Code: "MalformedQueryString", Status: http.StatusNotFound},
}

func internal(message string) Error {
	return Error{Code: CodeInternal, Message: message, Status: http.StatusInternalServerError}
}

func malformed(message string) Error { return Error{Code: CodeMalformed, Message: message} }

// refusal is an error of an operation as the wire says it, with nothing left open.
func refusal(err error) Error {
	var (
		ours    Error
		pointer *Error
		theirs  smithy.APIError
	)
	switch {
	case errors.As(err, &ours):
	case errors.As(err, &pointer):
		ours = *pointer
	case errors.As(err, &theirs):
		ours = Error{Code: theirs.ErrorCode(), Message: theirs.ErrorMessage(), Fault: ClientFault}
		if theirs.ErrorFault() == smithy.FaultServer {
			ours.Fault = ServerFault
		}
	default:
		ours = internal(err.Error())
	}
	return ours.whole()
}

func (e Error) whole() Error {
	if e.Status == 0 {
		e.Status = http.StatusBadRequest
		if e.Fault == ServerFault {
			e.Status = http.StatusInternalServerError
		}
	}
	if e.Fault == "" {
		e.Fault = ClientFault
		if e.Status >= http.StatusInternalServerError {
			e.Fault = ServerFault
		}
	}
	return e
}

// inQuery is the error as Query spells it.
func (e Error) inQuery() Error {
	if q, ok := queryCodes[e.Code]; ok {
		e.Code, e.Status = q.Code, q.Status
	}
	return e
}

// codeOfQuery tells clients that speak something newer the code which Query had.
func (a *API) codeOfQuery(r *reply, e Error) {
	if a.Version != "" && r.header != nil {
		r.header["x-amzn-query-error"] = e.inQuery().Code + ";" + e.who()
	}
}

// who is at fault in the words of Query.
func (e Error) who() string {
	if e.Fault == ServerFault {
		return "Receiver"
	}
	return "Sender"
}
