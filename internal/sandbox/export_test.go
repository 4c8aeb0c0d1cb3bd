package sandbox

import "context"

// Turn is what the fault `bot` calls.
func (s *Sandbox) Turn(ctx context.Context, up bool) error { return s.turn(ctx, up) }
