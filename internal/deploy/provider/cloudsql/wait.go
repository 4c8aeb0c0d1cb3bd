package cloudsql

import (
	"context"
	"errors"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/api/iterator"

	"slipway/internal/deploy"
)

// mostOperations of an instance are looked through, the newest first; pageOperations of them are asked for at once.
const (
	mostOperations = 500
	pageOperations = 100
)

// Wait asks once how an operation stands. op may come from another process. An empty op is done.
//
// done with an error: the operation has ended badly, and asking again gives the same answer, in Cloud SQL's words. What is
// Unavailable or Conflict then may be asked for anew; Invalid will not get better by itself. Not done with an error: nobody
// knows, ask again. NotFound if Cloud SQL does not know the operation (any more): look at the instance and its backups.
func (s *Instances) Wait(ctx context.Context, i deploy.InstanceRef, op deploy.Operation) (done bool, err error) {
	if op == "" {
		return true, nil
	}
	if err := plausible(i); err != nil {
		return false, err
	}
	doing := "look at operation " + string(op)
	got, err := read(ctx, s, func(ctx context.Context, c *clients) (*sqlpb.Operation, error) {
		return c.operations.Get(ctx, &sqlpb.SqlOperationsGetRequest{Project: i.Project, Operation: string(op)})
	})
	if err != nil {
		return false, explain(ctx, doing, anOperation(op), err)
	}
	if got.GetStatus() != sqlpb.Operation_DONE {
		return false, nil
	}
	return true, ended(doing, got)
}

// operation finds the newest operation at an instance that fits; empty if there is none.
func (s *Instances) operation(ctx context.Context, i deploy.InstanceRef, fits func(*sqlpb.Operation) bool) (deploy.Operation, error) {
	found, err := read(ctx, s, func(ctx context.Context, c *clients) (string, error) {
		all := c.operations.List(ctx, &sqlpb.SqlOperationsListRequest{Project: i.Project, Instance: i.Name, MaxResults: pageOperations})
		for range mostOperations {
			op, err := all.Next()
			if errors.Is(err, iterator.Done) {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			if fits(op) {
				return op.GetName(), nil
			}
		}
		return "", nil
	})
	if err != nil {
		return "", explain(ctx, "look at the operations of "+i.String(), anInstance(i), err)
	}
	return deploy.Operation(found), nil
}
