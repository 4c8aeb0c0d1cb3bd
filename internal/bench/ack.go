package main

import (
	"context"
	"errors"
)

const (
	ackRounds   = 300
	ackServices = 50
)

// measureAck takes turns: one frame to the floor, one /deploy to the bot, each after a moment of quiet. Cloud Run
// does not have these services, so that each release is stored with everything that belongs to it, fails in its
// preflight a few milliseconds after the acknowledgement, and leaves its target free for the next.
func measureAck(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, ackServices, unattended, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	f, err := startFloor(ctx, g)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	frame := []byte(w.Workspace.Envelopes()[0].Payload)
	var acks, floors sample
	for i := range ackRounds {
		if err := w.quiet(ctx); err != nil {
			return err
		}
		asked, err := f.ask(ctx, frame)
		if err != nil {
			return err
		}
		if err := w.quiet(ctx); err != nil {
			return err
		}
		id, e, err := w.deploy(ctx, serviceName(i%ackServices), next)
		if err != nil {
			return err
		}
		floors, acks = append(floors, asked), append(acks, e.took)
		if err := w.quiet(ctx); err != nil {
			return err
		}
		if err := w.reach(ctx, ended, id); err != nil {
			return err
		}
	}
	figure("ack.p50_vs_floor", ratio(acks.p50(), floors.p50()), "x")
	figure("ack.p99_vs_floor", ratio(acks.p99(), floors.p99()), "x")
	figure("ack.p50_ms", ms(acks.p50()), "ms")
	figure("ack.p99_ms", ms(acks.p99()), "ms")
	figure("floor.p50_ms", ms(floors.p50()), "ms")
	figure("floor.p99_ms", ms(floors.p99()), "ms")
	return nil
}
