package ecs

import "strings"

// digestOf is the digest in an image's name, or nil.
func digestOf(image string) *string {
	if _, digest, ok := strings.Cut(image, "@"); ok {
		return &digest
	}
	return nil
}
