package slack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const (
	// openWithin is as long as Slack lets a press open a form.
	openWithin = 3 * time.Second
	// mostWrong is how many characters are said of what is wrong with a form; all of it goes with an acknowledgement.
	mostWrong = 500
)

// sent is a form that somebody sent: whom to answer, and where.
type sent struct {
	user    string
	channel string   // in which the answer is whispered
	blocks  []string // at which something can be said to be wrong
}

// submitted is the little of a view_submission that is needed.
type submitted struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	View struct {
		ID      string `json:"id"`
		Private string `json:"private_metadata"`
		Blocks  []struct {
			Type    string `json:"type"`
			BlockID string `json:"block_id"`
		} `json:"blocks"`
		State struct {
			Values map[string]map[string]typedIn `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

type typedIn struct {
	Value  string   `json:"value"`
	Chosen option   `json:"selected_option"`
	Ticked []option `json:"selected_options"`
}

type option struct {
	Value string `json:"value"`
}

// submission reads a form that was sent; ours is false for any other and for anything else. Sending the same form again
// with the same in it, as after an answer that was lost, is the same event.
func submission(payload json.RawMessage) (f commands.Filled, form sent, ours bool) {
	var in submitted
	if json.Unmarshal(payload, &in) != nil || in.Type != string(sdk.InteractionTypeViewSubmission) {
		return f, form, false
	}
	if f.Action, f.Release, form.channel, ours = parsePrivate(in.View.Private); !ours {
		return f, form, false
	}
	f.By, f.Team, form.user = deploy.UserID(in.User.ID), cmp.Or(in.User.TeamID, in.Team.ID), in.User.ID
	for _, b := range in.View.Blocks {
		if b.Type != string(sdk.MBTInput) {
			continue
		}
		form.blocks = append(form.blocks, b.BlockID)
		for action, x := range in.View.State.Values[b.BlockID] {
			typed := strings.TrimSpace(x.Value)
			switch {
			case b.BlockID == reasonBlock:
				f.Reason = typed
				continue
			case action == typedAction && typed != "":
				if f.Values == nil {
					f.Values = map[string]string{}
				}
				f.Values[b.BlockID] = typed
			}
			for _, o := range append(x.Ticked, x.Chosen) {
				if o.Value != "" {
					f.Items = append(f.Items, o.Value)
				}
			}
		}
	}
	f.Event = deploy.EventID(strings.Join([]string{"view", f.Team, in.View.ID, contents(f), in.User.ID}, ":"))
	return f, form, true
}

// contents tells what was filled in from what was filled in before: a form that stayed open since its answer was lost may
// be sent with something else in it, and that was not heard before.
func contents(f commands.Filled) string {
	all := append(slices.Sorted(slices.Values(f.Items)), f.Reason)
	for _, key := range sortedKeys(f.Values) {
		all = append(all, key, f.Values[key])
	}
	sum := sha256.Sum256([]byte(strings.Join(all, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// openForm acknowledges the press, which has stored nothing, and opens the form. If that cannot be done the person is
// told; a form whose answer was lost may be open all the same.
func (s *Socket) openForm(ctx context.Context, h *heard, f commands.Form) {
	s.acknowledge(ctx, h, nil)
	within, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	err := s.client.open(within, h.trigger, formView(f, private(f.Action, f.Release, h.channel)))
	why := ""
	switch refusal(err) {
	case "exchanged_trigger_id": // the same press, heard twice
		return
	case "expired_trigger_id", "invalid_trigger_id":
		why = "it took too long"
	default:
		why = deploy.Message(err)
	}
	if err == nil {
		return
	}
	s.log.Warn().Err(err).Msg("a form could not be opened")
	text := plain("The form could not be opened: " + why + ". Nothing was stored. Press ").Strong(formButton(f.Action)).Plain(" again.")
	if err := s.client.respond(ctx, h.url, markup(text)); err != nil {
		s.log.Warn().Err(err).Msg("an answer did not reach the person")
	}
}

// answerForm acknowledges a form that was sent. It stays open with what is wrong with it, also when nobody was asked, so
// that nothing that was typed is lost; else it closes, and the answer is whispered in the channel.
func (s *Socket) answerForm(ctx context.Context, h *heard, a answered) {
	wrong := a.wrong
	if a.unheard {
		wrong = map[string]string{itemsBlock: a.reply.Text.String()}
	}
	if len(wrong) > 0 && len(h.sent.blocks) > 0 {
		s.acknowledge(ctx, h, sdk.NewErrorsViewSubmissionResponse(placed(wrong, h.sent.blocks)))
		return
	}
	s.acknowledge(ctx, h, nil)
	text := cutMarkup(markup(a.reply.Text), mostAnswer)
	if text == "" || h.sent.channel == "" {
		return
	}
	if err := s.client.whisper(ctx, h.sent.channel, h.sent.user, text); err != nil {
		s.log.Warn().Err(err).Msg("an answer did not reach the person")
	}
}

// placed puts what is wrong at the blocks of a form: Slack takes no other names.
func placed(wrong map[string]string, blocks []string) map[string]string {
	at := map[string]string{}
	for _, key := range sortedKeys(wrong) {
		block := blocks[0]
		if slices.Contains(blocks, key) {
			block = key
		}
		if at[block] != "" {
			at[block] += " "
		}
		at[block] = cut(at[block]+oneLine(wrong[key]), mostWrong)
	}
	return at
}
