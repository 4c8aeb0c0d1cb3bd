// Package deployments carries the example catalog and the rehearsals inside the binary, so that the sandbox runs
// from any folder. It reads nothing from disk and decodes nothing: see internal/deploy/catalog for the one, and
// README.md in rehearsals for the other.
package deployments

import (
	"embed"
	"io/fs"
)

//go:embed catalog rehearsals
var files embed.FS

// Catalog is the folder of the example services.
func Catalog() fs.FS { return folder("catalog") }

// Rehearsals is the folder of the rehearsals that ship with Slipway.
func Rehearsals() fs.FS { return folder("rehearsals") }

// folder cannot go wrong for a name that is a valid path, which those above are.
func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		return files
	}
	return sub
}
