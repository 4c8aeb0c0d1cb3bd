package slack

import (
	"fmt"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// Lengths, in characters, and counts that Slack takes in a form.
const (
	mostTitle      = 24
	mostOption     = 75
	mostBoxes      = 10
	mostMenu       = 100
	mostFormBlocks = 100
)

const (
	mostReason = 500 // ours: a reason is read in a thread
	mostTyped  = 200 // ours: one line: a moment, a name
	mostItems  = 200 // ours: with texts at their longest, a form of so many is still less than the 250 kB that Slack takes
)

// Where in a form people say what, and the key of each in Filled and in what is wrong.
const (
	itemsBlock  = "items" // the first of them; others have a number behind it
	reasonBlock = "reason"
	itemsAction = "items"
	typedAction = "typed"
)

// formView draws a form. What is wrong with it, when it was sent, is shown at its first items, or at the reason.
// private is what comes back with it.
func formView(f commands.Form, private string) sdk.ModalViewRequest {
	view := sdk.ModalViewRequest{Type: sdk.VTModal, CallbackID: string(f.Action), PrivateMetadata: private,
		Title: plainText(orElse(f.Title, "Checklist"), mostTitle), Submit: plainText(orElse(f.Submit, "Send"), mostTitle), Close: plainText("Leave it", mostTitle)}
	var blocks []sdk.Block
	if intro := markup(f.Intro); intro != "" {
		blocks = append(blocks, section(intro))
	}
	inputs, left := itemMenu(f.Action, f.Items)
	if f.Action == commands.Attest {
		inputs, left = itemBoxes(f.Items, mostFormBlocks-len(blocks)-2)
	}
	blocks = append(blocks, inputs...)
	if left > 0 {
		blocks = append(blocks, section(fmt.Sprintf("%d more are open and do not fit in here. Send these first, then press %s again.", left, formButton(f.Action))))
	}
	blocks = append(blocks, typedFields(f.Fields)...)
	if f.Reason {
		why := "Why, for whoever reads this later"
		if f.Action == commands.Waive {
			why = "Why it may pass, for whoever reads this later"
		}
		typed := sdk.NewPlainTextInputBlockElement(plainText(why, mostOption*2), typedAction).WithMultiline(true).WithMaxLength(mostReason)
		blocks = append(blocks, sdk.NewInputBlock(reasonBlock, plainText("Reason", mostOption), nil, typed))
	}
	view.Blocks.BlockSet = blocks
	return view
}

// typedFields are single lines that are typed. The key of each is the name of its block.
func typedFields(fields []commands.FormField) (blocks []sdk.Block) {
	for _, f := range fields {
		var hint *sdk.TextBlockObject
		if text := oneLine(f.Hint); text != "" {
			hint = plainText(text, 2*mostNote)
		}
		typed := sdk.NewPlainTextInputBlockElement(nil, typedAction).WithMaxLength(mostTyped)
		blocks = append(blocks, sdk.NewInputBlock(f.Key, plainText(orElse(oneLine(f.Label), f.Key), mostOption), hint, typed).WithOptional(f.Optional))
	}
	return blocks
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// formButton is the label of the button that opens a form.
func formButton(a commands.Action) string {
	switch a {
	case commands.Waive:
		return "Waive…"
	case commands.Database:
		return "Database options"
	default:
		return "Attest…"
	}
}

// itemMenu lets one item be chosen; left is how many did not fit.
func itemMenu(a commands.Action, items []commands.FormItem) (blocks []sdk.Block, left int) {
	if len(items) == 0 {
		return nil, 0
	}
	fit := items[:min(len(items), mostMenu)]
	label, choose := plainText("Item", mostOption), "Choose an open item"
	if a == commands.Database {
		label, choose = plainText("Backup", mostOption), "Choose a backup"
	}
	if len(fit) <= mostBoxes {
		blocks = inFull(fit)
		return append(blocks, sdk.NewInputBlock(itemsBlock, label, nil, sdk.NewRadioButtonsBlockElement(itemsAction, options(fit)...))), len(items) - len(fit)
	}
	menu := sdk.NewOptionsSelectBlockElement(sdk.OptTypeStatic, plainText(choose, mostOption), itemsAction, options(fit)...)
	return []sdk.Block{sdk.NewInputBlock(itemsBlock, label, nil, menu)}, len(items) - len(fit)
}

// itemBoxes lets any number of items be ticked, group by group; left is how many did not fit into the form.
func itemBoxes(items []commands.FormItem, room int) (blocks []sdk.Block, left int) {
	fit := items[:min(len(items), mostItems)]
	shown, number := 0, 0
	for _, g := range grouped(fit) {
		for from := 0; from < len(g.items); from += mostBoxes {
			part := g.items[from:min(from+mostBoxes, len(g.items))]
			full := inFull(part)
			if len(blocks)+len(full)+1 > room {
				return blocks, len(items) - shown
			}
			number++
			id, title := itemsBlock, g.name
			if number > 1 {
				id = fmt.Sprintf("%s-%d", itemsBlock, number)
			}
			if from > 0 {
				title = fmt.Sprintf("%s (%d)", title, from/mostBoxes+1)
			}
			blocks = append(append(blocks, full...), sdk.NewInputBlock(id, plainText(title, mostOption), nil, sdk.NewCheckboxGroupsBlockElement(itemsAction, options(part)...)).WithOptional(true))
			shown += len(part)
		}
	}
	return blocks, len(items) - shown
}

type itemGroup struct {
	name  string
	items []commands.FormItem
}

// grouped sorts items by their group, in the order in which the groups come.
func grouped(items []commands.FormItem) (list []itemGroup) {
	at := map[string]int{}
	for _, item := range items {
		name := orElse(item.Group, "Items")
		i, known := at[name]
		if !known {
			i, at[name] = len(list), len(list)
			list = append(list, itemGroup{name: name})
		}
		list[i].items = append(list[i].items, item)
	}
	return list
}

// options are items to choose from, as far as Slack has room for their words.
func options(items []commands.FormItem) (list []*sdk.OptionBlockObject) {
	for _, item := range items {
		var note *sdk.TextBlockObject
		if text := oneLine(item.Note); text != "" {
			note = plainText(text, mostOption)
		}
		list = append(list, sdk.NewOptionBlockObject(item.Key, plainText(itemText(item), mostOption), note))
	}
	return list
}

func itemText(item commands.FormItem) string { return orElse(oneLine(item.Text), item.Key) }

// inFull says above the items what there is no room for beside them.
func inFull(items []commands.FormItem) []sdk.Block {
	var lines []string
	for _, item := range items {
		text, note := itemText(item), oneLine(item.Note)
		if len([]rune(text)) <= mostOption && len([]rune(note)) <= mostOption {
			continue
		}
		line := "• " + esc(cut(text, mostNote))
		if note != "" {
			line += ": " + esc(cut(note, mostNote))
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	return []sdk.Block{section(strings.Join(lines, "\n"))}
}

// private is what comes back with a form: what it is about, and the channel in which its answer is whispered. It is no
// proof of anything; what a form does is decided by what is stored.
func private(a commands.Action, id deploy.ReleaseID, channel string) string {
	return strings.Join([]string{string(a), string(id), channel}, "|")
}

func parsePrivate(text string) (a commands.Action, id deploy.ReleaseID, channel string, ok bool) {
	parts := strings.Split(text, "|")
	if len(parts) != 3 {
		return "", "", "", false
	}
	a, id = commands.Action(parts[0]), deploy.ReleaseID(parts[1])
	_, _, named := id.Split()
	return a, id, parts[2], named && opensForm(a)
}

// opensForm says whether a button asks for more than the press.
func opensForm(a commands.Action) bool {
	return a == commands.Attest || a == commands.Waive || a == commands.Database
}
