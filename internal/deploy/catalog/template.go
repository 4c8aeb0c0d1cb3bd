package catalog

import (
	"regexp"
	"strconv"
	"strings"
)

// reference finds ${NAME}, and $${ which stands for a plain ${. An opening without an end is found too.
var reference = regexp.MustCompile(`\$?\$\{([^}]*\}?)`)

var known = []string{"VERSION", "ENVIRONMENT"}

// templateFlaw says what is wrong with the references in a value; msg is empty if nothing is.
func templateFlaw(text string) (msg, hint string) {
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		name, closed := strings.CutSuffix(m[1], "}")
		switch {
		case strings.HasPrefix(m[0], "$$"):
		case !closed:
			return "has ${ without }", "write $${ if you mean the characters"
		case name != known[0] && name != known[1]:
			return "refers to the unknown ${" + name + "}", referenceHint(name)
		}
	}
	return "", ""
}

func referenceHint(name string) string {
	if m := meant(name, known); m != "" {
		return "did you mean " + strconv.Quote("${"+m+"}") + "?"
	}
	return "there is ${VERSION} and ${ENVIRONMENT}; write $${ if you mean the characters"
}

// fill puts the values in the place of the references.
func fill(text string, values map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		return values[strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")]
	})
}
