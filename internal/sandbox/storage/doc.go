// Package storage is a practice Cloud Storage: the buckets of the sandbox, as far as a program asks whether one is there
// and what lies in it. It speaks the JSON API. It stores no objects. Start reading at Server.
package storage
