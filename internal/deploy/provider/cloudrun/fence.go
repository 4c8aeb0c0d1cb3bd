package cloudrun

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

// The annotations of a service that hold its fence. Cloud Run keeps them and makes no revision because of them, and
// a change of one is a change of the etag.
const (
	epochAnnotation = "slipway-epoch"
	sealAnnotation  = "slipway-seal"
)

// fence keeps those out who were overtaken. An etag alone refuses who has read before the latest change, but not
// who was paused before reading: to them everything looks as if it were theirs to change. The zero fence keeps
// nobody out.
type fence struct {
	epoch deploy.Epoch
	gaps  []deploy.Gap
	seal  string
}

// check is Fenced if a later owner has been at the service, or one that Redis has forgotten. A fence that was edited by hand and is no number counts
// as none.
func (f fence) check(doing string, s deploy.ServiceRef, live *runpb.Service) error {
	left, err := strconv.ParseInt(live.GetAnnotations()[epochAnnotation], 10, 64)
	switch there := deploy.Epoch(left); {
	case f.epoch == 0 || err != nil:
		return nil
	case slices.ContainsFunc(f.gaps, func(g deploy.Gap) bool { return g.Has(there) }):
		return deploy.WentBack(doing, fmt.Sprintf("%s was changed under epoch %d, which Redis does not remember", s.Name, left))
	case there <= f.epoch:
		return nil
	}
	return &deploy.Error{
		Code: deploy.Fenced, Op: doing,
		Msg: fmt.Sprintf("%s was changed under epoch %d, which is later than ours (%d): Redis has gone back in time, or another Slipway releases it",
			s.Name, left, f.epoch),
		Hint: fmt.Sprintf("make sure that nothing else releases it, remove the annotation %s from the service, then resume", epochAnnotation),
	}
}

// sealed says whether the seal that has to be there is there.
func (f fence) sealed(live *runpb.Service) bool {
	return f.epoch == 0 || f.seal == "" || live.GetAnnotations()[sealAnnotation] == f.seal
}

// leave adds the fence to a patch and its mask. The annotations of others stay.
func (f fence) leave(live, patch *runpb.Service, mask []string) []string {
	if f.epoch == 0 {
		return mask
	}
	patch.Annotations = maps.Clone(live.GetAnnotations())
	if patch.Annotations == nil {
		patch.Annotations = map[string]string{}
	}
	patch.Annotations[epochAnnotation] = strconv.FormatInt(int64(f.epoch), 10)
	if f.seal != "" {
		patch.Annotations[sealAnnotation] = f.seal
	}
	return append(mask, "annotations")
}
