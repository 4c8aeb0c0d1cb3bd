package sqlread

import (
	"bytes"
	"encoding/json"
	"strings"
)

// rawStmt is a statement as the parser gives it; places are bytes.
type rawStmt struct {
	Stmt node `json:"stmt"`
	At   int  `json:"stmt_location"`
	Len  int  `json:"stmt_len"`
}

// node is what has one key, its kind: {"AlterTableStmt": {…}}.
type node map[string]json.RawMessage

// kind is the key and what is under it.
func (n node) kind() (string, json.RawMessage) {
	for k, v := range n {
		return k, v
	}
	return "", nil
}

// into reads what is under a kind; false if it is another.
func (n node) into(kind string, v any) bool {
	raw, ok := n[kind]
	return ok && json.Unmarshal(raw, v) == nil
}

// str is a name in a node.
func (n node) str() string {
	var s struct {
		Sval string `json:"sval"`
	}
	n.into("String", &s)
	return s.Sval
}

// path is the parts of a name: of an object, a type, a function.
func (n node) path() []string {
	switch kind, raw := n.kind(); kind {
	case "String":
		return []string{n.str()}
	case "List":
		var l struct{ Items []node }
		if json.Unmarshal(raw, &l) == nil {
			return strs(l.Items)
		}
	case "TypeName":
		var t typeName
		if json.Unmarshal(raw, &t) == nil {
			return strs(t.Names)
		}
	case "ObjectWithArgs":
		var o struct{ Objname []node }
		if json.Unmarshal(raw, &o) == nil {
			return strs(o.Objname)
		}
	}
	return nil
}

func strs(list []node) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, n.path()...)
	}
	return out
}

type rangeVar struct {
	Schemaname     string
	Relname        string
	Relpersistence string
	Inh            bool
}

type typeName struct{ Names []node }

// last is the name of a type without its schema: int4, varchar, text.
func (t typeName) last() string {
	names := strs(t.Names)
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

type columnDef struct {
	Colname     string
	TypeName    typeName
	RawDefault  node `json:"raw_default"`
	Constraints []node
}

type constraintDef struct {
	Contype        string
	Conname        string
	RawExpr        node   `json:"raw_expr"`
	SkipValidation bool   `json:"skip_validation"`
	Indexname      string // USING INDEX
	Pktable        rangeVar
	GeneratedWhen  string `json:"generated_when"`
}

// holds says whether there is a node of a kind anywhere in a tree. A text that looks like one has its quotes escaped.
func holds(raw json.RawMessage, kinds ...string) bool {
	for _, k := range kinds {
		if bytes.Contains(raw, []byte(`"`+k+`":`)) {
			return true
		}
	}
	return false
}

// functions are the names of those that an expression calls, without their schemas.
func functions(raw json.RawMessage) []string {
	var out []string
	walk(raw, func(kind string, under json.RawMessage) {
		var call struct{ Funcname []node }
		if kind != "FuncCall" || json.Unmarshal(under, &call) != nil {
			return
		}
		if path := strs(call.Funcname); len(path) > 0 {
			out = append(out, strings.ToLower(path[len(path)-1]))
		}
	})
	return out
}

// walk visits every key of a tree.
func walk(raw json.RawMessage, visit func(kind string, under json.RawMessage)) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return
	}
	switch raw[0] {
	case '{':
		var n node
		if json.Unmarshal(raw, &n) != nil {
			return
		}
		for k, v := range n {
			visit(k, v)
			walk(v, visit)
		}
	case '[':
		var l []json.RawMessage
		if json.Unmarshal(raw, &l) != nil {
			return
		}
		for _, v := range l {
			walk(v, visit)
		}
	}
}
