package catalog

import (
	"regexp"
	"strconv"
)

var (
	taskUnits = regexp.MustCompile(`^[1-9][0-9]{0,7}$`)
	taskVCPU  = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{1,3})?) ?v[Cc][Pp][Uu]$`)
	taskGB    = regexp.MustCompile(`^([0-9]{1,5}(?:\.[0-9]{1,2})?) ?[Gg][Bb]$`)
)

// Sizes of a task (docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html): from an eighth of a
// CPU to 192 of them, and no less memory than Docker gives a container. Fargate takes some of these pairs only, and says so.
const (
	leastUnits, mostUnits = 128, 192 * 1024
	leastMiB, mostMiB     = 4, 32 * 1024 * 1024
)

// units are thousand-twenty-fourths of a CPU, as ECS counts; ok is false for what is no size of a task.
func (c CPU) units() (units int, ok bool) {
	units, ok = counted(string(c), taskVCPU)
	return units, ok && units >= leastUnits && units <= mostUnits
}

// mib are the MiB of a task, as ECS counts; ok is false for what is no size of a task.
func (m Memory) mib() (size int, ok bool) {
	size, ok = counted(string(m), taskGB)
	return size, ok && size >= leastMiB && size <= mostMiB
}

// counted reads a number, or one of something that has 1024 of what is counted.
func counted(text string, of1024 *regexp.Regexp) (n int, ok bool) {
	if taskUnits.MatchString(text) {
		n, err := strconv.Atoi(text)
		return n, err == nil
	}
	m := of1024.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(m[1], 64)
	return int(f*1024 + 0.5), err == nil
}
