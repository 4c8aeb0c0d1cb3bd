package catalog

import (
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

const (
	noAnchors     = "anchors, aliases and tags are not read here"
	noAnchorsHint = "write the value out; what environments share may stand at the top of the file"
)

// decode fills v from the node at path. What does not fit is reported, and v left as it is.
func (s *source) decode(n ast.Node, v reflect.Value, path string) {
	switch n.(type) {
	case *ast.NullNode:
		s.problem(path, last(path)+" has no value", s.nullHint(position(n)))
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		s.problem(path, noAnchors, noAnchorsHint)
		return
	}
	if s.ours(n, v.Addr().Interface(), path) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.decode(n, v.Elem(), path)
	case reflect.Struct:
		s.mapping(n, v, path)
	case reflect.Map:
		s.variables(n, v, path)
	case reflect.Slice:
		s.list(n, v, path)
	case reflect.String:
		if text, ok := s.text(n, path); ok {
			v.SetString(text)
		}
	case reflect.Int:
		s.number(n, v, path)
	case reflect.Float64:
		s.fraction(n, v, path)
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
		} else {
			s.mistyped(n, path, "true or false", "")
		}
	default: // no field of a File is of another kind
	}
}

// ours decodes into types of this package that are not written as Go would have them; ok is false for any other.
func (s *source) ours(n ast.Node, into any, path string) (ok bool) {
	switch p := into.(type) {
	case *Environments:
		s.environments(n, p, path)
	case *Duration:
		s.duration(n, p, path, "s", "seconds")
	case *Latency:
		s.duration(n, (*Duration)(p), path, "ms", "milliseconds")
	case *Percentage:
		s.percentage(n, p, path)
	case *Approve:
		s.approve(n, p, path)
	case *CPU:
		s.amount(n, (*string)(p), path)
	case *Memory:
		s.amount(n, (*string)(p), path)
	case *JSON:
		s.json(n, p, path)
	case *Prove:
		s.prove(n, p, path)
	case *Expressions:
		s.expressions(n, p, path)
	case *ScriptNumber:
		s.scriptNumber(n, p, path)
	default:
		return false
	}
	return true
}

func (s *source) mapping(n ast.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	var misspelt []string
	s.entries(n, path, func(key string, at pos, value ast.Node) {
		index, ok := fields.index[key]
		if ok {
			s.decode(value, v.FieldByIndex(index), under(path, key))
			return
		}
		if m := meant(key, fields.names); m != "" {
			misspelt = append(misspelt, under(path, m))
		}
		s.problemAt(at, "unknown key "+strconv.Quote(key), didYouMean(key, fields.names))
	})
	for _, key := range misspelt {
		if !s.has(key) {
			s.flawed[key] = true // it is not missing as well
		}
	}
}

// environments decodes them in the order of the file.
func (s *source) environments(n ast.Node, into *Environments, path string) {
	s.entries(n, path, func(key string, _ pos, value ast.Node) {
		env := Environment{Name: key}
		s.decode(value, reflect.ValueOf(&env).Elem(), under(path, key))
		*into = append(*into, env)
	})
}

func (s *source) variables(n ast.Node, v reflect.Value, path string) {
	vars := reflect.MakeMap(v.Type())
	s.entries(n, path, func(key string, _ pos, value ast.Node) {
		var text string
		s.decode(value, reflect.ValueOf(&text).Elem(), under(path, key))
		vars.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
	})
	v.Set(vars)
}

// entries calls each for every key of a mapping, once per key, and notes where it stands.
func (s *source) entries(n ast.Node, path string, each func(key string, at pos, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		s.mistyped(n, path, "a mapping of keys to values", "")
		return
	}
	first := map[string]int{}
	for _, e := range values {
		at := position(e.Key)
		key, ok := keyText(e.Key)
		if !ok {
			s.problemAt(at, "a key must be plain text", "")
			continue
		}
		if line, twice := first[key]; twice {
			s.problemAt(at, "key "+strconv.Quote(key)+" stands here twice", "it is also on line "+strconv.Itoa(line))
			continue
		}
		first[key] = at.line
		s.places[under(path, key)] = place{at, position(e.Value)}
		each(key, at, e.Value)
	}
}

func keyText(n ast.MapKeyNode) (string, bool) {
	switch k := n.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return k.GetToken().Value, true
	}
	return "", false
}

func (s *source) list(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		s.mistyped(n, path, "a list", "")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, value := range seq.Values {
		at := position(value)
		s.places[item(path, i)] = place{at, at}
		s.decode(value, v.Index(i), item(path, i))
	}
}

// prove reads what has a kind and an arg; a kind may stand alone.
func (s *source) prove(n ast.Node, into *Prove, path string) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		s.mapping(n, reflect.ValueOf(into).Elem(), path)
	case *ast.SequenceNode:
		s.mistyped(n, path, "a kind of proof, or a mapping of kind and arg", "")
	default:
		if text, ok := s.text(n, path); ok {
			into.Kind = text
		}
	}
}

func (s *source) mistyped(n ast.Node, path, want, hint string) {
	name := last(path)
	if name == "" {
		name = s.what
	}
	s.problem(path, name+" must be "+want+", not "+describe(n), hint)
}
