package workspace

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/sandbox/workspace/blockkit"
)

// Person is someone in the workspace, or a bot user.
type Person struct {
	ID         string `json:"id"`
	Name       string `json:"name"` // what people type after the @
	RealName   string `json:"real_name"`
	TeamID     string `json:"team_id"` // another team's for people of Slack Connect
	IsBot      bool   `json:"is_bot,omitempty"`
	Restricted bool   `json:"is_restricted,omitempty"` // a guest
	Deleted    bool   `json:"deleted,omitempty"`
}

// Channel is a public channel.
type Channel struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"` // user ids
}

// Group is a user group, mentioned as @handle.
type Group struct {
	ID      string   `json:"id"`
	Handle  string   `json:"handle"`
	Name    string   `json:"name"`
	Members []string `json:"members"` // user ids
}

// DefaultPeople are alice who deploys, bob who approves and is on call, carol who may do neither, mallory who
// is a guest, erin who belongs to another team, and the bot.
func DefaultPeople() []Person {
	return []Person{
		{ID: "U0ALICE", Name: "alice", RealName: "Alice Archer", TeamID: TeamID},
		{ID: "U0BOB", Name: "bob", RealName: "Bob Baker", TeamID: TeamID},
		{ID: "U0CAROL", Name: "carol", RealName: "Carol Carter", TeamID: TeamID},
		{ID: "U0MALLORY", Name: "mallory", RealName: "Mallory Mason", TeamID: TeamID, Restricted: true},
		{ID: "U0ERIN", Name: "erin", RealName: "Erin Ellis", TeamID: "T0OTHER"},
		{ID: BotUserID, Name: "slipway", RealName: "Slipway", TeamID: TeamID, IsBot: true},
	}
}

// DefaultChannels are #devops-oncall with everybody in it, shared with erin's team, and #general without the bot.
func DefaultChannels() []Channel {
	return []Channel{
		{ID: "C0ONCALL", Name: "devops-oncall", Members: []string{"U0ALICE", "U0BOB", "U0CAROL", "U0MALLORY", "U0ERIN", BotUserID}},
		{ID: "C0GENERAL", Name: "general", Members: []string{"U0ALICE", "U0BOB", "U0CAROL"}},
	}
}

// DefaultGroups are @oncall with bob, and @platform with alice and bob.
func DefaultGroups() []Group {
	return []Group{
		{ID: "S0ONCALL", Handle: "oncall", Name: "On call", Members: []string{"U0BOB"}},
		{ID: "S0PLATFORM", Handle: "platform", Name: "Platform", Members: []string{"U0ALICE", "U0BOB"}},
	}
}

// room is a channel, or the direct messages between a person and the bot, with its messages in order.
type room struct {
	Channel
	direct   string // the person of a direct message
	messages []*message
}

type directory struct {
	people []*Person
	rooms  []*room
	groups []*Group
}

func newDirectory(o *Options) directory {
	var d directory
	for _, p := range o.People {
		d.people = append(d.people, &p)
	}
	for _, c := range o.Channels {
		c.Members = slices.Clone(c.Members)
		d.rooms = append(d.rooms, &room{Channel: c})
	}
	for _, g := range o.Groups {
		g.Members = slices.Clone(g.Members)
		d.groups = append(d.groups, &g)
	}
	return d
}

// SetGroup replaces the members of a user group, named by handle, by people named by id or name.
func (w *Workspace) SetGroup(handle string, members ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.group(handle)
	if g == nil {
		return fmt.Errorf("set members of @%s: no such user group", handle)
	}
	var ids []string
	for _, m := range members {
		p, err := w.mustPerson(m)
		if err != nil {
			return fmt.Errorf("set members of @%s: %w", handle, err)
		}
		ids = append(ids, p.ID)
	}
	g.Members = ids
	w.touch()
	return nil
}

// person finds someone by id or name; nil if there is no such person.
func (d *directory) person(who string) *Person {
	who = strings.TrimPrefix(who, "@")
	for _, p := range d.people {
		if p.ID == who || strings.EqualFold(p.Name, who) {
			return p
		}
	}
	return nil
}

func (d *directory) mustPerson(who string) (*Person, error) {
	if p := d.person(who); p != nil {
		return p, nil
	}
	var names []string
	for _, p := range d.people {
		names = append(names, p.Name)
	}
	return nil, fmt.Errorf("there is no %q in the practice workspace, only %s", who, strings.Join(names, ", "))
}

func (d *directory) group(which string) *Group {
	which = strings.TrimPrefix(which, "@")
	for _, g := range d.groups {
		if g.ID == which || strings.EqualFold(g.Handle, which) {
			return g
		}
	}
	return nil
}

// room finds a channel by id or by name with or without #.
func (d *directory) room(which string) *room {
	name := strings.TrimPrefix(which, "#")
	for _, r := range d.rooms {
		if r.ID == which || r.Name == name {
			return r
		}
	}
	return nil
}

// roomByID is for the methods that take no names.
func (d *directory) roomByID(id string) *room {
	for _, r := range d.rooms {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (d *directory) mustRoom(which string) (*room, error) {
	if r := d.room(which); r != nil {
		return r, nil
	}
	var names []string
	for _, r := range d.rooms {
		names = append(names, "#"+r.Name)
	}
	return nil, fmt.Errorf("there is no channel %q in the practice workspace, only %s", which, strings.Join(names, ", "))
}

// directRoom is the direct messages between a person and the bot, made when first needed.
func (d *directory) directRoom(p *Person) *room {
	id := "D" + strings.TrimPrefix(p.ID, "U")
	if r := d.roomByID(id); r != nil {
		return r
	}
	r := &room{Channel: Channel{ID: id, Name: "@" + p.Name, Members: []string{p.ID, BotUserID}}, direct: p.ID}
	d.rooms = append(d.rooms, r)
	return r
}

func (r *room) has(user string) bool { return slices.Contains(r.Members, user) }

// shared tells whether people of another team are in the channel.
func (d *directory) shared(r *room) bool {
	return slices.ContainsFunc(r.Members, func(id string) bool {
		p := d.person(id)
		return p != nil && p.TeamID != TeamID
	})
}

// names resolves ids for people to read. Callers hold mu.
func (w *Workspace) names() blockkit.Names {
	return blockkit.Names{
		User: func(id string) string {
			if p := w.person(id); p != nil {
				return p.Name
			}
			return id
		},
		Group: func(id string) string {
			if g := w.group(id); g != nil {
				return g.Handle
			}
			return id
		},
		Channel: func(id string) string {
			if r := w.roomByID(id); r != nil {
				return r.Name
			}
			return id
		},
		Zone: w.opts.Zone,
		Now:  w.opts.Now(),
	}
}

// HasPerson says whether somebody goes by this name or id, bots included.
func (w *Workspace) HasPerson(user string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.person(user) != nil
}
