package slack

import (
	"bytes"
	"context"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// mostAltText is how many characters Slack takes of what is read out in place of a picture.
const mostAltText = 1000

// upload puts a file into a thread, or into the channel if thread is empty; channel is an id. It takes three calls,
// and all of them together no longer than one call may: a round of the announcer counts on that. Codes as in judge;
// Invalid without a name or data too.
//
// Nobody sees the file before the last call. An id that comes with an error is that of a file whose last answer was
// lost: it is there or it is not, and uploading again may show it twice. An error without an id has left nothing
// behind. A message with a file has no metadata; it can be found again by the file's name only.
func (c *Client) upload(ctx context.Context, channel, thread, name, title, alt string, data []byte) (fileID string, err error) {
	if name == "" || len(data) == 0 {
		return "", &deploy.Error{Code: deploy.Invalid, Op: "upload a file", Msg: "a file without a name or without content cannot be uploaded"}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var place *sdk.GetUploadURLExternalResponse
	err = c.call(ctx, methodUploadURL, func(ctx context.Context) error {
		var err error
		place, err = c.api.GetUploadURLExternalContext(ctx, sdk.GetUploadURLExternalParameters{FileName: name, FileSize: len(data), AltTxt: cut(alt, mostAltText)})
		return err
	})
	if err != nil {
		return "", err
	}
	err = c.call(ctx, methodUpload, func(ctx context.Context) error {
		return c.api.UploadToURL(ctx, sdk.UploadToURLParameters{UploadURL: place.UploadURL, Filename: name, Reader: bytes.NewReader(data)})
	})
	if err != nil {
		return "", err
	}
	err = c.call(ctx, methodComplete, func(ctx context.Context) error {
		_, err := c.api.CompleteUploadExternalContext(ctx, sdk.CompleteUploadExternalParameters{
			Files: []sdk.FileSummary{{ID: place.FileID, Title: title}}, Channel: channel, ThreadTimestamp: thread})
		return err
	})
	if err != nil && !inDoubt(err) {
		return "", err
	}
	return place.FileID, err
}
