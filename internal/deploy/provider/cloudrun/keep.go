package cloudrun

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

// courtesy is how long traffic waits for a look at what is to be kept. A look takes a tenth of that.
const courtesy = time.Second

// keeping is tags to put on revisions, so that Cloud Run holds their minimum of instances though they have no
// traffic. A tag on no revision is one to take off.
type keeping map[string]deploy.RevisionName

// keepable is what of a wish can be granted. Warmth is a courtesy, traffic is the point: a tag on a revision that is
// gone or has failed keeps Cloud Run from putting any table into force, so such a tag comes off instead. If a revision
// could not be looked at, its tag stays as it is.
func (p *Platform) keepable(ctx context.Context, s deploy.ServiceRef, wish keeping, live *runpb.Service) keeping {
	ctx, cancel := context.WithTimeout(ctx, courtesy)
	defer cancel()
	out := keeping{}
	for tag, name := range wish {
		if name == "" {
			continue
		}
		got, err := p.revision(ctx, s, name)
		switch {
		case err == nil && condition(got, "Ready").GetState() == runpb.Condition_CONDITION_SUCCEEDED:
			out[tag] = name
		case err == nil, status.Code(err) == codes.NotFound:
			out[tag] = ""
		case keeping{tag: name}.done(live.GetTraffic()):
			out[tag] = name
		}
	}
	return out
}

// done says whether a table has the tags where they are wanted, and only there.
func (k keeping) done(lines []*runpb.TrafficTarget) bool {
	there := map[string]deploy.RevisionName{}
	for _, l := range lines {
		if _, wanted := k[l.GetTag()]; wanted {
			there[l.GetTag()] = deploy.RevisionName(shortName(l.GetRevision()))
		}
	}
	for tag, name := range k {
		if there[tag] != name {
			return false
		}
	}
	return true
}

// among is the tags of a table with these in their new places.
func (k keeping) among(lines []*runpb.TrafficTarget) []*runpb.TrafficTarget {
	out := tags(lines, slices.Collect(maps.Keys(k))...)
	for _, tag := range slices.Sorted(maps.Keys(k)) {
		if k[tag] != "" {
			out = append(out, &runpb.TrafficTarget{Type: byName, Revision: string(k[tag]), Tag: tag})
		}
	}
	return out
}
