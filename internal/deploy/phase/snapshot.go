package phase

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"

	"slipway/internal/deploy"
)

// rollbackTag begins the tag under which the image that a release takes the place of stays at its registry.
const rollbackTag = "rollback-"

// snapshot keeps the whole configuration of the service as it is now, and has the image that runs named at its registry,
// so that no clean-up takes it away. Both are the same however often they are done: it may die anywhere. What cannot be
// named is said and keeps nobody from releasing.
func (p Ports) snapshot(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	tagged, err := p.tagRollback(ctx, r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	out := deploy.Outcome{Facts: r.Facts}
	shooter, ok := pf.(deploy.Snapshotter)
	if !ok {
		out.Note = "no snapshot: " + string(r.Spec.Platform.Service.Kind) + " does not write down its services; " + tagged
		return out, nil
	}
	config, err := shooter.Snapshot(ctx, r.Spec.Platform.Service)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if out.Snapshot, err = packed(config); err != nil {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Internal, Op: "pack the configuration", Err: err}
	}
	out.Note = "configuration of " + r.Spec.Platform.Service.Name + " kept (" + deploy.Size(int64(len(config))) + "); " + tagged
	return out, nil
}

// packed is the same for the same content: there is no time in it.
func packed(content []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// tagRollback names the image of the baseline, and says what became of that. Only what passes is an error.
func (p Ports) tagRollback(ctx context.Context, r deploy.Release) (says string, err error) {
	repository, digest, byDigest := strings.Cut(r.Facts.Baseline.Image, "@")
	version := known(r.Facts.Baseline.Version)
	not := "the image of " + version + " is not tagged: "
	switch {
	case p.Tagger == nil:
		return not + "this Slipway tags no images", nil
	case !byDigest:
		return not + "the platform names it by a tag, not by its digest", nil
	case repository != r.Spec.Image:
		return not + "it is not in " + r.Spec.Image, nil
	}
	tag := rollbackTag + string(r.ID)
	switch err := p.Tagger.Tag(ctx, repository, digest, tag); deploy.CodeOf(err) {
	case "":
		return "image of " + version + " tagged " + tag, nil
	case deploy.NotFound, deploy.Forbidden, deploy.Invalid:
		return not + deploy.Message(err), nil
	default:
		return "", err
	}
}
