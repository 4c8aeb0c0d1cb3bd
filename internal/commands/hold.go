package commands

import (
	"context"

	"slipway/internal/deploy"
)

// hold stops a release where it is.
func (h *Handler) hold(ctx context.Context, who speaker, r deploy.Release) (Text, error) {
	if err := h.maySteer(ctx, who.by, r.Target, r.Spec.Policy, "hold", ""); err != nil {
		return nil, err
	}
	if goingBack(r) || r.State == deploy.Parked || r.State == deploy.Paused {
		return nil, refused(Text{}.Plain("Nothing was changed: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain("."))
	}
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalPause}); err != nil {
		return nil, err
	}
	text := Text{}.Strong(string(r.ID))
	if gate := r.Gate(false); gate != nil {
		return text.Plainf(" holds %s, until somebody presses Resume; it then asks for %s again.", where(r), r.Wants(gate)), nil
	}
	if r.Readying() != nil {
		return text.Plainf(" holds %s, until somebody presses Resume; it then looks at its checklist again.", where(r)), nil
	}
	if r.Kind == deploy.Restore {
		return text.Plain(" holds after the step in progress, which goes on until it is done, until somebody presses Resume."), nil
	}
	return text.Plain(" holds after the step in progress; traffic then stays as it is until somebody presses Resume."), nil
}

// resume lets a held release go on, or tries a step again that stopped it. A gate asks again, from no approvals.
func (h *Handler) resume(ctx context.Context, who speaker, r deploy.Release) (Text, error) {
	if err := h.maySteer(ctx, who.by, r.Target, r.Spec.Policy, "resume", ""); err != nil {
		return nil, err
	}
	if r.State != deploy.Paused && r.State != deploy.Parked {
		return nil, refused(Text{}.Plain("Nothing is held: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain("."))
	}
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalResume}); err != nil {
		return nil, err
	}
	return Text{}.Strong(string(r.ID)).Plainf(" goes on. Follow it in %s.", r.Spec.Channel), nil
}
