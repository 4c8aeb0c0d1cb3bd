package trial_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"slipway/internal/deploy/judge/trial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var counted = []cmp.Option{cmpopts.IgnoreUnexported(trial.Cell{})}

// TestTheJudgeHoldsItsBounds is a small version of what the bench prints: of 200 runs a cell.
func TestTheJudgeHoldsItsBounds(t *testing.T) {
	t.Parallel()
	const runs = 200
	results := trial.Trial{Runs: runs, Seed: 7}.Run(trial.Grid())
	for _, r := range results {
		ends := r.Judge
		if ends.RolledBack+ends.Promoted+ends.Held != runs {
			t.Errorf("%s, %d requests: %+v are not %d", r.Name, r.Requests, ends, runs)
		}
		if !r.Bad && ends.RolledBack > runs/100 {
			t.Errorf("%s, %d requests: healthy and taken back %d times of %d", r.Name, r.Requests, ends.RolledBack, runs)
		}
		if r.Bad && ends.Promoted > runs/100 {
			t.Errorf("%s, %d requests: bad and promoted %d times of %d", r.Name, r.Requests, ends.Promoted, runs)
		}
		if r.Bad && !r.Relative && r.Requests >= 20_000 && ends.RolledBack < runs*99/100 {
			t.Errorf("%s, %d requests: bad and taken back only %d times of %d", r.Name, r.Requests, ends.RolledBack, runs)
		}
	}
	sum := trial.Sum(results)
	if sum.FalseRollback > 1 || sum.Missed > 1 || sum.Held > 6 {
		t.Errorf("got %+v", sum)
	}
	if sum.PlainFalseRollback < 20 || sum.PlainMissed < 10 {
		t.Errorf("the plain threshold does not err as it does: %+v", sum)
	}
}

func TestAVersionExactlyAtTheLimitIsRarelyTakenBack(t *testing.T) {
	t.Parallel()
	const runs = 1000
	for _, r := range (trial.Trial{Runs: runs, Seed: 7}).Run(trial.AtLimit()) {
		if r.Judge.RolledBack > runs/100 {
			t.Errorf("%d requests: taken back %d times of %d", r.Requests, r.Judge.RolledBack, runs)
		}
	}
}

func TestNotAskingWhereNothingIsBeyondALimitChangesNothing(t *testing.T) {
	t.Parallel()
	quick := trial.Trial{Runs: 15, Seed: 3}.Run(trial.Grid())
	whole := trial.Trial{Runs: 15, Seed: 3, EveryLook: true}.Run(trial.Grid())
	if diff := cmp.Diff(whole, quick, counted...); diff != "" {
		t.Error(diff)
	}
}

func TestTheTableHasARowForEachVersionAndAColumnForEachVolume(t *testing.T) {
	t.Parallel()
	var results []trial.Result
	for i, n := range []int{50, 200, 1_000, 5_000, 20_000, 50, 200, 1_000, 5_000, 20_000} {
		results = append(results, trial.Result{
			Cell: trial.Cell{Name: []string{"a", "b"}[i/5], Bad: i >= 5, Requests: n}, Runs: 200,
			Judge: trial.Ends{RolledBack: i, Held: 100 - i, Promoted: 100}, Plain: trial.Ends{RolledBack: 2 * i},
		})
	}
	const want = `| taken back / held / promoted | 50 requests | 200 requests | 1,000 requests | 5,000 requests | 20,000 requests |
|---|---|---|---|---|---|
| healthy: a | 0 / 50 / 50 | 0.5 / 49.5 / 50 | 1 / 49 / 50 | 1.5 / 48.5 / 50 | 2 / 48 / 50 |
| bad: b | 2.5 / 47.5 / 50 | 3 / 47 / 50 | 3.5 / 46.5 / 50 | 4 / 46 / 50 | 4.5 / 45.5 / 50 |

| plain threshold: taken back | 50 requests | 200 requests | 1,000 requests | 5,000 requests | 20,000 requests |
|---|---|---|---|---|---|
| healthy: a | 0 | 1 | 2 | 3 | 4 |
| bad: b | 5 | 6 | 7 | 8 | 9 |
`
	if diff := cmp.Diff(want, trial.Table(results)); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameSeedComesToTheSame(t *testing.T) {
	t.Parallel()
	cells := trial.Grid()[17:42]
	once, again := trial.Trial{Runs: 20, Seed: 5}.Run(cells), trial.Trial{Runs: 20, Seed: 5}.Run(cells)
	if diff := cmp.Diff(once, again, counted...); diff != "" {
		t.Error(diff)
	}
}
