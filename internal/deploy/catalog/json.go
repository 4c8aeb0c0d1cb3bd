package catalog

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// jsonNumber is a number as JSON has it.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// json reads a mapping or a list as JSON, with its keys in the order of the file.
func (s *source) json(n ast.Node, into *JSON, path string) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
	default:
		s.mistyped(n, path, "a mapping or a list", "any other text is a body")
		return
	}
	var text bytes.Buffer
	s.writeJSON(&text, n, path)
	*into = JSON(text.String())
}

func (s *source) writeJSON(to *bytes.Buffer, n ast.Node, path string) {
	switch t := n.(type) {
	case *ast.NullNode:
		to.WriteString("null")
	case *ast.BoolNode:
		to.Write(jsonText(t.Value))
	case *ast.IntegerNode, *ast.FloatNode:
		written := t.GetToken().Value
		if !jsonNumber.MatchString(written) {
			s.mistyped(n, path, "a number as JSON has it", "put it in quotes if it is text")
			return
		}
		to.WriteString(written)
	case *ast.StringNode, *ast.LiteralNode:
		// 1e3 is a number to some readers of YAML, and text to this one.
		if tk := t.GetToken(); tk.Type == token.StringType && jsonNumber.MatchString(tk.Value) {
			s.mistyped(n, path, "a number with a point, or text in quotes", "")
			return
		}
		if text, ok := s.text(n, path); ok {
			to.Write(jsonText(text))
		}
	case *ast.SequenceNode:
		to.WriteByte('[')
		for i, value := range t.Values {
			if i > 0 {
				to.WriteByte(',')
			}
			at := position(value)
			s.places[item(path, i)] = place{at, at}
			s.writeJSON(to, value, item(path, i))
		}
		to.WriteByte(']')
	case *ast.MappingNode, *ast.MappingValueNode:
		to.WriteByte('{')
		first := true
		s.entries(n, path, func(key string, _ pos, value ast.Node) {
			if !first {
				to.WriteByte(',')
			}
			first = false
			to.Write(jsonText(key))
			to.WriteByte(':')
			s.writeJSON(to, value, under(path, key))
		})
		to.WriteByte('}')
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		s.problem(path, noAnchors, noAnchorsHint)
	default:
		s.mistyped(n, path, "something that JSON has", "")
	}
}

// jsonText writes a scalar as people do: < and & are themselves.
func jsonText(v any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil // text and truths can always be written
	}
	return bytes.TrimRight(text.Bytes(), "\n")
}

// expressions reads one or a list of them.
func (s *source) expressions(n ast.Node, into *Expressions, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if text, ok := s.text(n, path); ok {
			*into = Expressions{text}
		}
		return
	}
	for i, value := range seq.Values {
		at := position(value)
		s.places[item(path, i)] = place{at, at}
		if text, ok := s.text(value, item(path, i)); ok {
			*into = append(*into, text)
		}
	}
}
