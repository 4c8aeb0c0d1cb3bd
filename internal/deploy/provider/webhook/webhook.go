// Package webhook sends bug reports to whatever takes a POST of JSON: it is the notifier port for everything that is
// not GitHub.
//
// The body is {"event":"bug","key":…,"release":…,"title":…,"body":…,"by":…}, body in Markdown. The header
// Idempotency-Key has the key, by which a receiver knows the same report again: after a lost answer it is sent once
// more. With a secret, X-Slipway-Signature-256 is "sha256=" and the HMAC of the body in hexadecimal. Any 2xx is
// success; {"url":…} in the answer is the address of what was opened.
//
// It never follows a redirect, never retries by itself, and never shows the address beyond its host: the rest of it
// is often a secret. Private addresses are allowed, since only whoever runs the bot can name one.
//
// Start reading at Notifier.Open.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	// mostTitle and mostBody bound what is sent, in bytes of text.
	mostTitle = 1_000
	mostBody  = 100_000
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 10
	maxHeader = 64 << 10
)

var _ deploy.Notifier = (*Notifier)(nil)

// Notifier posts to one address. Its methods may be called from any goroutine.
type Notifier struct {
	address string
	host    string
	secret  Secret
	client  *http.Client
}

// Options of New. URL is needed.
type Options struct {
	URL     string        // SLIPWAY_WEBHOOK_URL
	Secret  Secret        // SLIPWAY_WEBHOOK_SECRET: what reports are signed with; empty: not signed
	Timeout time.Duration // of the call; default 10 s
}

// New prepares a notifier and calls nobody. Invalid if URL is not an http or https address.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// Not the error's text, which has the address in it.
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: "read the settings of the webhook", Msg: "SLIPWAY_WEBHOOK_URL is not an http or https address",
			Hint: "write it as https://host/path, or leave it out",
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	return &Notifier{address: o.URL, host: u.Host, secret: o.Secret, client: &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Name is the host that reports go to.
func (n *Notifier) Name() string { return "webhook " + n.host }

type report struct {
	Event   string           `json:"event"`
	Key     string           `json:"key"`
	Release deploy.ReleaseID `json:"release"`
	Title   string           `json:"title"`
	Body    string           `json:"body"`
	By      string           `json:"by"`
}

// Open posts b once. The link is empty if the receiver names none. Whether the same report arrives once is up to the
// receiver, by the key. Codes: Forbidden (401, 403), NotFound (404, 410), Unavailable (no answer, 408, 425, 429,
// 5xx), Invalid (any other status: repeating it will not help).
func (n *Notifier) Open(ctx context.Context, b deploy.Bug) (link string, err error) {
	doing := "send a bug report for " + string(b.Release) + " to " + n.host
	if b.Key == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "a report needs a key"}
	}
	body, err := json.Marshal(report{Event: "bug", Key: b.Key, Release: b.Release, Title: cut(b.Title, mostTitle), Body: cut(b.Body, mostBody), By: b.By})
	if err != nil {
		return "", &deploy.Error{Code: deploy.Internal, Op: doing, Msg: "the report cannot be written", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.address, bytes.NewReader(body))
	if err != nil {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no request can be made of the address", Err: bare(err)}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "slipway")
	req.Header.Set("Idempotency-Key", header(b.Key))
	if n.secret != "" {
		req.Header.Set("X-Slipway-Signature-256", n.sign(body))
	}
	res, err := n.client.Do(req)
	if err != nil {
		return "", n.silence(ctx, doing, err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return "", n.refused(doing, res)
	}
	return address(res.Body), nil
}

// header is a key as it is, or escaped as in an address if a header cannot carry it.
func header(key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return url.PathEscape(key)
	}
	return key
}

func (n *Notifier) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(n.secret.reveal()))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// address is what the receiver says of where the report is. A receiver may answer with anything.
func address(answer io.Reader) string {
	var said struct {
		URL string `json:"url"`
	}
	if json.NewDecoder(io.LimitReader(answer, maxAnswer)).Decode(&said) != nil {
		return ""
	}
	u, err := url.Parse(said.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(said.URL) > 2_000 {
		return ""
	}
	return u.String()
}

func cut(s string, most int) string {
	const end = "…"
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len(end)], "") + end
}
