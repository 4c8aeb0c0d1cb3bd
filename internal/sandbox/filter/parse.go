package filter

import (
	"fmt"
	"strings"
)

// most is how long a filter may be, in bytes; the real ones stop at 20,000 characters (Logging).
const most = 20_000

// deepest bounds parentheses in parentheses.
const deepest = 50

// Parse reads a filter. The error says what is not understood, and where. An empty one lets everything through.
func Parse(text string) (Filter, error) {
	if len(text) > most {
		return Filter{}, fmt.Errorf("the filter has %d characters, at most %d are allowed", len(text), most)
	}
	tokens, err := scan(text)
	if err != nil || len(tokens) == 0 {
		return Filter{}, err
	}
	p := &parser{tokens: tokens}
	root, err := p.conjunction()
	if err == nil && p.at < len(p.tokens) {
		err = p.unexpected()
	}
	if err != nil {
		return Filter{}, err
	}
	return Filter{root: root}, nil
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{kind: end, text: "the end"}
}

// take consumes the next token if it is of this kind and text; "" is any text.
func (p *parser) take(k kind, text string) (token, bool) {
	t := p.peek()
	if t.kind != k || text != "" && t.text != text {
		return token{}, false
	}
	p.at++
	return t, true
}

func (p *parser) unexpected() error {
	t := p.peek()
	return fmt.Errorf("%s is not expected at character %d of the filter", t.text, t.from+1)
}

func (p *parser) conjunction() (node, error) {
	var terms all
	for {
		n, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		terms = append(terms, n)
		if _, ok := p.take(word, "AND"); ok {
			continue
		}
		if t := p.peek(); t.kind == end || t.kind == closing {
			break
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

func (p *parser) disjunction() (node, error) {
	var terms some
	for {
		n, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, n)
		if _, ok := p.take(word, "OR"); !ok {
			break
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

func (p *parser) term() (node, error) {
	if p.depth++; p.depth > deepest {
		return nil, fmt.Errorf("the filter is nested more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	if _, ok := p.take(word, "NOT"); ok {
		n, err := p.term()
		if err != nil {
			return nil, err
		}
		return not{n}, nil
	}
	if _, ok := p.take(opening, ""); ok {
		n, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		if _, ok := p.take(closing, ""); !ok {
			return nil, p.unexpected()
		}
		return n, nil
	}
	return p.comparison()
}

func (p *parser) comparison() (node, error) {
	field, ok := p.take(word, "")
	if !ok {
		return nil, p.unexpected()
	}
	op, ok := p.take(operator, "")
	if !ok {
		return nil, p.unexpected()
	}
	c := Comparison{Field: strings.ReplaceAll(field.text, `"`, ""), Op: op.text}
	if v, ok := p.take(quoted, ""); ok {
		c.Values = []string{v.text}
		return c, nil
	}
	v, ok := p.take(word, "")
	if !ok {
		return nil, p.unexpected()
	}
	if _, ok := p.take(opening, ""); !ok {
		c.Values = []string{v.text}
		return c, nil
	}
	c.Func = v.text
	return p.arguments(c)
}

func (p *parser) arguments(c Comparison) (node, error) {
	for {
		v, ok := p.take(quoted, "")
		if !ok {
			return nil, p.unexpected()
		}
		c.Values = append(c.Values, v.text)
		if _, ok := p.take(comma, ""); ok {
			continue
		}
		if _, ok := p.take(closing, ""); ok {
			return c, nil
		}
		return nil, p.unexpected()
	}
}
