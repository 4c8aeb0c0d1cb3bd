package placeholder

import "strings"

// BodyKind says how values are put into a body: as its Content-Type has it, or as it looks.
func BodyKind(contentType, body string) Kind {
	mime, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch mime = strings.TrimSpace(mime); {
	case strings.HasSuffix(mime, "/json"), strings.HasSuffix(mime, "+json"):
		return JSON
	case mime == "application/x-www-form-urlencoded":
		return Form
	case mime == "":
		if body = strings.TrimSpace(body); strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
			return JSON
		}
	}
	return Verbatim
}
