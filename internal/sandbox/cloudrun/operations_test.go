package cloudrun_test

import (
	"context"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"slipway/internal/sandbox/cloudrun"
)

func TestOperationsAreListedKeptAndForgotten(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: time.Second})
	first := p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")
	clock.Advance(time.Second)
	second := p.mustUpdate(traffic(to(baseline, 100, "b")), "traffic")

	list := func(filter string, size int32) (names []string) {
		t.Helper()
		req := &longrunningpb.ListOperationsRequest{Name: parent, Filter: filter, PageSize: size}
		for {
			res, err := p.lro.ListOperations(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range res.Operations {
				names = append(names, op.Name)
			}
			if req.PageToken = res.NextPageToken; req.PageToken == "" {
				return names
			}
		}
	}
	same(t, "all, in pages of one", []string{second.Name(), first.Name()}, list("", 1))
	same(t, "done", []string{first.Name()}, list("done=true", 0))
	same(t, "open", []string{second.Name()}, list("done = false", 0))
	for _, req := range []*longrunningpb.ListOperationsRequest{
		{Name: parent, Filter: "metadata.name:x"}, {Name: "projects/p"},
		{Name: parent, PageToken: "99"}, {Name: parent, PageSize: -1},
	} {
		_, err := p.lro.ListOperations(t.Context(), req)
		wantCode(t, req.String(), err, codes.InvalidArgument)
	}

	del := func(name string) error {
		_, err := p.lro.DeleteOperation(t.Context(), &longrunningpb.DeleteOperationRequest{Name: name})
		return err
	}
	wantCode(t, "forget an open one", del(second.Name()), codes.FailedPrecondition)
	wantCode(t, "forget a done one", del(first.Name()), codes.OK)
	wantCode(t, "forget it again", del(first.Name()), codes.NotFound)
	same(t, "what is left", []string{second.Name()}, list("", 0))
	_, err := p.lro.CancelOperation(t.Context(), &longrunningpb.CancelOperationRequest{Name: second.Name()})
	wantCode(t, "cancel", err, codes.Unimplemented)
	_, _, err = p.poll(first)
	wantCode(t, "ask for a forgotten one", err, codes.NotFound)
}

func TestWaitingEndsWithTheOperation(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: time.Minute})
	op := p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")
	seen := len(p.Calls())
	answer := make(chan *longrunningpb.Operation, 1)
	go func() {
		defer close(answer)
		if res, err := p.lro.WaitOperation(t.Context(), &longrunningpb.WaitOperationRequest{Name: op.Name()}); err == nil {
			answer <- res
		}
	}()
	until(t, p, "the wait is received", func() bool { return len(p.Calls()) > seen })
	if p.Calls()[seen].Done {
		t.Error("answered before the operation was done")
	}
	clock.Advance(time.Minute)
	if res := <-answer; !res.GetDone() || res.GetResponse() == nil {
		t.Errorf("waited for %v", res)
	}
	_, err := p.lro.WaitOperation(t.Context(), &longrunningpb.WaitOperationRequest{Name: parent + "/operations/none"})
	wantCode(t, "wait for an unknown one", err, codes.NotFound)
}

func TestWaitingEndsWithItsTime(t *testing.T) {
	t.Parallel()
	p := start(t, &cloudrun.Options{Settle: time.Hour})
	op := p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")
	res, err := p.lro.WaitOperation(t.Context(), &longrunningpb.WaitOperationRequest{
		Name: op.Name(), Timeout: durationpb.New(10 * time.Millisecond),
	})
	if err != nil || res.GetDone() || res.GetName() != op.Name() {
		t.Errorf("its own time-out: %v, %v", res, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = p.lro.WaitOperation(ctx, &longrunningpb.WaitOperationRequest{Name: op.Name()})
	wantCode(t, "the call's deadline", err, codes.DeadlineExceeded)
}

func TestDeletingAServiceAbortsItsOperations(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: time.Minute})
	op := p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")
	wantCode(t, "delete", deleteService(t, p, ""), codes.OK)
	// Were the move still to happen, the tag's address would be opened and keep Close waiting.
	clock.Advance(time.Hour)
	_, done, err := p.poll(op)
	wantCode(t, "the open operation", err, codes.Aborted)
	if !done {
		t.Error("it is still open")
	}
}
