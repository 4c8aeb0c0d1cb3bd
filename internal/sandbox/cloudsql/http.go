package cloudsql

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	// mostBody is how long a request may be, in bytes.
	mostBody = 1 << 20
	// headersWithin bounds the wait for a request that was begun.
	headersWithin = 10 * time.Second
)

// newHTTP serves the routes, wherever clients look for them.
func (s *Server) newHTTP() *http.Server {
	mux := http.NewServeMux()
	for _, version := range versions {
		for _, r := range s.routes() {
			mux.HandleFunc(r.verb+" "+version+r.path, s.handle(r))
		}
		mux.HandleFunc(version+"/projects/{project}/{rest...}", s.notServed)
	}
	return &http.Server{Handler: mux, ReadHeaderTimeout: headersWithin}
}

// handle is one call over HTTP.
func (s *Server) handle(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, hr *http.Request) {
		req := r.request()
		if err := read(req, w, hr); err != nil {
			refuse(w, err)
			return
		}
		resp, err := s.intercept(hr.Context(), r.method, req, func(ctx context.Context) (proto.Message, error) { return r.call(ctx, req) })
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, hr, resp)
	}
}

// notServed answers calls that the real one has and this one has not.
func (s *Server) notServed(w http.ResponseWriter, hr *http.Request) {
	_, err := s.intercept(hr.Context(), hr.Method+" "+hr.URL.Path, nil, func(context.Context) (proto.Message, error) {
		return nil, status.Errorf(codes.Unimplemented, "the sandbox does not serve %s %s", hr.Method, hr.URL.Path)
	})
	refuse(w, err)
}

// What the fields of a request are called in a path, and in a query. The others of a query are no fields, or mean nothing
// here.
var (
	inPath  = []string{"project", "instance", "id", "operation"}
	inQuery = []string{"instance", "filter", "maxResults", "pageToken"}
)

// read makes a request of what came over HTTP. What it does not know is left out, as at Google.
func read(req proto.Message, w http.ResponseWriter, hr *http.Request) error {
	fields := map[string]any{}
	query := hr.URL.Query()
	for _, name := range inQuery {
		if value := query.Get(name); value != "" {
			fields[name] = value
		}
	}
	for _, name := range inPath {
		if value := hr.PathValue(name); value != "" {
			fields[name] = value
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, mostBody))
	if err != nil {
		return status.Error(codes.InvalidArgument, "Request payload could not be read.")
	}
	if len(body) > 0 {
		if !json.Valid(body) {
			return status.Error(codes.InvalidArgument, "Invalid JSON payload received.")
		}
		fields["body"] = json.RawMessage(body)
	}
	all, err := json.Marshal(fields)
	if err == nil {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(all, req)
	}
	if err != nil {
		return status.Errorf(codes.InvalidArgument, "Invalid value: %v", err)
	}
	return nil
}

// answer says enums as names, or as numbers to whom asks for that, as generated clients do.
func answer(w http.ResponseWriter, hr *http.Request, resp proto.Message) {
	numbers := strings.Contains(hr.URL.Query().Get("$alt"), "enum-encoding=int")
	body, err := protojson.MarshalOptions{UseEnumNumbers: numbers}.Marshal(resp)
	if err != nil {
		refuse(w, status.Errorf(codes.Internal, "the sandbox cannot write its answer: %v", err))
		return
	}
	reply(w, http.StatusOK, body)
}

func reply(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write(body) // who has gone does not read it
}
