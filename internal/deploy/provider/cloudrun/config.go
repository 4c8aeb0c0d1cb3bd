package cloudrun

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
)

// config flattens what a revision was made with, for comparing it with another. What may hold a secret (the value of
// a variable, an argument) is in it as a fingerprint only. What is not set is not in it.
func config(r *runpb.Revision) map[string]string {
	c := settings{}
	main := mainContainer(r.GetContainers())
	for i, other := range r.GetContainers() {
		if other != main {
			name := cmp.Or(other.GetName(), strconv.Itoa(i+1))
			c.put("container "+name, other.GetImage()+", settings "+fingerprint(encoded(other)))
		}
	}
	c.container(main)
	c.number("min instances", r.GetScaling().GetMinInstanceCount())
	c.number("max instances", r.GetScaling().GetMaxInstanceCount())
	c.number("concurrency", r.GetMaxInstanceRequestConcurrency())
	if t := r.GetTimeout(); t != nil {
		c.put("timeout", t.AsDuration().String())
	}
	c.put("service account", r.GetServiceAccount())
	if e := r.GetExecutionEnvironment(); e != runpb.ExecutionEnvironment_EXECUTION_ENVIRONMENT_UNSPECIFIED {
		c.put("execution environment", words(e.String(), "EXECUTION_ENVIRONMENT_"))
	}
	c.flag("session affinity", r.GetSessionAffinity())
	c.put("encryption key", r.GetEncryptionKey())
	c.put("accelerator", r.GetNodeSelector().GetAccelerator())
	c.network(r.GetVpcAccess())
	for _, v := range r.GetVolumes() {
		c.put("volume "+v.GetName(), volume(v))
	}
	return c
}

type settings map[string]string

func (c settings) put(name, value string) {
	if value != "" {
		c[name] = value
	}
}

func (c settings) number(name string, n int32) {
	if n != 0 {
		c[name] = strconv.Itoa(int(n))
	}
}

func (c settings) flag(name string, on bool) {
	if on {
		c[name] = "on"
	}
}

func (c settings) container(main *runpb.Container) {
	c.put("image", main.GetImage())
	for name, value := range main.GetResources().GetLimits() {
		c.put(name, value)
	}
	if r := main.GetResources(); r != nil && !r.GetCpuIdle() {
		c["cpu allocation"] = "always"
	}
	c.flag("startup cpu boost", main.GetResources().GetStartupCpuBoost())
	for _, p := range main.GetPorts() {
		c.put("port", strings.TrimSpace(strconv.Itoa(int(p.GetContainerPort()))+" "+p.GetName()))
	}
	for name, list := range map[string][]string{"command": main.GetCommand(), "arguments": main.GetArgs()} {
		if len(list) > 0 {
			c[name] = fingerprint([]byte(strings.Join(list, "\x00")))
		}
	}
	for name, p := range map[string]*runpb.Probe{
		"startup probe": main.GetStartupProbe(), "liveness probe": main.GetLivenessProbe(), "readiness probe": main.GetReadinessProbe(),
	} {
		if p != nil {
			c[name] = fingerprint(encoded(p))
		}
	}
	for _, m := range main.GetVolumeMounts() {
		c.put("mount "+m.GetMountPath(), m.GetName())
	}
	for _, v := range main.GetEnv() {
		if s := v.GetValueSource().GetSecretKeyRef(); s != nil {
			c["secret "+v.GetName()] = shortName(s.GetSecret()) + ":" + cmp.Or(s.GetVersion(), "latest")
			continue
		}
		c["env "+v.GetName()] = fingerprint([]byte(v.GetValue()))
	}
}

func (c settings) network(v *runpb.VpcAccess) {
	c.put("vpc connector", shortName(v.GetConnector()))
	if e := v.GetEgress(); e != runpb.VpcAccess_VPC_EGRESS_UNSPECIFIED {
		c.put("vpc egress", words(e.String(), ""))
	}
	for _, n := range v.GetNetworkInterfaces() {
		c.put("vpc network", strings.Trim(shortName(n.GetNetwork())+"/"+shortName(n.GetSubnetwork()), "/"))
	}
}

// volume is what a volume holds, in a word where it is one of those that matter most, or else a fingerprint.
func volume(v *runpb.Volume) string {
	switch {
	case v.GetSecret() != nil:
		return "secret " + shortName(v.GetSecret().GetSecret()) + ", settings " + fingerprint(encoded(v))
	case v.GetCloudSqlInstance() != nil:
		return "cloud sql " + strings.Join(v.GetCloudSqlInstance().GetInstances(), ", ")
	case v.GetGcs() != nil:
		return "bucket " + v.GetGcs().GetBucket()
	}
	return fingerprint(encoded(v))
}

// fingerprint tells two values apart and says no more of them.
func fingerprint(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:4])
}

func encoded(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil // an unreadable string in it: all of those look alike
	}
	return b
}

func words(name, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", " "))
}
