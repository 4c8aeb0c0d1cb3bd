package awsapi

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// inQuery is a form, answered in XML.
type inQuery struct {
	api       *API
	operation string
	form      url.Values
}

func (p *inQuery) read(in any) error {
	said := map[string]any{}
	for name, values := range p.form {
		if len(values) > 0 && name != "Action" && name != "Version" {
			plant(said, strings.Split(name, "."), values[0])
		}
	}
	f := &filler{names: Same, lists: listOf, pairs: pairsOf}
	return f.fill(reflect.ValueOf(in).Elem(), said, "")
}

// plant puts a value where its dotted name says.
func plant(in map[string]any, path []string, value string) {
	if len(path) == 1 {
		if _, taken := in[path[0]]; !taken {
			in[path[0]] = value
		}
		return
	}
	branch, ok := in[path[0]].(map[string]any)
	if !ok {
		branch = map[string]any{}
		in[path[0]] = branch
	}
	plant(branch, path[1:], value)
}

// listOf is a list: X.member.1, X.member.2, … or, flattened, X.1, X.2. An empty one is said as "".
func listOf(x any) ([]any, bool) {
	if x == "" {
		return []any{}, true
	}
	branch, ok := x.(map[string]any)
	if !ok {
		return nil, false
	}
	if members, ok := branch["member"].(map[string]any); ok {
		branch = members
	}
	numbers := make([]int, 0, len(branch))
	for name := range branch {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	list := make([]any, len(numbers))
	for i, n := range numbers {
		list[i] = branch[strconv.Itoa(n)]
	}
	return list, true
}

// pairsOf is a map: X.entry.1.key and X.entry.1.value, ….
func pairsOf(x any) (map[string]any, bool) {
	if x == "" {
		return map[string]any{}, true
	}
	branch, ok := x.(map[string]any)
	if !ok {
		return nil, false
	}
	list, ok := listOf(branch["entry"])
	if !ok {
		return nil, false
	}
	found := map[string]any{}
	for _, item := range list {
		pair, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		key, ok := pair["key"].(string)
		if !ok {
			return nil, false
		}
		found[key] = pair["value"]
	}
	return found, true
}
