package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// Problem is one thing wrong with the catalog. Line and Column count from 1, Column in characters; Line is 0
// when the problem is not at a place.
type Problem struct {
	File   string
	Line   int
	Column int
	Msg    string // what is so
	Hint   string // what to do, or what was probably meant
}

// String gives file:line:column: message; hint.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
	}
	s += ": " + p.Msg
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// Problems is everything wrong with the catalog, in the order of the files. As an error its code is
// deploy.Invalid.
type Problems []Problem

// Error gives one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets deploy.CodeOf, deploy.Message and deploy.Hint see the problems as one.
func (p Problems) Unwrap() error {
	msg := fmt.Sprintf("the catalog has %d problems", len(p))
	if len(p) == 1 {
		msg = "the catalog has a problem: " + p[0].String()
	}
	return &deploy.Error{Code: deploy.Invalid, Op: "read the catalog", Msg: msg, Hint: "`bot check` lists them"}
}

// tidy sorts the problems by place and drops repetitions.
func (p Problems) tidy() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(p)
}

// err is nil if there are no problems.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p.tidy()
}
