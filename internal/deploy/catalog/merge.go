package catalog

import (
	"cmp"
	"maps"
)

// merged is what an environment has: its own, and what the top of the file says where it says nothing. Platform,
// policy and database are merged key by key, env and secrets variable by variable; everything else, lists, the strategy,
// the metrics, the image policy and a platform of another kind included, replaces as a whole.
func merged(top, own Shared) Shared {
	if alone(top, own) {
		top.Platform = nil
	}
	return Shared{
		Image:    cmp.Or(own.Image, top.Image),
		Channel:  cmp.Or(own.Channel, top.Channel),
		OnCall:   cmp.Or(own.OnCall, top.OnCall),
		Platform: mergedPlatform(deref(top.Platform), deref(own.Platform)),
		Strategy: cmp.Or(own.Strategy, top.Strategy),
		Health:   replaced(top.Health, own.Health),
		Checks:   replaced(top.Checks, own.Checks),
		Load:     replaced(top.Load, own.Load),
		Policy:   mergedPolicy(deref(top.Policy), deref(own.Policy)),
		Observe:  cmp.Or(own.Observe, top.Observe),
		Metrics:  cmp.Or(own.Metrics, top.Metrics),
		Snapshot: cmp.Or(own.Snapshot, top.Snapshot),
		Database: mergedDatabase(top.Database, own.Database),
		Also:     replaced(top.Also, own.Also),

		PublicOnly:  cmp.Or(own.PublicOnly, top.PublicOnly),
		ImagePolicy: cmp.Or(own.ImagePolicy, top.ImagePolicy),
		Checklist:   cmp.Or(own.Checklist, top.Checklist),
	}
}

// alone says whether an environment inherits nothing of the platform at the top of its file, since its own is of another kind.
func alone(top, own Shared) bool {
	above, here := deref(top.Platform), deref(own.Platform)
	return above.Kind != "" && here.Kind != "" && above.kind() != here.kind()
}

func mergedPlatform(top, own Platform) *Platform {
	return &Platform{
		Kind:         cmp.Or(own.Kind, top.Kind),
		Project:      cmp.Or(own.Project, top.Project),
		Cluster:      cmp.Or(own.Cluster, top.Cluster),
		Region:       cmp.Or(own.Region, top.Region),
		Service:      cmp.Or(own.Service, top.Service),
		CPU:          cmp.Or(own.CPU, top.CPU),
		Memory:       cmp.Or(own.Memory, top.Memory),
		MinInstances: cmp.Or(own.MinInstances, top.MinInstances),
		MaxInstances: cmp.Or(own.MaxInstances, top.MaxInstances),
		Concurrency:  cmp.Or(own.Concurrency, top.Concurrency),
		Timeout:      cmp.Or(own.Timeout, top.Timeout),
		Env:          united(top.Env, own.Env),
		Secrets:      united(top.Secrets, own.Secrets),

		Container:      cmp.Or(own.Container, top.Container),
		TaskDefinition: cmp.Or(own.TaskDefinition, top.TaskDefinition),
		Rule:           cmp.Or(own.Rule, top.Rule),
		Beside:         cmp.Or(own.Beside, top.Beside),
		TestURL:        cmp.Or(own.TestURL, top.TestURL),
		Within:         cmp.Or(own.Within, top.Within),
		GivesUp:        cmp.Or(own.GivesUp, top.GivesUp),
	}
}

func mergedPolicy(top, own Policy) *Policy {
	return &Policy{
		Deploy:              replaced(top.Deploy, own.Deploy),
		Approve:             replaced(top.Approve, own.Approve),
		Approvals:           cmp.Or(own.Approvals, top.Approvals),
		RequesterMayApprove: cmp.Or(own.RequesterMayApprove, top.RequesterMayApprove),
		ApprovalExpires:     cmp.Or(own.ApprovalExpires, top.ApprovalExpires),
		ApprovePlan:         cmp.Or(own.ApprovePlan, top.ApprovePlan),
	}
}

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// replaced is own unless nothing was said: an empty list is something.
func replaced[T any](top, own []T) []T {
	if own == nil {
		return top
	}
	return own
}

func united(top, own map[string]string) map[string]string {
	if len(top)+len(own) == 0 {
		return nil
	}
	all := make(map[string]string, len(top)+len(own))
	maps.Copy(all, top)
	maps.Copy(all, own)
	return all
}
