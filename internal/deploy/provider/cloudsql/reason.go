package cloudsql

import (
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Cloud SQL says several things with one code of HTTP: 409 is that it is at something else with an instance (which was 403
// at first), that a name is taken, and that an instance is in the wrong state; 403 is also a quota. Its reasons tell them
// apart, and its words where it gives none.
const (
	busyWords  = "another operation was already in progress"
	takenWords = "already exists"
	limitWords = "max instance per project"
	stateWords = "not in an appropriate state"
)

// reasons are the codes of the reasons that mean more than the code of the answer, in lower case without underscores.
var reasons = map[string]codes.Code{
	"operationinprogress":   codes.Aborted,
	"alreadyexists":         codes.AlreadyExists,
	"instancealreadyexists": codes.AlreadyExists,
	"invalidstate":          codes.FailedPrecondition,
	"ratelimitexceeded":     codes.ResourceExhausted,
	"userratelimitexceeded": codes.ResourceExhausted,
	"quotaexceeded":         codes.ResourceExhausted,
	"dailylimitexceeded":    codes.ResourceExhausted,
}

// codeOf is what an answer of Cloud SQL says, more exactly than its code.
func codeOf(st *status.Status) codes.Code {
	for _, reason := range reasonsOf(st) {
		if code, known := reasons[reason]; known {
			return code
		}
	}
	conflict := st.Code() == codes.Aborted
	switch words := st.Message(); {
	case conflict && strings.Contains(words, takenWords):
		return codes.AlreadyExists
	case conflict && strings.Contains(words, stateWords):
		return codes.FailedPrecondition
	case st.Code() == codes.PermissionDenied && strings.Contains(words, limitWords):
		return codes.ResourceExhausted
	}
	return st.Code()
}

// busy recognises that Cloud SQL is at something else with the instance.
func busy(st *status.Status) bool {
	for _, reason := range reasonsOf(st) {
		if reasons[reason] == codes.Aborted {
			return true
		}
	}
	return strings.Contains(st.Message(), busyWords)
}

func reasonsOf(st *status.Status) []string {
	var out []string
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			out = append(out, strings.ToLower(strings.ReplaceAll(info.GetReason(), "_", "")))
		}
	}
	return out
}
