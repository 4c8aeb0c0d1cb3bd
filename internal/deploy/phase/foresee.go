package phase

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// foreseeWithin bounds what is asked for the sake of people who wait for an answer: the return itself waits for none of it.
const foreseeWithin = 1500 * time.Millisecond

// Foresee asks the platforms what bringing the release's traffic back would be now, all parts at once. The slowest of them
// counts, by name unless it is the service itself; zero if a platform says nothing of it, which means seconds as usual.
// Codes as those of Describe; Unavailable if not every part has answered in 1.5 s. It changes nothing.
func (p Ports) Foresee(ctx context.Context, r deploy.Release) (deploy.Return, error) {
	ctx, cancel := context.WithTimeout(ctx, foreseeWithin)
	defer cancel()
	names := r.Spec.PartNames()
	backs, errs := make([]deploy.Return, len(names)), make([]error, len(names))
	var all together
	for i, part := range names {
		all.begin(func() { backs[i], errs[i] = p.foresee(ctx, r.Of(part)) })
	}
	all.wait()
	slowest := 0
	for i, err := range errs {
		if err != nil {
			return deploy.Return{}, err
		}
		if backs[i].Takes > backs[slowest].Takes {
			slowest = i
		}
	}
	back := backs[slowest]
	if part := names[slowest]; part != "" && back.How != "" {
		back.How = part + ": " + back.How
	}
	return back, nil
}

func (p Ports) foresee(ctx context.Context, r deploy.Release) (deploy.Return, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Return{}, err
	}
	svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
	if err != nil {
		return deploy.Return{}, err
	}
	return svc.Back, nil
}
