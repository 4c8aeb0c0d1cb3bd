package commands

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// Request is a command as a person typed it.
type Request struct {
	Event   deploy.EventID // hearing of the same event twice counts once
	By      deploy.UserID
	Team    string // of the person, as the envelope says
	Channel string // id
	Command string // "/deploy"
	Text    string // what followed, with Slack's escapes
}

// Press is a press of a button. Step is the step that was current when the button was drawn, Plan the hash of the
// proposal that its message shows, if it shows one.
type Press struct {
	Event   deploy.EventID
	By      deploy.UserID
	Team    string
	Release deploy.ReleaseID
	Action  Action
	Step    deploy.StepName
	Plan    string
}

// Action is what a button asks for.
type Action string

const (
	Promote  Action = "promote"   // approve the gate named by Step
	Pause    Action = "pause"     // shown as Hold
	Resume   Action = "resume"    // go on from a pause, or try a parked step again
	RollBack Action = "roll_back" // go back now
	Details  Action = "details"   // read only

	// Of the message that asks for open items. They open a form first: see Handler.Form.

	Attest Action = "attest" // say that items of the checklist are so
	Waive  Action = "waive"  // let one open item pass, or go on without a backup that failed, for a reason

	// Of the message of an incident, and of a release that has ended, if its target has a database. It opens a form.

	Database Action = "database_options" // bring back what was in the database

	// Of the message of an incident.

	Take   Action = "take"   // I look after it
	Bug    Action = "bug"    // open a bug report
	Fix    Action = "fix"    // I plan the fix
	Unlock Action = "unlock" // clear the lock that the rollback left
	Report Action = "report" // write the report into the thread
)

// Reply is shown only to the person who typed or pressed. With no Text there is nothing to say.
type Reply struct {
	Text Text
	// Later is what was not known in time, if anything: it is worked out by calling this, within LaterWithin, once Text was
	// shown. It stores nothing.
	Later func(ctx context.Context) Text
}

// LaterWithin is how long Reply.Later may take.
const LaterWithin = 8 * time.Second
