package commands

import (
	"context"

	"slipway/internal/deploy"
)

// neighbours are the other targets that have a database in the same instance: a restore in place overwrites theirs, too.
func (h *Handler) neighbours(t deploy.Target, i deploy.InstanceRef) []deploy.Target {
	var list []deploy.Target
	for _, service := range h.catalog.Services() {
		for _, environment := range h.catalog.Environments(service) {
			other := deploy.Target{Service: service, Environment: environment}
			spec, err := h.catalog.Resolve(other, "")
			if err == nil && other != t && spec.Database != nil && spec.Database.Instance == i {
				list = append(list, other)
			}
		}
	}
	return list
}

// atRest refuses as long as something is under way at one of the targets.
func (h *Handler) atRest(ctx context.Context, instance string, targets []deploy.Target, again string) error {
	for _, t := range targets {
		r, busy, err := h.active(ctx, t)
		if err != nil {
			return err
		}
		if busy {
			return refused(Text{}.Plainf("%s has a database in %s, too, and a restore in place would overwrite it while ", t, instance).Add(title(r)).Plain(" ").
				Add(standing(r, h.now())).Plain(". Nothing was started.").Line().Plain("Wait for it. Then: ").Code(again))
		}
	}
	return nil
}

// alsoOverwritten names them.
func alsoOverwritten(targets []deploy.Target) Text {
	if len(targets) == 0 {
		return nil
	}
	var list []string
	for _, t := range targets {
		list = append(list, t.String())
	}
	return Text{}.Plain(" So is the database of " + names(list) + ", which is in the same instance.")
}
