package storage

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Server is a practice Cloud Storage. Its methods may be called from any goroutine.
type Server struct {
	mu         sync.Mutex
	buckets    []string
	denied     []string
	objects    map[string]map[string]object // by bucket and name
	generation int64                        // of the newest object
	addr       string
	http       *http.Server
	served     chan struct{}
}

// New makes a server with buckets.
func New(buckets ...string) *Server {
	return &Server{buckets: buckets, objects: map[string]map[string]object{}, served: make(chan struct{})}
}

// Start listens on address; empty is a free port on loopback.
func (s *Server) Start(address string) error {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("start the practice storage: %w", err)
	}
	s.addr, s.http = listener.Addr().String(), &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // returns at Close
	}()
	return nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.addr }

// Deny makes it refuse everybody these buckets, and no others.
func (s *Server) Deny(buckets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = slices.Clone(buckets)
}

// Has says whether there is such a bucket.
func (s *Server) Has(bucket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.buckets, bucket)
}

// Denied says whether it refuses everybody a bucket.
func (s *Server) Denied(bucket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.denied, bucket)
}

// Close ends it.
func (s *Server) Close() error {
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.served
	return err
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, root := range []string{"", "/storage/v1"} { // clients put one or the other before the path
		mux.HandleFunc("GET "+root+"/b/{bucket}", s.get)
		mux.HandleFunc("GET "+root+"/b/{bucket}/o", s.list)
		mux.HandleFunc("GET "+root+"/b/{bucket}/o/{object...}", s.object)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "notFound", "no such method here: "+r.Method+" "+r.URL.Path)
	})
	return mux
}

// get answers with what is known of a bucket.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	if name, ok := s.find(w, r, "storage.buckets.get"); ok {
		answer(w, http.StatusOK, map[string]any{
			"kind": "storage#bucket", "id": name, "name": name, "location": "US-CENTRAL1", "storageClass": "STANDARD",
			"selfLink": "https://www.googleapis.com/storage/v1/b/" + name,
		})
	}
}

// find is the bucket that is asked for, or the refusal that Cloud Storage answers with.
func (s *Server) find(w http.ResponseWriter, r *http.Request, permission string) (name string, ok bool) {
	name = r.PathValue("bucket")
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case slices.Contains(s.denied, name):
		refuse(w, http.StatusForbidden, "forbidden", "slipway@practice does not have "+permission+" access to the Google Cloud Storage bucket.")
	case !slices.Contains(s.buckets, name):
		refuse(w, http.StatusNotFound, "notFound", "The specified bucket does not exist.")
	default:
		return name, true
	}
	return name, false
}

func refuse(w http.ResponseWriter, code int, reason, message string) {
	answer(w, code, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"errors": []map[string]any{{"message": message, "domain": "global", "reason": reason}},
	}})
}

func answer(w http.ResponseWriter, code int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		code, raw = http.StatusInternalServerError, []byte(err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write(raw)
}
