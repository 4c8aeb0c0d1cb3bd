package cloudsql_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// What can be asked of Cloud SQL, as http.ServeMux has it.
const (
	get           = "GET /v1/projects/{project}/instances/{instance}"
	clone         = "POST /v1/projects/{project}/instances/{instance}/clone"
	restore       = "POST /v1/projects/{project}/instances/{instance}/restoreBackup"
	insert        = "POST /v1/projects/{project}/instances/{instance}/backupRuns"
	getRun        = "GET /v1/projects/{project}/instances/{instance}/backupRuns/{id}"
	listRuns      = "GET /v1/projects/{project}/instances/{instance}/backupRuns"
	getOperation  = "GET /v1/projects/{project}/operations/{operation}"
	listOperation = "GET /v1/projects/{project}/operations"
)

// said is how Cloud SQL refuses.
type said struct {
	code          int
	reason, words string
}

func (s said) Error() string { return fmt.Sprint(s.code, " ", s.reason, " ", s.words) }

// raw is an answer that is none of Google's.
type raw struct {
	code int
	body string
}

func (r raw) Error() string { return r.body }

// errCut is a connection that is cut instead of an answer.
var errCut = errors.New("cut")

func (f *fake) handler() http.Handler {
	mux := http.NewServeMux()
	answer(f, mux, get, fakeInstances{f}.Get)
	answer(f, mux, clone, fakeInstances{f}.Clone)
	answer(f, mux, restore, fakeInstances{f}.RestoreBackup)
	answer(f, mux, insert, fakeRuns{f}.Insert)
	answer(f, mux, getRun, fakeRuns{f}.Get)
	answer(f, mux, listRuns, fakeRuns{f}.List)
	answer(f, mux, getOperation, fakeOperations{f}.Get)
	answer(f, mux, listOperation, fakeOperations{f}.List)
	return mux
}

func answer[Q any, P interface {
	*Q
	proto.Message
}, A proto.Message](f *fake, mux *http.ServeMux, asked string, call func(P) (A, error)) {
	mux.HandleFunc(asked, func(w http.ResponseWriter, hr *http.Request) {
		req := P(new(Q))
		if err := decode(hr, req); err != nil {
			f.t.Errorf("%s: %v", asked, err)
		}
		if hr.Header.Get("Authorization") != "" || hr.Header.Get("User-Agent") != "slipway" {
			f.t.Errorf("%s comes with %v", asked, hr.Header)
		}
		resp, err := f.intercept(asked, func() (proto.Message, error) { return call(req) })
		encode(w, resp, err)
	})
}

// decode makes a request of a path, a query and a body.
func decode(hr *http.Request, req proto.Message) error {
	fields := map[string]any{}
	for _, name := range []string{"project", "instance", "id", "operation", "maxResults", "pageToken"} {
		if value := hr.PathValue(name) + hr.URL.Query().Get(name); value != "" {
			fields[name] = value
		}
	}
	body, err := io.ReadAll(hr.Body)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		fields["body"] = json.RawMessage(body)
	}
	all, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(all, req)
}

func encode(w http.ResponseWriter, resp proto.Message, err error) {
	var (
		refused said
		other   raw
	)
	switch {
	case errors.Is(err, errCut):
		panic(http.ErrAbortHandler)
	case errors.As(err, &refused):
		body, _ := json.Marshal(map[string]any{"error": map[string]any{
			"code": refused.code, "message": refused.words, "errors": []any{map[string]any{"message": refused.words, "domain": "global", "reason": refused.reason}},
		}})
		w.WriteHeader(refused.code)
		_, _ = w.Write(body)
	case errors.As(err, &other):
		w.WriteHeader(other.code)
		_, _ = io.WriteString(w, other.body)
	default:
		body, _ := protojson.Marshal(resp)
		_, _ = w.Write(body)
	}
}

func (f *fake) intercept(asked string, call func() (proto.Message, error)) (proto.Message, error) {
	f.mu.Lock()
	f.clock = f.clock.Add(time.Second)
	f.calls[asked]++
	refuse, before, n := f.refuse, f.before, f.calls[asked]
	f.mu.Unlock()
	if refuse != nil {
		return nil, refuse
	}
	if before != nil {
		if err := before(asked, n); err != nil {
			return nil, err
		}
	}
	changes := f.Changes()
	resp, err := call()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.lose && f.changes > changes {
		return nil, errCut
	}
	return resp, err
}
