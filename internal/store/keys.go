package store

import (
	"strconv"

	"slipway/internal/deploy"
)

// partitions is how many parts the data has. Each is the unit that a script may touch and that a Cluster may
// move. It is part of the key of everything stored: changing it loses what is there.
const partitions = 16

// wakeChannel carries hints to all replicas. It has no partition: plain publish reaches every node of a Cluster.
const wakeChannel = "sw:wake"

// keys makes the names of all keys of one partition. They share the hash tag {p}, so one script may touch all.
//
//	sw:{p}:rel:<id>             HASH    doc, sv (its schema version), rev, created, ended, target, asked
//	                                    (epoch), and the lease
//	sw:{p}:rel:<id>:log         STREAM  the journal: id is revision-0; at, entries (JSON array)
//	sw:{p}:rel:<id>:in          STREAM  the inbox: signal (JSON)
//	sw:{p}:rel:<id>:ann         HASH    doc, sv, changed (since claimed), lease (its length), and the lease
//	sw:{p}:target:<service/env> HASH    hold (release), since, live (release), runs (version), lock (JSON)
//	sw:{p}:bars:<service/env>   LIST    what was taken back (JSON), newest first, at most twenty
//	sw:{p}:att:<service/env>    HASH    item of the checklist → its attestation: when (Redis ms), until when, who
//	sw:{p}:num:<service>        STRING  last number given
//	sw:{p}:due, :announce       ZSET    release → when somebody must look at it, at its announcement (Redis ms)
//	sw:{p}:active               ZSET    release → when it was created, until it ends
//	sw:{p}:index:<service/env>  ZSET    release → number, as long as it is kept
//	sw:{p}:epoch                STRING  last epoch given
//	sw:{p}:run                  STRING  the process of Redis that gave it
//	sw:{p}:gaps                 LIST    where epochs may have been lost: last before, first after
//	sw:{p}:seen:<event>         STRING  the release that the event was about (or the target), for seven days
type keys string

// keysFor is the partition of a service. All environments of a service share it, because they share numbers, and
// because a release's id has to be enough to find the release.
func keysFor(service string) keys { return partition(int(crc16(service) % partitions)) }

// keysOf is the partition of a release. NotFound if id is not the id of any release.
func keysOf(op string, id deploy.ReleaseID) (keys, error) {
	service, _, ok := id.Split()
	if !ok {
		return "", notFound(op, id)
	}
	return keysFor(service), nil
}

func partition(p int) keys { return keys("sw:{" + strconv.Itoa(p) + "}:") }

func (k keys) release(id deploy.ReleaseID) string      { return string(k) + "rel:" + string(id) }
func (k keys) log(id deploy.ReleaseID) string          { return k.release(id) + ":log" }
func (k keys) inbox(id deploy.ReleaseID) string        { return k.release(id) + ":in" }
func (k keys) announcement(id deploy.ReleaseID) string { return k.release(id) + ":ann" }
func (k keys) target(t deploy.Target) string           { return string(k) + "target:" + t.String() }
func (k keys) bars(t deploy.Target) string             { return string(k) + "bars:" + t.String() }
func (k keys) index(t deploy.Target) string            { return string(k) + "index:" + t.String() }
func (k keys) attestations(t deploy.Target) string     { return string(k) + "att:" + t.String() }
func (k keys) num(service string) string               { return string(k) + "num:" + service }
func (k keys) seen(e deploy.EventID) string            { return string(k) + "seen:" + string(e) }
func (k keys) due() string                             { return string(k) + "due" }
func (k keys) announce() string                        { return string(k) + "announce" }
func (k keys) active() string                          { return string(k) + "active" }
func (k keys) epoch() string                           { return string(k) + "epoch" }
func (k keys) run() string                             { return string(k) + "run" }
func (k keys) gaps() string                            { return string(k) + "gaps" }

// crc16 is the checksum Redis uses for the slots of a Cluster: CRC-16/XMODEM, polynomial 0x1021.
func crc16(s string) uint16 {
	var crc uint16
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
