package catalog

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The parser recurses, and needs memory that grows with the square of the depth. No catalog file comes near these.
const (
	largest = 64 << 10 // bytes of a file
	deepest = 16       // braces and brackets inside one another, or lists begun on one line
)

// read decodes a file and checks each of its values by itself. in is the catalog that the file is of; nil to look at its
// text only.
func read(name string, text []byte, in *folder) *source {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors write a byte order mark
	s := newSource(name, text)
	s.folder = in
	root := s.parse(text)
	if root == nil {
		s.flawed[""] = true
		return s
	}
	s.decode(root, reflect.ValueOf(&s.file).Elem(), "")
	s.checkFile()
	return s
}

// parse gives the tree of the only document in text; nil if there is none, which has then been reported.
func (s *source) parse(text []byte) ast.Node {
	switch {
	case len(text) > largest:
		s.problemAt(start, "the file is longer than 64 KiB", "")
		return nil
	case !utf8.Valid(text):
		s.problemAt(start, "the file is not UTF-8 text", "")
		return nil
	}
	tokens := lexer.Tokenize(string(text))
	if at, ok := shallow(tokens); !ok {
		s.problemAt(at, "values are nested too deeply", "")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.syntax(err)
		return nil
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.DirectiveType:
		case root == nil:
			root = doc.Body
		default:
			s.problemAt(position(doc.Body), "a second document in the file", "write one file per "+s.about)
		}
	}
	if root == nil {
		s.problemAt(start, "the file is empty", "describe a "+s.about+", or delete the file")
	}
	return root
}

// shallow says whether the parser can be given the tokens, and where they become too deep if not.
func shallow(tokens token.Tokens) (at pos, ok bool) {
	flow, block, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			block, line = 0, tk.Position.Line
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			block++
		default: // opens nothing
		}
		if max(flow, block) > deepest {
			return pos{tk.Position.Line, tk.Position.Column}, false
		}
	}
	return pos{}, true
}

func (s *source) syntax(err error) {
	at, msg, hint := start, err.Error(), ""
	var bad yaml.Error
	if errors.As(err, &bad) {
		msg = bad.GetMessage()
		if tk := bad.GetToken(); tk != nil && tk.Position != nil {
			at = pos{max(tk.Position.Line, 1), max(tk.Position.Column, 1)}
		}
	}
	switch line := s.line(at.line); {
	case strings.Contains(msg, "reserved character"):
		hint = "put the value in quotes"
	case strings.Contains(line, "{") && strings.Contains(line, "${"):
		hint = "put a value with ${ in quotes when it stands inside { }"
	}
	s.problemAt(at, "this is not YAML: "+msg, hint)
}

func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// nullHint explains a value that vanished because it began a comment.
func (s *source) nullHint(at pos) string {
	_, after, found := strings.Cut(s.line(at.line), ": #")
	word, _, _ := strings.Cut(after, " ")
	if word = strings.TrimSpace(word); !found || word == "" {
		return "give it one, or take the line out"
	}
	return "# begins a comment: write " + strconv.Quote("#"+word)
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value
	}
	return "this"
}

func position(n ast.Node) pos {
	tk := n.GetToken()
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		tk = m.Values[0].Key.GetToken()
	}
	if tk == nil || tk.Position == nil {
		return start
	}
	return pos{max(tk.Position.Line, 1), max(tk.Position.Column, 1)}
}
