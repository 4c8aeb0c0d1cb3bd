package catalog

import (
	"fmt"
	"regexp"
	"strconv"
)

var (
	cpuSize    = regexp.MustCompile(`^([0-9]{1,2}|0\.[0-9]{1,3}|[0-9]{1,4}m)$`)
	memorySize = regexp.MustCompile(`^([1-9][0-9]{0,5})(Mi|Gi)$`)
)

// milli is the size in thousandths of a CPU; ok is false for a size that Cloud Run does not have: 1, 2, 4, 6, 8,
// or from 0.08 up to 1 (cloud.google.com/run/docs/configuring/services/cpu).
func (c CPU) milli() (size int, ok bool) {
	if !cpuSize.MatchString(string(c)) {
		return 0, false
	}
	text, unit := string(c), 1000.0
	if text[len(text)-1] == 'm' {
		text, unit = text[:len(text)-1], 1
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	size = int(n*unit + 0.5)
	switch size {
	case 1000, 2000, 4000, 6000, 8000:
		return size, true
	}
	return size, size >= 80 && size < 1000
}

// mebibytes is the size in MiB; ok is false if it is not 128Mi to 32Gi
// (cloud.google.com/run/docs/configuring/services/memory-limits).
func mebibytes(text string) (size int, ok bool) {
	bytes, ok := byteSize(text)
	size = int(bytes >> 20)
	return size, ok && size >= 128 && size <= 32*1024
}

// byteSize is a size in bytes; ok is false if it is none.
func byteSize(text string) (size int64, ok bool) {
	m := memorySize.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	size, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, false
	}
	if m[2] == "Gi" {
		return size << 30, true
	}
	return size << 20, true
}

// memoryNeeds and cpuNeeds are the pairs that Cloud Run refuses, from the two pages above.
var (
	memoryNeeds = []struct{ above, milli int }{{24 * 1024, 8000}, {16 * 1024, 6000}, {8 * 1024, 4000}, {4 * 1024, 2000}, {1024, 1000}, {512, 500}}
	cpuNeeds    = []struct{ milli, mebibytes int }{{6000, 4 * 1024}, {4000, 2 * 1024}}
)

// misfit says why a CPU and a memory size do not go together; empty if they do, or either is not known.
func misfit(c CPU, memory string) string {
	cpu, known := c.milli()
	mem, ok := mebibytes(memory)
	if !ok || !known {
		return ""
	}
	for _, n := range memoryNeeds {
		if mem > n.above && cpu < n.milli {
			return fmt.Sprintf("memory %s needs at least %g CPU, not %s", memory, float64(n.milli)/1000, c)
		}
	}
	for _, n := range cpuNeeds {
		if cpu >= n.milli && mem < n.mebibytes {
			return fmt.Sprintf("cpu %s needs at least %dGi of memory, not %s", c, n.mebibytes/1024, memory)
		}
	}
	return ""
}
