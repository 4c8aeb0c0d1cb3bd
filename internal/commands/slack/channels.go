package slack

import (
	"context"
	"strings"
	"sync"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// channelsKnown is how long a list of channels is believed; names hardly ever move to another channel.
const channelsKnown = 10 * time.Minute

// channels finds channels by name. One list serves every release.
type channels struct {
	client *Client

	mu  sync.Mutex
	ids map[string]string
	at  time.Time
}

// id is the id of a channel given as #name, name or id. NotFound if the bot cannot see a channel of that name.
func (c *channels) id(ctx context.Context, name string) (string, error) {
	if isChannel(name) {
		return name, nil
	}
	name = strings.ToLower(strings.TrimPrefix(name, "#"))
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.client.clock.Now()
	id, known := c.ids[name]
	if !known && now.Sub(c.at) > remembered || now.Sub(c.at) > channelsKnown {
		ids, err := c.list(ctx)
		if err != nil {
			return "", err
		}
		c.ids, c.at = ids, now
		id, known = ids[name]
	}
	if !known {
		return "", &deploy.Error{Code: deploy.NotFound, Op: "find #" + name, Msg: "the bot sees no channel #" + name,
			Hint: "create it and invite @slipway, or name another in the catalog"}
	}
	return id, nil
}

func (c *channels) list(ctx context.Context) (map[string]string, error) {
	ids := map[string]string{}
	params := &sdk.GetConversationsParameters{ExcludeArchived: true, Limit: 1000, Types: []string{"public_channel", "private_channel"}}
	for {
		err := c.client.call(ctx, methodChannels, func(ctx context.Context) error {
			page, next, err := c.client.api.GetConversationsContext(ctx, params)
			for _, ch := range page {
				ids[strings.ToLower(ch.Name)] = ch.ID
			}
			params.Cursor = next
			return err
		})
		if err != nil || params.Cursor == "" {
			return ids, err
		}
	}
}
