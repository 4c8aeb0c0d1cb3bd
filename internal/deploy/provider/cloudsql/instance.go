package cloudsql

import (
	"context"
	"strings"

	"cloud.google.com/go/sql/apiv1/sqlpb"

	"slipway/internal/deploy"
)

// Instance reports an instance as Cloud SQL sees it now, whatever database it runs. Unrest is its state by Cloud SQL's
// name, or STOPPED for one that its owner has switched off: the API calls that RUNNABLE. Its address is the private one if
// it has one, without a port.
func (s *Instances) Instance(ctx context.Context, i deploy.InstanceRef) (deploy.Instance, error) {
	got, err := s.look(ctx, i)
	if err != nil {
		return deploy.Instance{}, err
	}
	unrest := unrest(got)
	return deploy.Instance{
		Ref: i, Runnable: unrest == "", Unrest: unrest,
		Version: got.GetDatabaseVersion().String(), Address: address(got.GetIpAddresses()), Region: got.GetRegion(),
		Replicas: got.GetReplicaNames(), PointInTime: pointInTime(got),
		Made: moment(got.GetCreateTime()),
	}, nil
}

// look reads an instance; its errors are ours.
func (s *Instances) look(ctx context.Context, i deploy.InstanceRef) (*sqlpb.DatabaseInstance, error) {
	if err := plausible(i); err != nil {
		return nil, err
	}
	got, err := read(ctx, s, func(ctx context.Context, c *clients) (*sqlpb.DatabaseInstance, error) {
		return c.instances.Get(ctx, &sqlpb.SqlInstancesGetRequest{Project: i.Project, Instance: i.Name})
	})
	if err != nil {
		return nil, explain(ctx, "look at "+i.String(), anInstance(i), err)
	}
	return got, nil
}

// unrest says why an instance takes nobody; empty if it does.
func unrest(got *sqlpb.DatabaseInstance) string {
	state := got.GetState()
	if state == sqlpb.DatabaseInstance_RUNNABLE {
		if got.GetSettings().GetActivationPolicy() == sqlpb.Settings_NEVER {
			return "STOPPED (its activation policy is NEVER)"
		}
		return ""
	}
	var why []string
	for _, r := range got.GetSuspensionReason() {
		why = append(why, r.String())
	}
	if len(why) > 0 {
		return state.String() + " (" + strings.Join(why, ", ") + ")"
	}
	return state.String()
}

func pointInTime(got *sqlpb.DatabaseInstance) bool {
	return got.GetSettings().GetBackupConfiguration().GetPointInTimeRecoveryEnabled().GetValue()
}

// address is where an instance is reached. One that is only the source of its connections (OUTGOING) leads nowhere.
func address(all []*sqlpb.IpMapping) string {
	for _, kind := range []sqlpb.SqlIpAddressType{sqlpb.SqlIpAddressType_PRIVATE, sqlpb.SqlIpAddressType_PRIMARY} {
		for _, a := range all {
			if a.GetType() == kind && a.GetIpAddress() != "" {
				return a.GetIpAddress()
			}
		}
	}
	return ""
}
