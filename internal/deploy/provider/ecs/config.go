package ecs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// settings flattens a task definition, for comparing it with another. What may hold a secret (the value of a variable, an
// argument) is in it as a fingerprint only. What is not set is not in it.
type settings map[string]string

// configOf is the settings of a task definition whose main container is that of an index.
func configOf(d types.TaskDefinition, main int) map[string]string {
	c := settings{}
	for i, other := range d.ContainerDefinitions {
		if i != main {
			c.put("container "+aws.ToString(other.Name), aws.ToString(other.Image)+", settings "+fingerprint(encoded(other)))
		}
	}
	if main < len(d.ContainerDefinitions) {
		c.container(d.ContainerDefinitions[main])
	}
	c.put("cpu", aws.ToString(d.Cpu))
	c.put("memory", aws.ToString(d.Memory))
	c.put("task role", lastPart(aws.ToString(d.TaskRoleArn)))
	c.put("execution role", lastPart(aws.ToString(d.ExecutionRoleArn)))
	c.put("network mode", string(d.NetworkMode))
	if e := d.EphemeralStorage; e != nil {
		c.put("ephemeral storage", strconv.Itoa(int(e.SizeInGiB))+" GiB")
	}
	if r := d.RuntimePlatform; r != nil {
		c.put("platform", strings.Trim(string(r.OperatingSystemFamily)+"/"+string(r.CpuArchitecture), "/"))
	}
	for _, v := range d.Volumes {
		c.put("volume "+aws.ToString(v.Name), fingerprint(encoded(v)))
	}
	return c
}

func (c settings) put(name, value string) {
	if value != "" {
		c[name] = value
	}
}

func (c settings) container(m types.ContainerDefinition) {
	c.put("image", aws.ToString(m.Image))
	if m.Cpu != 0 {
		c.put("container cpu", strconv.Itoa(int(m.Cpu)))
	}
	for name, n := range map[string]*int32{
		"container memory": m.Memory, "memory reservation": m.MemoryReservation, "start timeout": m.StartTimeout, "stop timeout": m.StopTimeout,
	} {
		if n != nil {
			c.put(name, strconv.Itoa(int(*n)))
		}
	}
	for _, p := range m.PortMappings {
		c.put("port", strings.TrimSpace(strconv.Itoa(int(aws.ToInt32(p.ContainerPort)))+" "+string(p.AppProtocol)))
	}
	c.put("user", aws.ToString(m.User))
	for name, list := range map[string][]string{"command": m.Command, "entry point": m.EntryPoint} {
		if len(list) > 0 {
			c.put(name, fingerprint([]byte(strings.Join(list, "\x00"))))
		}
	}
	if m.HealthCheck != nil {
		c.put("health check", fingerprint(encoded(m.HealthCheck)))
	}
	if m.LogConfiguration != nil {
		c.put("logs", string(m.LogConfiguration.LogDriver)+", settings "+fingerprint(encoded(m.LogConfiguration)))
	}
	for _, v := range m.MountPoints {
		c.put("mount "+aws.ToString(v.ContainerPath), aws.ToString(v.SourceVolume))
	}
	for _, v := range m.Secrets {
		c.put("secret "+aws.ToString(v.Name), aws.ToString(v.ValueFrom))
	}
	for _, v := range m.Environment {
		c.put("env "+aws.ToString(v.Name), fingerprint([]byte(aws.ToString(v.Value))))
	}
	for _, f := range m.EnvironmentFiles {
		c.put("env file "+aws.ToString(f.Value), string(f.Type))
	}
}

// plainEnv is the variables whose values may be seen; secrets are left out.
func plainEnv(c types.ContainerDefinition) map[string]string {
	out := map[string]string{}
	for _, v := range c.Environment {
		out[aws.ToString(v.Name)] = aws.ToString(v.Value)
	}
	return out
}

// fingerprint tells two values apart and says no more of them.
func fingerprint(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:4])
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // what cannot be written down looks all alike
	}
	return b
}
