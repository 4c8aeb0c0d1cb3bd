// Package store keeps releases, holds, journals, signals and announcements in Redis: it implements deploy.Store
// and is the only importer of go-redis.
//
// Each method that writes is one Lua script, hence all or nothing, and one round trip. All times are those of
// Redis, taken inside the script. Nothing here decides what a release does next: the store knows who may write
// (epochs), who may try (leases, due times) and who has a target (holds), and that is all.
//
// It never repeats a write by itself: when the answer is lost, the caller gets deploy.Unavailable, and finds out
// by claiming again (owners) or by repeating the call with the same event (commands).
//
// Start reading at keys.go for what is where, then scripts/prelude.lua for leases, then scripts/commit.lua.
package store
