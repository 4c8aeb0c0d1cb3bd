// Package catalog reads the services that people may release: one YAML file each, decoded strictly. Every
// problem of every file is reported at once, with file, line, column and what was probably meant; a catalog
// with a problem is not used at all.
//
// It never asks the outside whether what a file names exists (but for checklists, commands, migrations and task definitions,
// which are files of the same folder), never reads a file after Load, and never holds a secret: secrets are named, as secret:version.
//
// Start reading at File (file.go), which is the format, then Load (catalog.go). A file goes through decode
// (decode.go), checkFile (check.go: each value by itself), merged (merge.go: what an environment inherits) and
// complete (complete.go: each environment as a whole), and comes out as a deploy.Spec (spec.go). The checklist that a
// file names goes with it (checklist.go), with the same eyes and its own places. What is particular to a kind of platform,
// for the service and for each of its parts, is in placed.go and complete_platform.go.
package catalog

//go:generate go run ./genschema ../../../deployments/catalog
