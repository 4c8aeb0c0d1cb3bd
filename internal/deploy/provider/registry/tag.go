package registry

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
)

var _ deploy.ImageTagger = (*Images)(nil)

// Tag makes a tag lead to a digest that is in the repository, image or index; nothing is sent if it does already. A tag
// that leads elsewhere is moved. Codes: NotFound if there is no such digest; Forbidden, Unavailable, and Invalid (names
// that make no sense, a registry whose tags cannot be moved) as everywhere.
func (i *Images) Tag(ctx context.Context, repository, digest, tag string) error {
	doing := "tag " + repository + "@" + digest + " as " + tag
	to, err := name.NewTag(repository+":"+tag, name.StrictValidation)
	of, err2 := name.NewDigest(repository+"@"+digest, name.StrictValidation)
	if err := errors.Join(err, err2); err != nil {
		return &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: repository + "@" + digest + " cannot be tagged as " + tag,
			Hint: "a digest is sha256:… and a tag is made of letters, digits, dots, hyphens and underscores, at most 128", Err: err,
		}
	}
	ctx, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	there, err := remote.Get(to, i.options(ctx)...)
	if err == nil && there.Digest.String() == of.DigestStr() {
		return nil
	}
	if err != nil && !missing(err) {
		return i.explain(ctx, doing, to, err)
	}
	image, err := remote.Get(of, i.options(ctx)...)
	if missing(err) {
		return &deploy.Error{
			Code: deploy.NotFound, Op: doing, Msg: "there is no " + of.Name(),
			Hint: "it may have been deleted from the registry; push it again", Err: err,
		}
	}
	if err != nil {
		return i.explain(ctx, doing, of, err)
	}
	if err := remote.Tag(to, image, i.options(ctx)...); err != nil {
		return i.explainTag(ctx, doing, to, err)
	}
	return nil
}

// explainTag makes an error of moving a tag one of ours: what was refused is to write.
func (i *Images) explainTag(ctx context.Context, doing string, to name.Tag, err error) error {
	host := to.RegistryStr()
	switch code := statusOf(err); {
	case ctx.Err() != nil:
	case refused(err):
		return &deploy.Error{
			Code: deploy.Forbidden, Op: doing, Msg: host + " does not let Slipway tag images of " + to.RepositoryStr(),
			Hint: "let the bot write tags there: roles/artifactregistry.writer at Google, ecr:PutImage at Amazon", Err: err,
		}
	case code == http.StatusBadRequest || code == http.StatusConflict || code == http.StatusMethodNotAllowed:
		return &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: host + " refuses the tag " + to.TagStr() + " of " + to.RepositoryStr(),
			Hint: "if tags of the repository cannot be moved, take another tag, or let them be", Err: err,
		}
	}
	return i.explain(ctx, doing, to, err)
}
