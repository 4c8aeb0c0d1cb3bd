package registry

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	// maxPages of tags are looked at, and maxTags of them; a repository may have any number.
	maxPages = 10
	maxTags  = 10_000
	// offered is how many tags are suggested.
	offered = 3
)

// beside are the tags that stand for what belongs to an image, such as cosign's signatures: nobody deploys them.
var beside = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.|$)`)

// nearest says which tags there are that look like the one that is not there. It is a courtesy: what it cannot
// find out in time it leaves out.
func (i *Images) nearest(ctx context.Context, ref name.Tag) string {
	ctx, cancel := context.WithTimeout(ctx, i.suggestions)
	defer cancel()
	tags, err := i.tags(ctx, ref.Repository)
	tags = slices.DeleteFunc(tags, beside.MatchString)
	switch {
	case missing(err):
		return ref.RegistryStr() + " has no repository " + ref.RepositoryStr() + ": correct image in the catalog, or push the image first"
	case err != nil:
		return "push the image first, or correct the version"
	case len(tags) == 0:
		return ref.RepositoryStr() + " has no tags yet: push the image first"
	}
	return "nearest: " + strings.Join(closest(ref.TagStr(), tags), ", ")
}

func (i *Images) tags(ctx context.Context, repository name.Repository) ([]string, error) {
	opts := append(i.options(ctx), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	puller, err := remote.NewPuller(opts...)
	if err != nil {
		return nil, err
	}
	pages, err := puller.Lister(ctx, repository)
	if err != nil {
		return nil, err
	}
	var out []string
	for range maxPages {
		if !pages.HasNext() || len(out) >= maxTags {
			break
		}
		page, err := pages.Next(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Tags[:min(len(page.Tags), maxTags-len(out))]...)
	}
	return out, nil
}

// closest is the tags with the fewest letters to change; among equals, the newest by number.
func closest(want string, tags []string) []string {
	distance := make(map[string]int, len(tags))
	for _, t := range tags {
		distance[t] = edits(want, t)
	}
	tags = slices.Clone(tags)
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance[a], distance[b]), byNumber(b, a))
	})
	return tags[:min(offered, len(tags))]
}

// edits counts the letters to insert, drop or replace to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			step := corner
			if a[i] != b[j] {
				step++
			}
			corner = row[j+1]
			row[j+1] = min(step, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// byNumber compares as people count: v1.2.10 comes after v1.2.9.
func byNumber(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
