package slack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

const load deploy.StepName = "health/load"

func loaded(a *deploy.Ask) {
	a.Spec.Health = nil
	a.Spec.Loads = []deploy.LoadCheck{
		{Name: "API <under> load", Stage: deploy.Smoke, Rate: 100, For: 30 * time.Second, Limits: deploy.LoadLimits{P99: 500 * time.Millisecond}},
		{Name: "Login", Stage: deploy.Functional, Rate: 10, For: 5 * time.Minute},
	}
	a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 100}}
}

// under is a load result of so many seconds at a rate.
func under(check string, stage deploy.CheckStage, seconds, perSecond int) deploy.LoadResult {
	var l deploy.Latencies
	for range seconds * perSecond {
		l.Add(34 * time.Millisecond)
	}
	return deploy.LoadResult{Check: check, Stage: stage, Took: time.Duration(seconds) * time.Second, Requests: int64(seconds * perSecond), Latencies: l}
}

// fires has a stretch of a load check end.
func (p *play) fires(step deploy.StepName, l deploy.LoadResult, err error) *play {
	p.now = p.now.Add(l.Took)
	out := deploy.Outcome{Load: &l, Note: l.Says()}
	if !l.Done && err == nil {
		out.Again = time.Millisecond
	}
	return p.concludes(step, out, err)
}

func TestALoadCheckIsShownWhileItGoesOn(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, loaded)).until(load)
	before := slack.DrawParent(p.release, p.now, false)
	p.fires(load, under("API <under> load", deploy.Smoke, 12, 100), nil)
	goldenText(t, "load-parent", seenBy(t, slack.DrawParent(p.release, p.now, false)))
	if !strings.Contains(before.Text(), "running the load check API &lt;under&gt; load") {
		t.Errorf("before the first stretch:\n%s", before.Text())
	}
	still := slack.DrawParent(p.release, time.Time{}, false)
	p.fires(load, under("API <under> load", deploy.Smoke, 14, 100), nil)
	if slack.DrawParent(p.release, time.Time{}, false).Fingerprint() != still.Fingerprint() {
		t.Error("each stretch changes what people have to be shown at once")
	}
	done := under("API <under> load", deploy.Smoke, 30, 100)
	done.Done = true
	p.fires(load, done, nil)
	p.until("validate/load").fires("validate/load", under("Login", deploy.Functional, 70, 10), nil)
	if shown := seenBy(t, slack.DrawParent(p.release, p.now, false)); !strings.Contains(shown, "load 1:10 of 5:00 · 10/s · p99 34 ms · 0 of 700 failed") {
		t.Errorf("minutes:\n%s", shown)
	}
	if shown := seenBy(t, slack.DrawParent(start(t, newRelease(t, loaded)).until("deploy/revision").release, noon, false)); !strings.Contains(shown, "Next: load check API <under> load for 30 s.") {
		t.Errorf("before it:\n%s", shown)
	}
}

// charts of load checks: what was asked to be drawn.
type loadCharts struct {
	mu    sync.Mutex
	drawn []string
	err   error
}

func (c *loadCharts) draw(title string, l deploy.LoadResult, before *deploy.LoadResult, limit time.Duration) ([]byte, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := "nothing"
	if before != nil {
		was = deploy.Thousands(before.Requests)
	}
	c.drawn = append(c.drawn, strings.Join([]string{title, deploy.Thousands(l.Requests), was, limit.String()}, " | "))
	return pixel, title, c.err
}

func (c *loadCharts) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.drawn))
}

// pastLoads is a store in which the target has been loaded before.
type pastLoads struct {
	slack.AnnouncerStore
	releases []deploy.Release
}

func (s pastLoads) History(context.Context, deploy.Target, int) ([]deploy.Release, error) {
	return s.releases, nil
}

func TestALoadCheckHasItsChartOnceItHasEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(loaded).until(load)
	past := func(number int, state deploy.State, seconds int, breach string) deploy.Release {
		l := under("API <under> load", deploy.Smoke, seconds, 100)
		l.Done, l.Breach = breach == "", breach
		return deploy.Release{Number: number, State: state, Loads: []deploy.LoadResult{l}}
	}
	from := pastLoads{s.store, []deploy.Release{past(p.release.Number+1, deploy.Succeeded, 9, ""), past(0, deploy.Failed, 8, "too slow"), past(0, deploy.RolledBack, 7, ""), past(0, deploy.Succeeded, 6, ""), past(0, deploy.Succeeded, 5, "")}}
	var charts loadCharts
	opts := &slack.AnnouncerOptions{Load: charts.draw}
	s.announceFrom(from, "one", opts)
	s.announceFrom(from, "two", opts)
	p.fires(load, under("API <under> load", deploy.Smoke, 12, 100), nil)
	s.settled(p)
	if got := charts.asked(); len(got) > 0 {
		t.Errorf("drawn while it goes on: %q", got)
	}
	done := under("API <under> load", deploy.Smoke, 30, 100)
	done.Done = true
	p.fires(load, done, nil)
	eventually(t, s.w, "the chart", func() bool { return len(s.charts()) == 1 })
	broken := under("Login", deploy.Functional, 10, 10)
	broken.Breach = "p99 2,000 ms, limit 500 ms"
	p.until("validate/load").fires("validate/load", broken, &deploy.Error{Code: deploy.Invalid, Msg: broken.Breach})
	eventually(t, s.w, "the chart of what broke", func() bool { return len(s.charts()) == 2 })
	s.settled(p)
	id := string(p.release.ID)
	if diff := cmp.Diff([]string{id + "-health-load.png", id + "-validate-load.png"}, s.charts()); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
	want := []string{"API <under> load · v1.2.4 · coditect-app/production | 3,000 | 600 | 500ms", "Login · v1.2.4 · coditect-app/production | 100 | nothing | 0s"}
	if diff := cmp.Diff(want, slices.Compact(charts.asked())); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}
	if n := s.begun(); n != 2 {
		t.Errorf("%d uploads", n)
	}
}

func TestAChartOfLoadThatCannotBeHadIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		fault string
	}{
		"it cannot be drawn":   {err: errors.New("no font")},
		"Slack takes no files": {fault: "file_uploads_disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if c.fault != "" {
				s.w.SetFault("files.getUploadURLExternal", workspace.Fault{Error: c.fault})
			}
			charts := loadCharts{err: c.err}
			p := s.release(loaded).until(load)
			done := under("API <under> load", deploy.Smoke, 30, 100)
			done.Done = true
			p.fires(load, done, nil)
			s.announce("one", &slack.AnnouncerOptions{Load: charts.draw})
			outside(t, "it is tried", func() bool { return len(charts.asked()) > 0 })
			p.until("traffic/100")
			s.settled(p)
			s.clock.leap(10 * time.Minute)
			p.say(deploy.SignalPause, "U0BOB", "")
			eventually(t, s.w, "the release is shown", s.shows("held by <@U0BOB>"))
			if n := len(charts.asked()); n > 3 {
				t.Errorf("drawn %d times", n)
			}
			if got := s.charts(); len(got) > 0 {
				t.Errorf("pictures %v", got)
			}
		})
	}
}
