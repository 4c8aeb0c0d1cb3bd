package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Limits of Slipway's own.
const (
	leastRate         = 0.1 // requests a second
	mostRate          = 10_000
	mostAtOnce        = 1000
	mostLoads         = 10 // of a stage: they are run one after the other
	mostTargets       = 20
	shortestLoad      = time.Second
	longestLoad       = 10 * time.Minute
	longestLoadAnswer = time.Minute // as long as a call may take
)

func (s *source) checkLoads(path string, loads []LoadCheck) {
	first := map[[2]string]int{}
	count := map[string]int{}
	for i, c := range loads {
		at := item(path, i)
		s.checkLoad(at, c)
		if other, twice := first[[2]string{c.Stage, c.Name}]; twice && c.Name != "" {
			s.problem(under(at, "name"), "load check "+strconv.Quote(c.Name)+" stands in this stage twice", "the other is on line "+strconv.Itoa(s.places[under(item(path, other), "name")].value.line))
		} else {
			first[[2]string{c.Stage, c.Name}] = i
		}
		if count[c.Stage]++; count[c.Stage] == mostLoads+1 {
			s.problem(at, fmt.Sprintf("there are more than %d load checks of stage %s", mostLoads, c.Stage), "they are run one after the other")
		}
	}
}

func (s *source) checkLoad(path string, c LoadCheck) {
	at := func(key string) string { return under(path, key) }
	for _, key := range []string{"name", "stage", "targets"} {
		if !s.has(at(key)) {
			s.problem(at(key), "the load check has no "+key, "")
		}
	}
	s.checkCalled(at("name"), c.Name)
	s.must(slices.Contains(stages, c.Stage), at("stage"), "unknown stage "+strconv.Quote(c.Stage), didYouMean(c.Stage, stages))
	s.checkAmount(path, c)
	length := time.Duration(c.For)
	s.must(length >= shortestLoad && length <= longestLoad, at("for"), "for "+length.String()+" is out of range", "1s to 10m")

	s.must(len(c.Targets) > 0, at("targets"), "targets is empty", "write one, such as {get: /api/v1/status}")
	s.must(len(c.Targets) <= mostTargets, at("targets"), fmt.Sprintf("there are %d targets, at most %d are allowed", len(c.Targets), mostTargets), "")
	for i, target := range c.Targets {
		s.checkRequest(item(at("targets"), i), target.Request, &names{})
	}
	if c.Limits != nil {
		s.checkLimits(at("limits"), c)
	}
}

// checkAmount checks how much is sent.
func (s *source) checkAmount(path string, c LoadCheck) {
	rate, atOnce, most := under(path, "rate"), under(path, "concurrency"), under(path, "most")
	switch {
	case s.has(rate) && s.has(atOnce):
		s.problem(atOnce, "concurrency stands beside rate", "write one: so many requests a second, or so many at once")
	case !s.has(rate) && !s.has(atOnce) && !s.excused(rate) && !s.excused(atOnce):
		s.problem(rate, "the load check has no rate", "write rate (requests a second) or concurrency (requests at once)")
	}
	s.must(c.Rate >= leastRate && c.Rate <= mostRate, rate, "rate "+decimal(c.Rate)+" is out of range", "0.1 to 10000 requests a second")
	s.must(c.Concurrency >= 1 && c.Concurrency <= mostAtOnce, atOnce, fmt.Sprintf("concurrency %d is out of range", c.Concurrency), "1 to 1000 requests at once")
	s.must(c.Most >= leastRate && c.Most <= mostRate, most, "most "+decimal(c.Most)+" is out of range", "0.1 to 10000 requests a second")
	s.must(c.Most >= c.Rate || s.excused(rate), most, "most "+decimal(c.Most)+" is less than the rate of "+decimal(c.Rate), "it is what is never exceeded")
}

func (s *source) checkLimits(path string, c LoadCheck) {
	at := func(key string) string { return under(path, key) }
	limit := deref(c.Limits.Rate)
	s.must(limit == 0 || limit >= leastRate && limit <= mostRate, at("rate"), "rate "+decimal(limit)+" is out of range", "0.1 to 10000 answers a second, or 0 to ask nothing")
	sent := under(above(path), "rate")
	s.must(c.Rate == 0 || limit <= c.Rate || s.excused(sent), at("rate"), "rate "+decimal(limit)+" is more than the "+decimal(c.Rate)+" that are sent", "no more can be answered; 0 asks nothing")
	s.must(c.Rate != 0 || limit <= c.most() || s.excused(under(above(path), "most")), at("rate"), "rate "+decimal(limit)+" is more than the "+decimal(c.most())+" that are sent at most", "raise most of the load check")
	for _, l := range []struct {
		key  string
		time *Latency
	}{{"mean", c.Limits.Mean}, {"p99", c.Limits.P99}} {
		d := time.Duration(deref(l.time))
		s.must(d <= longestLoadAnswer, at(l.key), l.key+" "+d.String()+" is out of range", "at most 1m, or 0ms to ask nothing")
	}
}

// decimal is a number as people write it.
func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
