package slack

import "context"

// Upload puts a file into a thread.
func (c *Client) Upload(ctx context.Context, channel, thread, name, title, alt string, data []byte) (fileID string, err error) {
	return c.upload(ctx, channel, thread, name, title, alt, data)
}
