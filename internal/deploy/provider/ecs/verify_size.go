package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// sizes are Fargate's, as AWS documents them: for so many CPU units from so many MiB to so many, in such steps. For the
// smallest there are three and no steps. What is larger than all of them is left for ECS to say: the table grows.
var sizes = []fargateSize{
	{256, 512, 2048, 0},
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

type fargateSize struct{ cpu, from, to, step int }

// checkSize is about the CPU and memory of a task on Fargate, which takes certain pairs only.
func (f *findings) checkSize(def *sdk.RegisterTaskDefinitionInput, fargate bool) {
	cpu, cpuOK := units(aws.ToString(def.Cpu), "vcpu")
	memory, memoryOK := units(aws.ToString(def.Memory), "gb")
	if !cpuOK || !memoryOK {
		f.bad("write cpu in units (512, or \"0.5 vCPU\") and memory in MiB (1024, or \"1 GB\")",
			"cpu %q and memory %q of the task are no sizes", aws.ToString(def.Cpu), aws.ToString(def.Memory))
		return
	}
	f.checkContainerMemory(def.ContainerDefinitions, memory)
	if !fargate {
		return
	}
	if cpu == 0 || memory == 0 {
		f.bad("set cpu and memory in the catalog, or at the task level of the task definition", "Fargate needs cpu and memory of the task; cpu is %d, memory is %d", cpu, memory)
		return
	}
	if cpu > sizes[len(sizes)-1].cpu {
		return
	}
	for _, s := range sizes {
		if s.cpu != cpu {
			continue
		}
		if s.has(memory) {
			return
		}
		f.bad("set memory to one of them", "Fargate does not offer %d MiB of memory with %d CPU units, only %s", memory, cpu, s.words())
		return
	}
	f.bad("set cpu to one of them", "Fargate does not offer %d CPU units, only 256, 512, 1024, 2048, 4096, 8192 and 16384", cpu)
}

// checkContainerMemory: what containers are bound to have has to fit into the task.
func (f *findings) checkContainerMemory(containers []types.ContainerDefinition, memory int) {
	sum := 0
	for _, c := range containers {
		switch {
		case c.MemoryReservation != nil:
			sum += int(*c.MemoryReservation)
		case c.Memory != nil:
			sum += int(*c.Memory)
		}
	}
	if memory > 0 && sum > memory {
		f.bad("raise memory of the task, or lower that of its containers", "the containers want %d MiB of memory, the task has %d", sum, memory)
	}
}

func (s fargateSize) has(memory int) bool {
	if s.step == 0 {
		return slices.Contains([]int{s.from, s.from * 2, s.to}, memory)
	}
	return memory >= s.from && memory <= s.to && (memory-s.from)%s.step == 0
}

func (s fargateSize) words() string {
	if s.step == 0 {
		return fmt.Sprintf("%d, %d or %d", s.from, s.from*2, s.to)
	}
	return fmt.Sprintf("%d to %d in steps of %d", s.from, s.to, s.step)
}

// units reads "512", "0.5 vCPU" and "1 GB"; both larger units are 1024 of the small one. Nothing is 0.
func units(text, large string) (n int, ok bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	if text == "" {
		return 0, true
	}
	if number, found := strings.CutSuffix(text, large); found {
		x, err := strconv.ParseFloat(number, 64)
		return int(x * 1024), err == nil && x > 0
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0
}
