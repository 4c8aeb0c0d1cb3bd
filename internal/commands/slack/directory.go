package slack

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const (
	remembered = time.Minute      // how long an answer of Slack's is believed
	renewAfter = 40 * time.Second // an answer in use is asked for again before it expires
	renewEvery = 5 * time.Second
	inUse      = 10 * time.Minute // since somebody wanted it
	mostRenews = 4                // at once
)

// Directory answers who people are from Slack, and remembers it for a minute. What is in use is renewed in the
// background while Run runs, so that a command hardly ever waits for Slack. When Slack does not answer and the
// minute is over nobody is anybody: Unavailable.
type Directory struct {
	client  *Client
	people  *cache[deploy.UserID, commands.Person]
	members *cache[string, []deploy.UserID]     // by group id
	handles *cache[struct{}, map[string]string] // handle → group id
}

var _ commands.Directory = (*Directory)(nil)

// NewDirectory makes a directory that knows nobody yet.
func NewDirectory(c *Client) *Directory {
	d := &Directory{client: c}
	d.people = newCache(c.clock.Now, d.askPerson)
	d.members = newCache(c.clock.Now, d.askMembers)
	d.handles = newCache(c.clock.Now, d.askHandles)
	return d
}

// Person looks a user up. NotFound if Slack knows none of that id, Unavailable if it does not answer.
func (d *Directory) Person(ctx context.Context, id deploy.UserID) (commands.Person, error) {
	return d.people.get(ctx, id)
}

// Members lists a user group named by id or @handle; a user is a group of one. An empty group has nobody in it.
// NotFound if there is no such group or it is disabled, Unavailable if Slack does not answer.
func (d *Directory) Members(ctx context.Context, group deploy.Principal) ([]deploy.UserID, error) {
	if isUser(string(group)) {
		return []deploy.UserID{deploy.UserID(group)}, nil
	}
	id, err := d.group(ctx, group)
	if err != nil {
		return nil, err
	}
	return d.members.get(ctx, id)
}

func (d *Directory) group(ctx context.Context, p deploy.Principal) (string, error) {
	if isGroup(string(p)) {
		return string(p), nil
	}
	handles, err := d.handles.get(ctx, struct{}{})
	if err != nil {
		return "", err
	}
	id, ok := handles[strings.ToLower(strings.TrimPrefix(string(p), "@"))]
	if !ok {
		return "", &deploy.Error{Code: deploy.NotFound, Op: "look up " + string(p), Msg: "there is no user group " + string(p) + " in Slack"}
	}
	return id, nil
}

// Mention writes p so that it is notified, or as plain text if Slack does not know it or does not answer.
func (d *Directory) Mention(ctx context.Context, p deploy.Principal) string {
	if isUser(string(p)) || p == "" {
		return principal(string(p))
	}
	id, err := d.group(ctx, p)
	if err != nil {
		return esc(string(p))
	}
	return principal(id)
}

// Forget drops what is known of a group that changed; of all of them if id is empty.
func (d *Directory) Forget(id string) {
	d.handles.drop(func(struct{}) bool { return true })
	d.members.drop(func(known string) bool { return id == "" || known == id })
}

// Run fills the directory with warm and keeps what is in use fresh, until ctx ends.
func (d *Directory) Run(ctx context.Context, warm []deploy.Principal) error {
	for _, p := range warm {
		members, err := d.Members(ctx, p)
		if err != nil {
			d.client.log.Warn().Err(err).Str("principal", string(p)).Msg("cannot look up a group of the catalog")
			continue
		}
		for _, id := range members {
			if _, err := d.people.get(ctx, id); err != nil {
				d.client.log.Warn().Err(err).Str("user", string(id)).Msg("cannot look up a member")
			}
		}
	}
	for {
		timer, stop := d.client.clock.NewTimer(renewEvery)
		select {
		case <-timer:
			d.renew(ctx)
		case <-ctx.Done():
			stop()
			return nil
		}
	}
}

// renew asks again for what is in use and about to expire. Errors are left to those who want it next.
func (d *Directory) renew(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(mostRenews)
	d.handles.renew(ctx, &g)
	d.members.renew(ctx, &g)
	d.people.renew(ctx, &g)
	_ = g.Wait()
}

func (d *Directory) askPerson(ctx context.Context, id deploy.UserID) (commands.Person, error) {
	var p commands.Person
	err := d.client.call(ctx, methodUser, func(ctx context.Context) error {
		u, err := d.client.api.GetUserInfoContext(ctx, string(id))
		if err == nil {
			p = personOf(u)
		}
		return err
	})
	return p, err
}

func personOf(u *sdk.User) commands.Person {
	name := u.Profile.DisplayName
	if name == "" {
		name = u.Name
	}
	return commands.Person{
		ID: deploy.UserID(u.ID), Team: u.TeamID, Deleted: u.Deleted, Name: name,
		Guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger,
		Bot:   u.IsBot || u.IsWorkflowBot || u.IsConnectorBot,
	}
}

func (d *Directory) askMembers(ctx context.Context, group string) ([]deploy.UserID, error) {
	var members []deploy.UserID
	err := d.client.call(ctx, methodMembers, func(ctx context.Context) error {
		ids, err := d.client.api.GetUserGroupMembersContext(ctx, group)
		for _, id := range ids {
			members = append(members, deploy.UserID(id))
		}
		return err
	})
	return members, err
}

func (d *Directory) askHandles(ctx context.Context, _ struct{}) (map[string]string, error) {
	handles := map[string]string{}
	err := d.client.call(ctx, methodGroups, func(ctx context.Context) error {
		groups, err := d.client.api.GetUserGroupsContext(ctx)
		for _, g := range groups {
			if g.DateDelete == 0 {
				handles[strings.ToLower(g.Handle)] = g.ID
			}
		}
		return err
	})
	return handles, err
}
