package cloudsql

import (
	"context"
	"fmt"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// Clone makes a new instance in the same project. If one of the name is there it gives the operation that made it: wait
// for that, then look at the instance. Cloud SQL writes down that an instance was made by a clone, not of what; so it is
// taken for ours if it was made by a clone and has the region and the version of database of the instance, which a clone
// always has. A name should therefore say which release it is for.
func (s *Instances) Clone(ctx context.Context, q deploy.CloneRequest) (deploy.Operation, error) {
	doing := "clone " + q.Instance.String() + " as " + q.Clone
	if err := plausible(q.Instance); err != nil {
		return "", err
	}
	if !named(q.Instance.Project, q.Clone) {
		return "", &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%.150q cannot be the name of an instance", q.Clone),
			Hint: fmt.Sprintf("take lower case letters, digits and hyphens, a letter first; with the project and a colon at most %d characters", mostName),
		}
	}
	from, err := s.look(ctx, q.Instance)
	if err != nil {
		return "", err
	}
	op, there, err := s.cloned(ctx, doing, q, from)
	if err != nil || there {
		return op, err
	}
	if !q.At.IsZero() && !pointInTime(from) {
		return "", &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: q.Instance.Name + " cannot be had as it was at a moment: point-in-time recovery is off",
			Hint: "switch it on for the next time: `gcloud sql instances patch " + q.Instance.Name + " --enable-point-in-time-recovery`; restore a backup now",
		}
	}
	op, err = s.sendClone(ctx, q)
	if taken(err) { // by a call of ours whose answer was lost, or by somebody else
		if op, there, err := s.cloned(ctx, doing, q, from); err != nil || there {
			return op, err
		}
	}
	return op, explain(ctx, doing, thing{q.Instance.Name + ", or what is needed to clone it,", cloneHint}, err)
}

func (s *Instances) sendClone(ctx context.Context, q deploy.CloneRequest) (deploy.Operation, error) {
	how := &sqlpb.CloneContext{DestinationInstanceName: q.Clone}
	if !q.At.IsZero() {
		how.PointInTime = timestamppb.New(q.At)
	}
	return s.send(ctx, func(ctx context.Context, c *clients) (*sqlpb.Operation, error) {
		return c.instances.Clone(ctx, &sqlpb.SqlInstancesCloneRequest{
			Project: q.Instance.Project, Instance: q.Instance.Name, Body: &sqlpb.InstancesCloneRequest{CloneContext: how},
		})
	})
}

// cloned says whether the clone is there or being made, and by which operation; Invalid if something else is there.
func (s *Instances) cloned(ctx context.Context, doing string, q deploy.CloneRequest, from *sqlpb.DatabaseInstance) (deploy.Operation, bool, error) {
	ref := q.Instance
	ref.Name = q.Clone
	got, err := s.look(ctx, ref)
	if deploy.CodeOf(err) == deploy.NotFound {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if got.GetRegion() == from.GetRegion() && got.GetDatabaseVersion() == from.GetDatabaseVersion() {
		made, err := s.operation(ctx, ref, func(op *sqlpb.Operation) bool {
			return op.GetOperationType() == sqlpb.Operation_CLONE && op.GetTargetId() == q.Clone
		})
		if err != nil || made != "" {
			return made, made != "", err
		}
	}
	return "", false, &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: "an instance of the name " + q.Clone + " exists already, and it is no clone of " + q.Instance.Name,
		Hint: "take another name; Cloud SQL also keeps the name of a deleted instance for a week",
	}
}

func taken(err error) bool { return err != nil && codeOf(google.Status(err)) == codes.AlreadyExists }
