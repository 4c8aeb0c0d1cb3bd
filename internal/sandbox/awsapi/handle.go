package awsapi

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// mostBody is how long a request may be, in bytes, compressed or not.
const mostBody = 4 << 20

// errCut says that there is to be no answer at all.
var errCut = errors.New("the answer is lost")

// ServeHTTP is one call. OnCall, Calls and faults look at every one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, readErr := bodyOf(w, r)
	a := s.route(r, body)
	call := &Call{At: s.now(), API: a.api.Name, Operation: a.operation}
	op, in, err := a.input(r)
	if err == nil {
		err = readErr
	}
	if op != nil {
		call.Input = in
	}
	s.calls.arrived(call)
	var out any
	if err == nil {
		out, err = s.carryOut(r.Context(), call, a, op, in)
	}
	if errors.Is(err, errCut) {
		cut(w)
		return
	}
	if err != nil {
		s.calls.done(call, refusal(err).Code)
	}
	s.write(w, a, out, err)
}

// input is the operation, and what is asked of it. An operation that is known comes with whatever was read.
func (a asked) input(r *http.Request) (op *Operation, in any, err error) {
	if !signed(r) {
		return nil, nil, Error{Code: CodeUnsigned, Message: "Request is missing Authentication Token", Status: http.StatusBadRequest}
	}
	found, ok := a.api.Operations[a.operation]
	if !ok {
		return nil, nil, Error{Code: CodeUnknownOperation, Message: "The practice " + a.api.Name + " does not know " + a.operation + "."}
	}
	in = found.input()
	if err := a.read(in); err != nil {
		return &found, in, malformed(err.Error())
	}
	return &found, in, nil
}

// carryOut lets faults happen around the call.
func (s *Server) carryOut(ctx context.Context, call *Call, a asked, op *Operation, in any) (out any, err error) {
	if f, ok := s.faults.take(a.api, a.operation, Refuse, NeverAnswer, Expired); ok {
		s.calls.went(call, f.Kind)
		return nil, s.instead(ctx, f)
	}
	// What is under way goes on when the caller goes, as at AWS.
	out, err = op.call(context.WithoutCancel(ctx), in)
	if err != nil {
		return nil, err
	}
	f, ok := s.faults.take(a.api, a.operation, LoseAnswer, Late)
	if ok {
		s.calls.went(call, f.Kind)
	}
	s.calls.done(call, "")
	if !ok {
		return out, nil
	}
	if f.Kind == LoseAnswer {
		return nil, errCut
	}
	over := time.NewTimer(f.Delay)
	defer over.Stop()
	select {
	case <-over.C:
		return out, nil
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return nil, errCut
}

// instead is what becomes of a call that is not carried out.
func (s *Server) instead(ctx context.Context, f Fault) error {
	switch f.Kind {
	case NeverAnswer:
		select {
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
		return errCut
	case Expired:
		return Error{Code: CodeExpired, Message: "The security token included in the request is expired", Status: http.StatusBadRequest}
	case Refuse, LoseAnswer, Late:
	}
	if f.Error.Code == "" {
		return Error{Code: CodeThrottled, Message: "Rate exceeded", Status: http.StatusBadRequest}
	}
	return f.Error
}

func (s *Server) write(w http.ResponseWriter, a asked, out any, err error) {
	id := s.nextID()
	var said reply
	if err == nil {
		said, err = a.answer(out, id)
	}
	if err != nil {
		said, err = a.refuse(refusal(err), id)
	}
	if err != nil {
		cut(w)
		return
	}
	for name, value := range said.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("x-amzn-RequestId", id)
	w.WriteHeader(said.status)
	_, _ = w.Write(said.body) // who has gone does not read it
}

func bodyOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var from io.Reader = http.MaxBytesReader(w, r.Body, mostBody)
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, malformed("the body is not compressed as it says")
		}
		from = io.LimitReader(unpacked, mostBody)
	}
	body, err := io.ReadAll(from)
	if err != nil {
		return nil, malformed("the body could not be read")
	}
	return body, nil
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = conn.Close()
}
