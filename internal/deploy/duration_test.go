package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestDurationsAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][2]string{
		0:                              {"0 s", "0.0 s"},
		600 * time.Millisecond:         {"0.6 s", "0.6 s"},
		48 * time.Second:               {"48 s", "48 s"},
		62 * time.Second:               {"62 s", "1:02 min"},
		5 * time.Minute:                {"5 min", "5:00 min"},
		time.Hour:                      {"1 h", "1 h 00 min"},
		time.Hour + 5*time.Minute:      {"1 h 5 min", "1 h 05 min"},
		26*time.Hour + 30*time.Minute:  {"26 h 30 min", "26 h 30 min"},
		90*time.Minute + 1*time.Second: {"5401 s", "1 h 30 min"},
	} {
		if got := [2]string{deploy.Planned(d), deploy.Took(d)}; got != want {
			t.Errorf("%s is said %q, want %q", d, got, want)
		}
	}
}
