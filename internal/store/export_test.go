package store

import (
	"encoding/json"
	"maps"

	"slipway/internal/deploy"
)

// AnnouncementVersion is the newest schema version of announcements.
const AnnouncementVersion = announcementVersion

// What tests reach besides the exported names.
var (
	EncodeRelease = encodeRelease
	DecodeRelease = decodeRelease
	ParseAddress  = parseAddress
	CRC16         = crc16
)

// Schema is a kind of stored document: its versions, and how it is written and read.
type Schema struct {
	Newest int64
	Lifts  map[int64]upcaster
	Encode func() ([]byte, error)
	Read   func(sv int64, doc string) (any, error)
}

// Schemas are all of them, by the name of their golden files, with samples to encode.
func Schemas(r deploy.Release, a deploy.Announcement) map[string]Schema {
	return map[string]Schema{
		"release": {releases.newest, releases.lifts, func() ([]byte, error) { return encodeRelease(r) },
			func(sv int64, doc string) (any, error) { return decodeRelease(sv, doc) }},
		"announcement": {announcements.newest, announcements.lifts, func() ([]byte, error) { return json.Marshal(a) },
			func(sv int64, doc string) (any, error) { return decodeAnnouncement(sv, doc) }},
	}
}

// LiftRelease is how decodeRelease lifts, with upcasters beside the real ones.
func LiftRelease(beside map[int64]func(map[string]any) error, sv int64, doc string) (string, error) {
	all := maps.Clone(releases.lifts)
	for v, up := range beside {
		all[v] = up
	}
	return schema{newest: releases.newest, lifts: all}.lift(sv, doc)
}
