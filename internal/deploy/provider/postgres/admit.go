package postgres

import (
	"fmt"
	"slices"

	"slipway/internal/deploy"
)

// admit refuses scripts that would break out of the transaction they are run in, or wait for what nobody sends them. The
// server refuses the rest; what still gets past is noticed afterwards, by the transaction being another.
func (s *session) admit(script *deploy.Script) error {
	for _, st := range split(script.SQL) {
		where := fmt.Sprintf("%s line %d: ", script.Name, st[0].line)
		switch {
		case st.controls():
			return s.error(deploy.Invalid, where+"a script does not begin or end transactions: it is run in one", "take BEGIN, COMMIT and ROLLBACK out of the script")
		case st[0].is("copy") && st.has("stdin"):
			return s.error(deploy.Invalid, where+"COPY FROM STDIN waits for lines that nobody sends", "write INSERT instead")
		}
	}
	return nil
}

// controls says whether a statement begins or ends a transaction. Savepoints do not.
func (st statement) controls() bool {
	first := st[0]
	if first.kind != word {
		return false
	}
	switch first.text {
	case "begin", "start", "commit", "end", "abort":
		return true
	case "rollback":
		return !st.has("to")
	case "prepare":
		return len(st) > 1 && st[1].is("transaction")
	}
	return false
}

func (st statement) has(w string) bool {
	return slices.ContainsFunc(st, func(t token) bool { return t.is(w) })
}
