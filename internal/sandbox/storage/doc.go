// Package storage is a practice Cloud Storage: the buckets of the sandbox, as far as a program asks whether one is there,
// what lies in it, and what is in an object. It speaks the JSON API; nothing can be written through that, only by Put. What
// was replaced is gone: of each object there is one generation. Start reading at Server.
package storage
