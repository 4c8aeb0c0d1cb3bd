package slack

import (
	"context"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// mostBefore is how many releases of a target are looked through for a load check to compare with.
const mostBefore = 20

// loadCharts uploads a chart of each load check that has ended.
func (t *round) loadCharts(ctx context.Context) error {
	if t.a.opts.Load == nil {
		return nil
	}
	for _, s := range t.release.Steps {
		l := loadOf(&t.release, s)
		if s.Kind != deploy.KindLoad || !s.Status.Ended() || l == nil || l.Requests == 0 || t.note.Files[loadChart+string(s.Name)] != "" {
			continue
		}
		id, err := t.picture(ctx, t.note.Parent, strings.ReplaceAll(string(s.Name), "/", "-"), func() ([]byte, string, error) {
			return t.a.opts.Load(loadTitle(&t.release, s), *l, t.loadBefore(ctx, l), loadLimit(&t.release, l))
		})
		if err != nil {
			return err
		}
		if id != "" {
			t.noteFile(loadChart+string(s.Name), id)
		}
	}
	return nil
}

func loadTitle(r *deploy.Release, s deploy.Step) string {
	return dotted(cut(oneLine(s.Check), mostName), cut(r.Version, mostName), cut(r.Target.String(), mostName))
}

func loadLimit(r *deploy.Release, l *deploy.LoadResult) time.Duration {
	for _, c := range r.Spec.LoadsAt(l.Stage) {
		if c.Name == l.Check {
			return c.Limits.P99
		}
	}
	return 0
}

// loadBefore is what the load check came to in the newest release before that went well. Without an answer of the store
// there is nothing to compare with.
func (t *round) loadBefore(ctx context.Context, l *deploy.LoadResult) *deploy.LoadResult {
	ctx, cancel := context.WithTimeout(ctx, callTimeout/2)
	defer cancel()
	releases, err := t.a.store.History(ctx, t.release.Target, mostBefore)
	t.warn(err, "what a load check came to before is not known")
	for i := range releases {
		r := &releases[i]
		if r.Number >= t.release.Number || r.State != deploy.Succeeded {
			continue
		}
		if before := r.LoadOf(l.Check, l.Stage); before != nil && before.Done && before.Breach == "" {
			return before
		}
	}
	return nil
}
