package judge_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// said is what came of one look at one objective.
type said struct {
	name     string
	question judge.Question
	verdict  deploy.Verdict
	critical bool
	why      string
	text     string // of the first finding; empty: as why
}

func (c *said) check(t *testing.T) {
	t.Helper()
	j := judge.Judge(c.question)
	if j.Verdict != c.verdict || j.Critical != c.critical || j.Why != c.why {
		t.Errorf("got  %s, critical %v: %s\nwant %s, critical %v: %s", j.Verdict, j.Critical, j.Why, c.verdict, c.critical, c.why)
	}
	if want := c.text; len(j.Findings) > 0 && want != "" && j.Findings[0].Text != want {
		t.Errorf("text %s\nwant %s", j.Findings[0].Text, want)
	}
}

func checkAll(t *testing.T, cases []said) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

// with changes the first objective of a question.
func with(q judge.Question, change func(*deploy.Objective)) judge.Question {
	change(&q.Spec.Objectives[0])
	return q
}

func TestErrorsAreJudgedByChance(t *testing.T) {
	steady := requests(12, 31_002)
	checkAll(t, []said{
		{"few failures among few requests tell nothing", look(requests(3, 41), requests(12, 4_102), deploy.ErrorRate),
			deploy.Inconclusive, false, "3 of 41 requests failed (7.3 %), stable 12 of 4,102 (0.29 %): not enough to tell", ""},
		{"no failures among few requests tell nothing", look(requests(0, 41), requests(12, 4_102), deploy.ErrorRate),
			deploy.Inconclusive, false, "0 of 41 requests failed, stable 12 of 4,102 (0.29 %): not enough to tell", ""},
		{"no failures among 298 do not show less than 1 %", look(requests(0, 298), steady, deploy.ErrorRate),
			deploy.Inconclusive, false, "0 of 298 requests failed, stable 12 of 31,002 (0.04 %): not enough to tell", ""},
		{"no failures among 299 do", look(requests(0, 299), steady, deploy.ErrorRate),
			deploy.Healthy, false, "0 of 299 requests failed, stable 0.04 %, limit 1 %", "0 of 299 requests failed, stable 12 of 31,002 (0.04 %), limit 1 %"},
		{"few failures among many are healthy", look(requests(2, 4_118), steady, deploy.ErrorRate),
			deploy.Healthy, false, "2 of 4,118 requests failed (0.05 %), stable 0.04 %, limit 1 %", "2 of 4,118 requests failed (0.05 %), stable 12 of 31,002 (0.04 %), limit 1 %"},
		{"many fall at once", look(requests(157, 4_118), steady, deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %, stable 0.04 % (12 of 31,002)",
			"157 of 4,118 requests failed (3.8 %), stable 12 of 31,002 (0.04 %): beyond the limit of 1 %"},
		{"also with nothing to compare with", look(requests(157, 4_118), deploy.Measured{}, deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %", "157 of 4,118 requests failed (3.8 %): beyond the limit of 1 %"},
		{"also with fewer than the minimum", look(requests(8, 9), steady, deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 89 % (8 of 9 requests failed), limit 1 %, stable 0.04 % (12 of 31,002)", ""},
		{"but not for four, which may be one client", look(requests(4, 4), steady, deploy.ErrorRate),
			deploy.Inconclusive, false, "4 of 4 requests failed (100 %), stable 12 of 31,002 (0.04 %): not enough to tell", ""},
		{"near the limit it is said that it is near", look(requests(30, 4_118), requests(220, 31_002), deploy.ErrorRate),
			deploy.Healthy, false, "30 of 4,118 requests failed (0.73 %), stable 0.71 %, limit 1 %", ""},
		{"too near is not healthy", look(requests(38, 4_118), requests(220, 31_002), deploy.ErrorRate),
			deploy.Inconclusive, false, "38 of 4,118 requests failed (0.92 %), stable 220 of 31,002 (0.71 %): too close to the limit of 1 % to tell", ""},
		{"just beyond it is not bad", look(requests(50, 4_118), requests(320, 31_002), deploy.ErrorRate),
			deploy.Inconclusive, false, "50 of 4,118 requests failed (1.2 %), stable 320 of 31,002 (1 %): too close to the limit of 1 % to tell", ""},
		{"a limit that is passed by little shows by how little", look(requests(10_400, 1_000_000), requests(900, 1_000_000), deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 1.04 % (10,400 of 1,000,000 requests failed), limit 1 %, stable 0.09 % (900 of 1,000,000)", ""},
		{"what also stable does is not the version", look(requests(157, 4_118), requests(1_178, 31_002), deploy.ErrorRate),
			deploy.Inconclusive, false, "157 of 4,118 requests failed (3.8 %), stable 1,178 of 31,002 (3.8 %): beyond the limit of 1 %, but so is stable; a rollback would not help", ""},
		{"unless the version does it more", look(requests(400, 4_118), requests(1_178, 31_002), deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 9.7 % (400 of 4,118 requests failed), limit 1 %, stable 3.8 % (1,178 of 31,002)", ""},
		{"a few failures of stable are no excuse", look(requests(157, 4_118), requests(1, 60), deploy.ErrorRate),
			deploy.Unhealthy, true, "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %, stable 1.7 % (1 of 60)", ""},
		{"worse than stable and than wanted is held", look(requests(20, 4_000), steady, deploy.ErrorRate),
			deploy.Unhealthy, false, "error rate 0.5 % (20 of 4,000 requests failed), stable 0.04 % (12 of 31,002), target 0.1 %",
			"20 of 4,000 requests failed (0.5 %), stable 12 of 31,002 (0.04 %): more than 2 times stable, target 0.1 %"},
		{"worse than stable and as good as wanted is not", look(requests(6, 10_000), requests(1, 100_000), deploy.ErrorRate),
			deploy.Healthy, false, "6 of 10,000 requests failed (0.06 %), stable 0.001 %, limit 1 %", ""},
		{"nor is it without an objective to compare", with(look(requests(20, 4_000), steady, deploy.ErrorRate), func(o *deploy.Objective) { o.Worse = 0 }),
			deploy.Healthy, false, "20 of 4,000 requests failed (0.5 %), stable 0.04 %, limit 1 %", ""},
		{"an objective may want people to look", with(look(requests(157, 4_118), steady, deploy.ErrorRate), func(o *deploy.Objective) { o.Hold = true }),
			deploy.Unhealthy, false, "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %, stable 0.04 % (12 of 31,002)", ""},
		{"a dry run says what it would have come to, and nothing comes of it", with(look(requests(157, 4_118), steady, deploy.ErrorRate), func(o *deploy.Objective) { o.DryRun = true }),
			deploy.Inconclusive, false, "nothing was measured that counts",
			"dry run, it would have been taken back: 157 of 4,118 requests failed (3.8 %), stable 12 of 31,002 (0.04 %): beyond the limit of 1 %"},
	})
}

func TestAvailabilityIsOfAllRevisions(t *testing.T) {
	checkAll(t, []said{
		{"together", look(requests(2, 4_118), requests(16, 31_002), deploy.Availability),
			deploy.Healthy, false, "18 of 35,120 requests failed whatever revision (99.95 %), stable 99.95 %, limit 99 %",
			"18 of 35,120 requests failed whatever revision (99.95 %), stable 16 of 31,002 (99.95 %), limit 99 %"},
		{"a canary of a tenth can break it alone", look(requests(900, 4_118), requests(16, 31_002), deploy.Availability),
			deploy.Unhealthy, true, "availability 97.4 % (916 of 35,120 requests failed), limit 99 %, stable 99.95 % (16 of 31,002)", ""},
		{"or stable can, and a rollback would not help", look(requests(2, 4_118), requests(916, 31_002), deploy.Availability),
			deploy.Inconclusive, false, "918 of 35,120 requests failed whatever revision (97.4 %), stable 916 of 31,002 (97 %): beyond the limit of 99 %, but so is stable; a rollback would not help", ""},
		{"at 100 % there is nobody else", look(requests(157, 4_118), deploy.Measured{}, deploy.Availability),
			deploy.Unhealthy, true, "availability 96.2 % (157 of 4,118 requests failed), limit 99 %", ""},
	})
}

func TestLatencyIsJudgedByTheRequestsThatAreSlower(t *testing.T) {
	usual := taking(30_000, 80, 0.004, 1500)
	fine := buckets()
	checkAll(t, []said{
		{"as stable", look(taking(4_000, 80, 0.004, 1500), usual, deploy.LatencyP99),
			deploy.Healthy, false, "p99 197 ms, limit 2,000 ms", "p99 197 ms of 4,000 requests, stable 197 ms, limit 2,000 ms"},
		{"three in a hundred beyond the limit fall at once", look(taking(1_000, 80, 0.03, 3500), usual, deploy.LatencyP99),
			deploy.Unhealthy, true, "p99 3,740 ms (30 of 1,000 requests slower than 2,000 ms), limit 2,000 ms, stable 197 ms",
			"p99 3,740 ms of 1,000 requests, 30 slower than 2,000 ms, stable 197 ms: beyond the limit of 2,000 ms"},
		{"few requests tell nothing of a percentile", look(taking(49, 80, 0.5, 3500), usual, deploy.LatencyP99),
			deploy.Inconclusive, false, "p99 4,156 ms of 49 requests, 25 slower than 2,000 ms, stable 197 ms: not enough to tell", ""},
		{"the minimum is enough if none is slower", look(taking(50, 80, 0, 0), usual, deploy.LatencyP99),
			deploy.Healthy, false, "p99 194 ms, limit 2,000 ms", ""},
		{"one slow one among few leaves it open", look(taking(50, 80, 0.02, 3500), usual, deploy.LatencyP99),
			deploy.Inconclusive, false, "p99 3,536 ms of 50 requests, 1 slower than 2,000 ms, stable 197 ms: too close to the limit of 2,000 ms to tell", ""},
		{"what also stable does is not the version", look(taking(1_000, 80, 0.03, 3500), taking(30_000, 80, 0.03, 3500), deploy.LatencyP99),
			deploy.Inconclusive, false, "p99 3,740 ms of 1,000 requests, 30 slower than 2,000 ms, stable 3,740 ms: beyond the limit of 2,000 ms, but so is stable; a rollback would not help", ""},
		{"twice as slow as stable within the limit is held", look(taking(1_000, 160, 0, 0), usual, deploy.LatencyP50),
			deploy.Unhealthy, false, "p50 160 ms, stable 80 ms (2 times; of two requests the candidate's is the slower in 86 %), target 100 ms", ""},
		{"also if the version has buckets of its own", look(in([]float64{fine[9], fine[11], 1000}, 1_000, 160, 0, 0), usual, deploy.LatencyP50),
			deploy.Unhealthy, false, "p50 160 ms, stable 80 ms (2 times; of two requests the candidate's is the slower in 80 %), target 100 ms", ""},
		{"slower by little is not", look(taking(1_000, 105, 0, 0), usual, deploy.LatencyP50),
			deploy.Healthy, false, "p50 105 ms, limit 200 ms", ""},
		{"a bucket around the limit counts as slower for nothing but health", look(in([]float64{500, 1000, 2500, 5000}, 4_000, 80, 0.03, 2300), usual, deploy.LatencyP99),
			deploy.Inconclusive, false, "p99 1,842 ms of 4,000 requests, stable 197 ms: too close to the limit of 2,000 ms to tell", ""},
		{"buckets that end below the limit cannot show it", look(in([]float64{100, 500, 1000}, 4_000, 80, 0.03, 3500), usual, deploy.LatencyP99),
			deploy.Inconclusive, false, "p99 over 1,000 ms of 4,000 requests, stable 197 ms: its buckets end at 1,000 ms, below the limit of 2,000 ms", ""},
		{"requests without latencies", look(requests(0, 4_000), usual, deploy.LatencyP99),
			deploy.Inconclusive, false, "no latency was measured of 4,000 requests", ""},
	})
}

func TestLevelsAreJudgedOverTheirWholeWindow(t *testing.T) {
	busy := func(mean, stable float64) judge.Question {
		c, s := requests(0, 1_000), requests(0, 9_000)
		c.Memory, s.Memory = level(mean), level(stable)
		return look(c, s, deploy.Memory)
	}
	short := busy(0.97, 0.6)
	short.From = to.Add(-2 * time.Minute)
	connections := look(requests(0, 1_000), requests(0, 9_000), deploy.Connections)
	connections.Connections = level(0.97)
	worse := busy(0.85, 0.3)
	worse.Spec.Objectives[0].Worse = 2
	checkAll(t, []said{
		{"within the limit", busy(0.63, 0.6), deploy.Healthy, false, "memory 63 % on average over 5 min, stable 60 %, limit 95 %", ""},
		{"beyond it", busy(0.97, 0.6), deploy.Unhealthy, true, "memory 97 % on average over 5 min, stable 60 %: beyond the limit of 95 %", ""},
		{"beyond it for less than the window", short, deploy.Inconclusive, false, "memory 97 % on average over 2 min, stable 60 %: beyond the limit of 95 %, and measured for less than 5 min", ""},
		{"beyond it as stable is", busy(0.97, 0.96), deploy.Inconclusive, false, "memory 97 % on average over 5 min, stable 96 %: beyond the limit of 95 %, but so is stable; a rollback would not help", ""},
		{"more than twice stable, and than wanted", worse, deploy.Unhealthy, false, "memory 85 % on average over 5 min, stable 30 %: more than 2 times stable, target 80 %", ""},
		{"the database has one for all", connections, deploy.Unhealthy, true, "database connections 97 % on average over 5 min: beyond the limit of 95 %", ""},
		{"without samples it is said, and does not count", look(requests(0, 1_000), requests(0, 9_000), deploy.ErrorRate, deploy.CPU), deploy.Healthy, false, "0 of 1,000 requests failed, stable 0 %, limit 1 %", ""},
		{"alone without samples it makes nothing healthy", look(requests(0, 1_000), requests(0, 9_000), deploy.CPU), deploy.Inconclusive, false, "nothing was measured that counts", "CPU is not measured"},
	})
}
