package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	sdk "github.com/slack-go/slack"
)

// message is what is posted or edited in: text for notifications and screen readers, blocks for the eye, and a
// last line beside a bar of colour. The bar is an attachment, and attachments cannot hold every block and are
// folded by clients when they grow; so they hold one line, and nothing that is needed to act.
type message struct {
	text   string
	blocks []sdk.Block
	colour string
	footer string
	aloud  bool // shown in the channel too, although it is in a thread
}

// The colours of the bar, for states of a release.
const (
	blue  = "#2f6fde" // going forward
	amber = "#d9860b" // waits for a person
	red   = "#c62f2f" // rolled back, or failed
	green = "#2a9d4a" // done
)

// calling is m with a mention of who must act, shown in the channel too.
func (m message) calling(who string) message {
	if who != "" {
		m.text = who + "  " + m.text
	}
	m.aloud = true
	return m
}

// options are the arguments that make m, with everything off that would let text reach further than it should.
func (m message) options() []sdk.MsgOption {
	opts := []sdk.MsgOption{
		sdk.MsgOptionText(cutMarkup(m.text, mostText), false),
		sdk.MsgOptionDisableLinkUnfurl(), sdk.MsgOptionDisableMediaUnfurl(),
		sdk.MsgOptionParse(false), sdk.MsgOptionLinkNames(false),
	}
	if len(m.blocks) > 0 {
		opts = append(opts, sdk.MsgOptionBlocks(m.blocks...))
	}
	return append(opts, sdk.MsgOptionAttachments(m.attachments()...))
}

func (m message) attachments() []sdk.Attachment {
	if m.footer == "" {
		return []sdk.Attachment{}
	}
	return []sdk.Attachment{{Color: m.colour, Text: m.footer, Fallback: m.footer, MarkdownIn: []string{"text"}}}
}

// fingerprint is equal for messages that look the same.
func (m message) fingerprint() string {
	b, err := json.Marshal([]any{m.text, m.blocks, m.attachments()})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// pictured says whether m shows a file.
func (m message) pictured() bool {
	return slices.ContainsFunc(m.blocks, func(b sdk.Block) bool { return b.BlockType() == sdk.MBTImage })
}

// section is a block of mrkdwn. It is verbatim: Slack makes no links of names in it.
func section(text string) sdk.Block {
	return sdk.NewSectionBlock(mrkdwn(cutMarkup(text, mostSection)), nil, nil)
}

func mrkdwn(text string) *sdk.TextBlockObject {
	return sdk.NewTextBlockObject(sdk.MarkdownType, text, false, true)
}

func plainText(text string, most int) *sdk.TextBlockObject {
	return sdk.NewTextBlockObject(sdk.PlainTextType, cut(text, most), false, false)
}
