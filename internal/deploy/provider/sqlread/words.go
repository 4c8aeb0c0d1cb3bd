package sqlread

import (
	"fmt"

	"slipway/internal/deploy"
)

// Rules, as people see them beside a statement.
const (
	dropTable      = "drop-table"
	dropColumn     = "drop-column"
	dropObject     = "drop-object"
	cascade        = "cascade"
	renames        = "rename"
	rewrite        = "rewrite"
	indexLock      = "index-lock"
	notNull        = "not-null"
	constraintScan = "constraint-scan"
	detach         = "detach-partition"
	truncates      = "truncate"
	deleteAll      = "delete-all"
	updateAll      = "update-all"
	lockTable      = "lock-table"
	triggers       = "trigger"
	rowSecurity    = "row-security"
	revokes        = "revoke"
	unseen         = "unseen" // it may do anything
	limitLifted    = "limit"
)

// add takes down a risk; why may have places for values.
func add(st *deploy.Statement, rule, table, safer, why string, values ...any) {
	st.Risks = append(st.Risks, deploy.Risk{Rule: rule, Table: table, Why: fmt.Sprintf(why, values...), Safer: safer})
}

const (
	laterRelease = "deploy a version that does not use it any more, then drop it with a later release"
	inBatches    = "add a new column without a default, fill it in batches, let a release use it, and drop the old one with a later release"
	ownTime      = "do it in a quiet hour, by hand, with an eye on who waits"
	fillLater    = "change the rows in batches of some thousand, in a job, each batch in its own transaction"
)

func risksRewrite(st *deploy.Statement, table, what, safer string) {
	add(st, rewrite, table, safer, "%s writes all of %s anew: nobody can read or change a row of it until that is done", what, table)
}

func risksCascade(st *deploy.Statement, table string) {
	add(st, cascade, table, "leave CASCADE out, and name what is to go with it", "CASCADE also drops whatever depends on it, whatever that is: views, foreign keys, columns that the version which serves now uses")
}
