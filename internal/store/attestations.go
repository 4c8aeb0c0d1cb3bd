package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Attest implements deploy.Attestations. A repetition under the same event changes nothing, also after a lost answer.
func (s *Store) Attest(ctx context.Context, t deploy.Target, by deploy.UserID, items map[string]time.Duration, event deploy.EventID) (bool, error) {
	op := "attest about " + t.String()
	if err := attestable(items); err != nil {
		return false, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	k := keysFor(t.Service)
	args := []any{t.String(), string(event), keepEvent.Milliseconds(), keepVoid.Milliseconds(), string(by)}
	for _, item := range slices.Sorted(maps.Keys(items)) {
		args = append(args, item, items[item].Milliseconds())
	}
	got, err := s.run(ctx, attestScript, []string{k.attestations(t), k.seen(event)}, args...)
	if err != nil {
		return false, classify(op, err)
	}
	switch got.status() {
	case "ok":
		return true, nil
	case "seen":
		return false, nil
	}
	return false, got.strange(op)
}

// attestable refuses what would be stored and never count.
func attestable(items map[string]time.Duration) error {
	if len(items) == 0 {
		return fmt.Errorf("no item is attested")
	}
	for item, lasts := range items {
		if item == "" || lasts < time.Millisecond {
			return fmt.Errorf("item %q is attested for %s", item, lasts)
		}
	}
	return nil
}

// Attested implements deploy.Attestations. What has been void for too long is not told, whether or not it is still there.
func (s *Store) Attested(ctx context.Context, t deploy.Target) (map[string]deploy.Attestation, error) {
	op := "find what is attested about " + t.String()
	got, err := s.run(ctx, attestedScript, []string{keysFor(t.Service).attestations(t)}, keepVoid.Milliseconds())
	if err != nil {
		return nil, classify(op, err)
	}
	all := make(map[string]deploy.Attestation, len(got)/2)
	for i := 0; i+1 < len(got); i += 2 {
		item := got.text(i)
		a, err := parseAttestation(item, got.text(i+1))
		if err != nil {
			return nil, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
		all[item] = a
	}
	return all, nil
}

// parseAttestation reads what attest.lua wrote: when it was given, until when it counts, who gave it.
func parseAttestation(item, text string) (deploy.Attestation, error) {
	fields := strings.SplitN(text, " ", 3)
	if len(fields) != 3 {
		return deploy.Attestation{}, fmt.Errorf("%q is no attestation", text)
	}
	at, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return deploy.Attestation{}, fmt.Errorf("%q is no attestation: %w", text, err)
	}
	until, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return deploy.Attestation{}, fmt.Errorf("%q is no attestation: %w", text, err)
	}
	return deploy.Attestation{Item: item, By: deploy.UserID(fields[2]), At: fromMillis(at), Until: fromMillis(until)}, nil
}
