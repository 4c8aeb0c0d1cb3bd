package catalog

import (
	"reflect"
	"strings"
)

// fields are the keys of a mapping that is decoded into a struct, in the order of the struct.
type fields struct {
	names []string
	index map[string][]int
}

// fieldsOf reads the keys from the yaml tags of t and of what is inlined in it.
func fieldsOf(t reflect.Type) fields {
	f := fields{index: map[string][]int{}}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		f.names = append(f.names, name)
		f.index[name] = field.Index
	}
	return f
}
