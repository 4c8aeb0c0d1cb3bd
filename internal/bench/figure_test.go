package main

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestQuantileIsAValueThatWasObserved(t *testing.T) {
	t.Parallel()
	many := make(sample, 200)
	for i := range many {
		many[i] = time.Duration(200 - i) // 200 … 1
	}
	for _, c := range []struct {
		name string
		of   sample
		q    float64
		want time.Duration
	}{
		{"the middle of an even number is the lower of the two", sample{4, 1, 3, 2}, 0.5, 2},
		{"the middle of an odd number", sample{9, 1, 5}, 0.5, 5},
		{"of 200, two are slower than the 99th percentile", many, 0.99, 198},
		{"one alone is every quantile", sample{7}, 0.99, 7},
		{"the whole is the slowest", many, 1, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.of.quantile(c.q); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestTheFloorSpeaksRedisProtocol(t *testing.T) {
	t.Parallel()
	const want = "*3\r\n$3\r\nSET\r\n$5\r\nfloor\r\n$4\r\n{\r\n}\r\n"
	if got := string(setCommand("floor", []byte("{\r\n}"))); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTicksOfAProgramWithABlankInItsName(t *testing.T) {
	t.Parallel()
	const stat = "42 (the bot) S 1 42 42 0 -1 4194560 900 0 0 0 12 30 0 0 20 0 9 0 100 1 2"
	if got, err := ticks(stat); err != nil || got != 420*time.Millisecond {
		t.Errorf("got %s, %v, want 420ms", got, err)
	}
	if _, err := ticks("42 (bot) S 1"); err == nil {
		t.Error("half a line was read")
	}
}

func TestUsedMemoryIsReadFromTheAnswerToInfo(t *testing.T) {
	t.Parallel()
	const lines = "# Memory\r\nused_memory_human:1M\r\nused_memory:1048576\r\n"
	answer := fmt.Sprintf("$%d\r\n%s\r\n", len(lines), lines)
	if got, err := readUsedMemory(bufio.NewReader(strings.NewReader(answer))); err != nil || got != 1048576 {
		t.Errorf("got %d, %v, want 1048576", got, err)
	}
	if _, err := readUsedMemory(bufio.NewReader(strings.NewReader("-NOAUTH who are you\r\n"))); err == nil {
		t.Error("a refusal was read as memory")
	}
}

func TestWhatWrkWritesIsRead(t *testing.T) {
	t.Parallel()
	const out = "  Latency Distribution\n     50%%  412.00us\n     99%%    %s\n  59834 requests in 2.10s, 9.72MB read\n%sRequests/sec:  28478.31\nTransfer/sec:      4.63MB\n"
	if got, err := readWrk(fmt.Sprintf(out, "20.47ms", "")); err != nil || got != (sent{rps: 28478.31, p99: 20470 * time.Microsecond}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "unable to connect", fmt.Sprintf(out, "soon", ""), fmt.Sprintf(out, "20.47ms", "  Non-2xx or 3xx responses: 12\n"),
		fmt.Sprintf(out, "20.47ms", "  Socket errors: connect 0, read 4, write 0, timeout 0\n")} {
		if got, err := readWrk(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

func TestTheMiddleOfRuns(t *testing.T) {
	t.Parallel()
	if got := middle([]sent{{rps: 9}, {rps: 1}, {rps: 5}}, sent.rate); got != 5 {
		t.Errorf("%v", got)
	}
	if got := middle(nil, sent.rate); got != 0 {
		t.Errorf("of none: %v", got)
	}
}
