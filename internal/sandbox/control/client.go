package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"slipway/internal/sandbox/rehearsal"
	"slipway/internal/sandbox/workspace"
)

// Client is the other end of the API.
type Client struct {
	URL  string // http://127.0.0.1:7700
	HTTP *http.Client
}

var _ rehearsal.Stage = (*Client)(nil)

// Type says something as a person, in a channel.
func (c *Client) Type(ctx context.Context, person, channel, text string) error {
	return c.post(ctx, "/v1/type", Said{Person: person, Channel: channel, Text: text})
}

// Click presses a button.
func (c *Client) Click(ctx context.Context, person, channel, label string, past bool) error {
	return c.post(ctx, "/v1/click", Said{Person: person, Channel: channel, Text: label, Past: past})
}

// Fill fills in the form that a person has open, or is about to have, and sends it.
func (c *Client) Fill(ctx context.Context, person string, values map[string]string) error {
	return c.post(ctx, "/v1/submit", Said{Person: person, Values: values})
}

// Channel is what everybody sees in it, as text.
func (c *Client) Channel(ctx context.Context, channel string) (string, error) {
	return c.text(ctx, "/v1/channel", url.Values{"channel": {channel}})
}

// Thread is the newest thread of a channel, as text.
func (c *Client) Thread(ctx context.Context, channel string) (string, error) {
	return c.text(ctx, "/v1/thread", url.Values{"channel": {channel}})
}

// Private is what only this person was shown, as text.
func (c *Client) Private(ctx context.Context, person string) (string, error) {
	return c.text(ctx, "/v1/private", url.Values{"as": {person}})
}

// Everything is what a person sees: the channel with what only they see, and the newest thread.
func (c *Client) Everything(ctx context.Context, person, channel string) (all, thread workspace.Snapshot, err error) {
	body, err := c.get(ctx, "/v1/channel", url.Values{"channel": {channel}, "as": {person}})
	if err != nil {
		return all, thread, err
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return all, thread, fmt.Errorf("read the channel: %w", err)
	}
	body, err = c.get(ctx, "/v1/thread", url.Values{"channel": {channel}})
	if err != nil {
		return all, thread, err
	}
	if err := json.Unmarshal(body, &thread); err != nil {
		return all, thread, fmt.Errorf("read the thread: %w", err)
	}
	return all, thread, nil
}

// Calls lists the calls that changed a cloud.
func (c *Client) Calls(ctx context.Context) ([]string, error) {
	body, err := c.get(ctx, "/v1/calls", url.Values{"changed": {"true"}})
	if err != nil {
		return nil, err
	}
	var lines []string
	return lines, json.Unmarshal(body, &lines)
}

// Fault switches a fault on; FaultUsage lists them.
func (c *Client) Fault(ctx context.Context, fault string) error {
	return c.post(ctx, "/v1/faults", map[string]string{"fault": fault})
}

// Mend switches every fault off.
func (c *Client) Mend(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodDelete, "/v1/faults", nil)
	return err
}

// Changed waits for a change after mark and gives the next mark.
func (c *Client) Changed(ctx context.Context, mark int64) (int64, error) {
	body, err := c.get(ctx, "/v1/changes", url.Values{"after": {strconv.FormatInt(mark, 10)}})
	if err != nil {
		return mark, err
	}
	var next int64
	return next, json.Unmarshal(body, &next)
}

func (c *Client) text(ctx context.Context, path string, q url.Values) (string, error) {
	q.Set("format", "text")
	body, err := c.get(ctx, path, q)
	return string(body), err
}

func (c *Client) get(ctx context.Context, path string, q url.Values) ([]byte, error) {
	return c.do(ctx, http.MethodGet, path+"?"+q.Encode(), nil)
}

func (c *Client) post(ctx context.Context, path string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, http.MethodPost, path, body)
	return err
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return answer, nil
	}
	var refused struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(answer, &refused) == nil && refused.Error != "" {
		return nil, fmt.Errorf("%s", refused.Error)
	}
	return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
}
