package main

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// practiceWord is who has given their word on every checklist before a practice begins.
const practiceWord deploy.UserID = "U0BOB"

// attestAll has somebody attest whatever the checklists of a practice catalog leave to people, as it would be after a
// release last week: who tries Slipway out can ship at once.
func attestAll(ctx context.Context, c *catalog.Catalog, at deploy.Attestations) error {
	for _, t := range c.Targets() {
		spec, err := c.Resolve(t, unreleased)
		if err != nil {
			return err
		}
		items := map[string]time.Duration{}
		for _, i := range spec.Items {
			if i.Prove == nil {
				items[i.Key] = i.Lasts
			}
		}
		if len(items) == 0 {
			continue
		}
		if _, err := at.Attest(ctx, t, practiceWord, items, ""); err != nil {
			return err
		}
	}
	return nil
}
