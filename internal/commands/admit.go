package commands

import (
	"context"

	"slipway/internal/deploy"
)

// admit lets full members of our workspace in, and nobody else. It goes by id and team; a name proves nothing,
// and people of other organisations can press the buttons of a shared channel.
func (h *Handler) admit(ctx context.Context, by deploy.UserID, team string) error {
	const next = " Ask a member of this workspace to do it, or an administrator to make you one."
	if by == "" || h.opts.Team == "" || team != h.opts.Team {
		return refused(Text{}.Plain("Only people of the workspace that Slipway belongs to may use it, and this account belongs to another." + next))
	}
	p, err := h.dir.Person(ctx, by)
	switch {
	case deploy.CodeOf(err) == deploy.NotFound:
		return refused(Text{}.Plain("Slack knows no such member of this workspace, so nothing was done." + next))
	case err != nil:
		return &refusal{err: err, text: Text{}.Plain("I cannot find out who you are: Slack does not answer. " +
			"As long as I cannot, I do nothing; nothing was stored, nothing was started. Try again in a minute.")}
	}
	switch {
	case p.ID != by || p.Team != h.opts.Team:
		return refused(Text{}.Plain("Only people of the workspace that Slipway belongs to may use it, and your account belongs to another." + next))
	case p.Deleted:
		return refused(Text{}.Plain("This account is deactivated, so nothing was done." + next))
	case p.Bot:
		return refused(Text{}.Plain("Slipway takes no commands from bots: a person has to answer for a release." + next))
	case p.Guest:
		return refused(Text{}.Plain("You are a guest of this workspace, and guests may not use Slipway." + next))
	}
	return nil
}
