package github

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v84/github"

	"slipway/internal/deploy"
)

const (
	// Label is on every issue that Slipway opens. GitHub makes it if the repository has none of that name.
	Label = "slipway-incident"

	// mostPages of mostIssues each are looked through for a report, newest first. A report is only asked for again
	// soon after: it is on the first page or was never opened.
	mostPages  = 3
	mostIssues = 100
	// What GitHub takes: 256 characters of a title, 65,536 of a body.
	mostTitle = 256
	mostBody  = 65_000
	// maxAnswer bounds what is read of an answer: mostIssues issues with bodies of full length, and more.
	maxAnswer = 32 << 20
)

var _ deploy.Notifier = (*Notifier)(nil)

// Notifier opens issues in one repository. Its methods may be called from any goroutine.
type Notifier struct {
	owner, name string
	labels      []string
	client      *gogithub.Client
	timeout     time.Duration
}

// Options of New. Repository and Token are needed.
type Options struct {
	Repository string        // SLIPWAY_GITHUB_REPO: owner/name
	Token      Token         // SLIPWAY_GITHUB_TOKEN: may read and write issues of the repository
	URL        string        // SLIPWAY_GITHUB_URL: of a GitHub Enterprise server; empty for github.com
	Labels     []string      // of new issues, besides Label
	Timeout    time.Duration // of one call; default 10 s
}

const urlHint = "write SLIPWAY_GITHUB_URL as https://github.example.com, or leave it out for github.com"

var repository = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+$`)

// New prepares a notifier and calls nobody. Invalid if an option cannot be right.
func New(o Options) (*Notifier, error) {
	wrong := func(msg, hint string, err error) (*Notifier, error) {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "read the settings of github", Msg: msg, Hint: hint, Err: err}
	}
	if !repository.MatchString(o.Repository) {
		return wrong(fmt.Sprintf("%q is no repository", o.Repository), "write SLIPWAY_GITHUB_REPO as owner/name", nil)
	}
	if o.Token == "" {
		return wrong("there is no token for GitHub", "set SLIPWAY_GITHUB_TOKEN to a token that may read and write issues of "+o.Repository, nil)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	client := gogithub.NewClient(&http.Client{
		Transport: bounded{&http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}},
		// The client puts the token into every request, also into one to where a redirect leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).WithAuthToken(o.Token.reveal())
	if o.URL != "" {
		if !safe(o.URL) {
			return wrong("SLIPWAY_GITHUB_URL is no https address", urlHint, nil)
		}
		var err error
		if client, err = client.WithEnterpriseURLs(o.URL, o.URL); err != nil {
			return wrong("SLIPWAY_GITHUB_URL is no address", urlHint, err)
		}
	}
	client.UserAgent = "slipway"
	owner, name, _ := strings.Cut(o.Repository, "/")
	return &Notifier{owner: owner, name: name, labels: append([]string{Label}, o.Labels...), client: client, timeout: o.Timeout}, nil
}

// safe: a token goes over TLS, or stays on this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Name is the repository.
func (n *Notifier) Name() string { return "GitHub " + n.repository() }

func (n *Notifier) repository() string { return n.owner + "/" + n.name }

// Open answers with the address of the issue for b: the one that is there, open or closed, or a new one. After a lost
// answer (Unavailable), calling again finds what was opened. If the token may open issues but not label them, GitHub
// drops the label silently, and such a repetition opens a second issue.
// Codes: Forbidden (token), NotFound (no such repository, or none that the token may see), Invalid (issues are
// switched off, or GitHub refuses the text for good), Unavailable (no answer, throttled, a failure of GitHub's own).
func (n *Notifier) Open(ctx context.Context, b deploy.Bug) (link string, err error) {
	doing := "open a bug report for " + string(b.Release) + " in " + n.repository()
	if b.Key == "" || b.Title == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "a report needs a key and a title"}
	}
	first := marker(b.Key)
	there, err := n.find(ctx, first)
	if err != nil {
		return "", n.explain(ctx, doing, err)
	}
	if there != nil {
		return there.GetHTMLURL(), nil
	}
	title, body := cut(strings.Join(strings.Fields(b.Title), " "), mostTitle), first+"\n\n"+cut(text(b), mostBody-len(first))
	within, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	made, _, err := n.client.Issues.Create(within, n.owner, n.name, &gogithub.IssueRequest{Title: &title, Body: &body, Labels: &n.labels})
	if err != nil {
		return "", n.explain(ctx, doing, err)
	}
	return made.GetHTMLURL(), nil
}

// find looks for the issue whose body begins with a marker. Elsewhere in a body a marker is somebody's words.
func (n *Notifier) find(ctx context.Context, marker string) (*gogithub.Issue, error) {
	q := &gogithub.IssueListByRepoOptions{
		State: "all", Labels: []string{Label}, Sort: "created", Direction: "desc",
		ListOptions: gogithub.ListOptions{PerPage: mostIssues},
	}
	for range mostPages {
		issues, next, err := n.page(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, i := range issues {
			if !i.IsPullRequest() && strings.HasPrefix(i.GetBody(), marker) {
				return i, nil
			}
		}
		if next == 0 {
			break
		}
		q.ListOptions.Page = next
	}
	return nil, nil
}

// page is one page of issues, and the number of the next; 0 if it is the last. The time is the context's and not the
// HTTP client's, whose timer would live on: go-github does not close the body of an answer that is an error.
func (n *Notifier) page(ctx context.Context, q *gogithub.IssueListByRepoOptions) (list []*gogithub.Issue, next int, err error) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	list, answer, err := n.client.Issues.ListByRepo(ctx, n.owner, n.name, q)
	if err != nil {
		return nil, 0, err
	}
	return list, answer.NextPage, nil
}

// marker is the first line of an issue: a comment that GitHub does not show. The key cannot end it.
func marker(key string) string { return "<!-- slipway:" + url.PathEscape(key) + " -->" }

func text(b deploy.Bug) string {
	if b.By == "" {
		return b.Body
	}
	return b.Body + "\n\nAsked for by " + b.By + " through Slipway."
}

// cut shortens what GitHub would refuse for its length.
func cut(s string, most int) string {
	const end = "…"
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len(end)], "") + end
}

// bounded keeps an answer from filling the memory.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}
