package catalog

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// wholeNumber is the only way a number may be written: 010, 0x1F and 1_000 mean different things to different
// readers.
var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,8})$`)

// scriptNumber is the number of a script, which may be a time: 20260101120000.
var scriptNumber = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// fraction is the only way a number that need not be whole may be written.
var fraction = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$`)

func (s *source) text(n ast.Node, path string) (string, bool) {
	switch t := n.(type) {
	case *ast.StringNode:
		return t.Value, true
	case *ast.LiteralNode:
		return t.Value.Value, true
	case ast.ScalarNode:
		s.mistyped(n, path, "text", "put it in quotes: "+strconv.Quote(t.GetToken().Value))
	default:
		s.mistyped(n, path, "text", "")
	}
	return "", false
}

func (s *source) number(n ast.Node, v reflect.Value, path string) {
	i, ok := n.(*ast.IntegerNode)
	if !ok || !wholeNumber.MatchString(i.Token.Value) {
		s.mistyped(n, path, "a whole number", "")
		return
	}
	value, err := strconv.ParseInt(i.Token.Value, 10, 32)
	if err != nil {
		s.mistyped(n, path, "a whole number", "")
		return
	}
	v.SetInt(value)
}

func (s *source) scriptNumber(n ast.Node, into *ScriptNumber, path string) {
	written := n.GetToken().Value
	if _, ok := n.(*ast.IntegerNode); ok && scriptNumber.MatchString(written) {
		if value, err := strconv.ParseInt(written, 10, 64); err == nil {
			*into = ScriptNumber(value)
			return
		}
	}
	hint := ""
	if short := strings.TrimLeft(written, "0"); short != written && scriptNumber.MatchString(short) {
		hint = "write " + short
	}
	s.mistyped(n, path, "the number of a script, above 0", hint)
}

// amount reads what may be written as a number or as text, as it is written.
func (s *source) amount(n ast.Node, into *string, path string) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		*into = n.GetToken().Value
	default:
		if text, ok := s.text(n, path); ok {
			*into = text
		}
	}
}

func (s *source) duration(n ast.Node, into *Duration, path, unit, meaning string) {
	const units = "units are h, m, s and ms: 90s, 5m, 1h30m"
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		value := n.GetToken().Value
		s.problem(path, last(path)+" "+value+" has no unit", "write "+value+unit+" if you mean "+meaning)
		return
	}
	text, ok := s.text(n, path)
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		s.problem(path, last(path)+" "+strconv.Quote(text)+" is not a time span", units)
		return
	}
	s.must(d >= 0, path, last(path)+" "+text+" is less than nothing", "")
	*into = Duration(d)
}

func (s *source) fraction(n ast.Node, v reflect.Value, path string) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		written := n.GetToken().Value
		if value, err := strconv.ParseFloat(written, 64); err == nil && fraction.MatchString(written) {
			v.SetFloat(value)
			return
		}
	}
	s.mistyped(n, path, "a number such as 2 or 1.5", "")
}

func (s *source) percentage(n ast.Node, into *Percentage, path string) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		value := n.GetToken().Value
		s.problem(path, last(path)+" "+value+" has no unit", "write "+value+"% if you mean that many in a hundred")
		return
	}
	text, ok := s.text(n, path)
	if !ok {
		return
	}
	if _, ok := Percentage(text).share(); !ok {
		s.problem(path, last(path)+" "+strconv.Quote(text)+" is not a percentage", "0% to 100%, such as 0.1%")
		return
	}
	*into = Percentage(text)
}

func (s *source) approve(n ast.Node, into *Approve, path string) {
	switch t := n.(type) {
	case *ast.BoolNode:
		if t.Value {
			*into = approveAlways
		}
	case *ast.StringNode:
		if t.Value != string(approveUnsure) {
			s.problem(path, "approve "+strconv.Quote(t.Value)+" is not known", didYouMean(t.Value, []string{"true", "false", string(approveUnsure)}))
			return
		}
		*into = approveUnsure
	default:
		s.mistyped(n, path, "true, false or inconclusive", "")
	}
}
