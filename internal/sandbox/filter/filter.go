package filter

import (
	"fmt"
	"strings"
)

// Comparison is a field compared with values.
type Comparison struct {
	Field string // metric.type, resource.labels.service_name; quotes around parts of it are gone
	Op    string // =, !=, <, <=, >, >=, : (has)
	// Func is the function on the right side, such as one_of or starts_with; "" is a plain value.
	Func   string
	Values []string // one, or the arguments of Func
}

// String is the comparison in the form in which it is written.
func (c Comparison) String() string {
	if c.Func == "" {
		return fmt.Sprintf("%s %s %q", c.Field, c.Op, c.Values[0])
	}
	return fmt.Sprintf("%s %s %s(%q)", c.Field, c.Op, c.Func, c.Values)
}

// Filter is a filter that was understood. The zero value lets everything through.
type Filter struct{ root node }

// Match says whether something fits, given whether each comparison holds for it.
func (f Filter) Match(holds func(Comparison) bool) bool {
	return f.root == nil || f.root.match(holds)
}

// Each calls check with every comparison, in the order in which they stand, until one is an error.
func (f Filter) Each(check func(Comparison) error) error {
	if f.root == nil {
		return nil
	}
	return f.root.each(check)
}

type node interface {
	match(holds func(Comparison) bool) bool
	each(check func(Comparison) error) error
}

type all []node

func (a all) match(holds func(Comparison) bool) bool {
	for _, n := range a {
		if !n.match(holds) {
			return false
		}
	}
	return true
}

func (a all) each(check func(Comparison) error) error {
	for _, n := range a {
		if err := n.each(check); err != nil {
			return err
		}
	}
	return nil
}

type some []node

func (s some) match(holds func(Comparison) bool) bool {
	for _, n := range s {
		if n.match(holds) {
			return true
		}
	}
	return false
}

func (s some) each(check func(Comparison) error) error { return all(s).each(check) }

type not struct{ node }

func (n not) match(holds func(Comparison) bool) bool { return !n.node.match(holds) }

func (c Comparison) match(holds func(Comparison) bool) bool { return holds(c) }

func (c Comparison) each(check func(Comparison) error) error { return check(c) }

// Compare says whether one text value fits a comparison by =, != or : and the functions one_of, starts_with,
// ends_with and has_substring; understood is false for any other operator or function.
func (c Comparison) Compare(value string) (holds, understood bool) {
	switch c.Func {
	case "":
		holds = value == c.Values[0]
		if c.Op == ":" {
			holds = strings.Contains(strings.ToLower(value), strings.ToLower(c.Values[0]))
		}
	case "one_of":
		for _, v := range c.Values {
			holds = holds || value == v
		}
	case "starts_with":
		holds = strings.HasPrefix(value, c.Values[0])
	case "ends_with":
		holds = strings.HasSuffix(value, c.Values[0])
	case "has_substring":
		holds = strings.Contains(value, c.Values[0])
	default:
		return false, false
	}
	switch c.Op {
	case "=":
		return holds, true
	case ":":
		return holds, c.Func == ""
	case "!=":
		return !holds, true
	}
	return false, false
}
