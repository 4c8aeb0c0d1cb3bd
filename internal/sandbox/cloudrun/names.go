package cloudrun

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// shortName is the last segment of a resource name.
func shortName(full string) string { return full[strings.LastIndexByte(full, '/')+1:] }

// serviceOfRevision is the short name of the service in projects/…/services/S/revisions/R.
func serviceOfRevision(full string) string {
	parent, _, ok := strings.Cut(full, "/revisions/")
	if !ok {
		return ""
	}
	return shortName(parent)
}

// location is what a full name has before /services/, /revisions/ or /operations/:
// projects/P/locations/L.
func location(full string) string {
	parts := strings.SplitN(full, "/", 5)
	return strings.Join(parts[:min(4, len(parts))], "/")
}

func checkParent(parent string) error {
	p := strings.Split(parent, "/")
	if len(p) != 4 || p[0] != "projects" || p[2] != "locations" || p[1] == "" || p[3] == "" {
		return status.Errorf(codes.InvalidArgument, "parent %q is not projects/{project}/locations/{location}", parent)
	}
	return nil
}

func missingService(full string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' of kind 'SERVICE' in %s does not exist.", shortName(full), where(full))
}

func missingRevision(full string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' of kind 'REVISION' in %s does not exist.", shortName(full), where(full))
}

func where(full string) string {
	p := strings.Split(full, "/")
	if len(p) < 4 {
		return fmt.Sprintf("%q", full)
	}
	return fmt.Sprintf("region '%s' in project '%s'", p[3], p[1])
}

// newUUID has the form of a random UUID and follows from the server's seed.
func (s *Server) newUUID() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(s.random.Intn(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newRevisionName is what the platform calls a revision that the caller did not name: the service, a
// five-digit number and three letters.
func (s *Server) newRevisionName(svc *service) string {
	const letters = "bcdfghjklmnpqrstvwxz"
	suffix := make([]byte, 3)
	for i := range suffix {
		suffix[i] = letters[s.random.Intn(len(letters))]
	}
	return fmt.Sprintf("%s-%05d-%s", svc.id, len(svc.used)+1, suffix)
}
