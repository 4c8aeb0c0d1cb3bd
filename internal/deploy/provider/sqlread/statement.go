package sqlread

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// reader fills in what a statement of one kind means.
type reader func(s *script, raw json.RawMessage, st *deploy.Statement) error

// kinds says how kinds of statements are read. What is not in it is unknown.
var kinds = map[string]reader{
	"TransactionStmt": (*script).transaction,
	"CopyStmt":        (*script).copy,

	"CreateStmt":             (*script).createTable,
	"CreateForeignTableStmt": (*script).createForeign,
	"CreateTableAsStmt":      (*script).createTableAs,
	"IndexStmt":              (*script).index,
	"CreateTrigStmt":         (*script).trigger,
	"CreateFunctionStmt":     (*script).replaceable,
	"ViewStmt":               (*script).replaceable,
	"DefineStmt":             (*script).replaceable,
	"CreateSchemaStmt":       (*script).createSchema,
	"CreateExtensionStmt":    adds, "CreateSeqStmt": adds, "CompositeTypeStmt": adds, "CreateEnumStmt": adds, "CreateRangeStmt": adds,
	"CreateDomainStmt": adds, "CreateRoleStmt": secretly(deploy.Expand), "CreateStatsStmt": adds, "CreatePublicationStmt": adds,
	"CreateConversionStmt": adds, "CreateCastStmt": adds, "CreateAmStmt": adds, "CreateOpClassStmt": adds, "CreateOpFamilyStmt": adds,
	"CommentStmt": adds, "CreateForeignServerStmt": secretly(deploy.Expand), "CreateUserMappingStmt": secretly(deploy.Expand), "CreateFdwStmt": secretly(deploy.Expand),

	"AlterTableStmt":        (*script).alterTable,
	"AlterEnumStmt":         (*script).alterEnum,
	"RenameStmt":            (*script).rename,
	"AlterObjectSchemaStmt": (*script).moveSchema,
	"AlterRoleStmt":         secretly(deploy.Unsure), "AlterUserMappingStmt": secretly(deploy.Unsure), "AlterForeignServerStmt": secretly(deploy.Unsure),

	"DropStmt": (*script).drop, "DropRoleStmt": (*script).dropRole, "DropOwnedStmt": (*script).dropOwned,
	"TruncateStmt": (*script).truncate,
	"DeleteStmt":   change("DeleteStmt"), "UpdateStmt": change("UpdateStmt"), "InsertStmt": change("InsertStmt"), "MergeStmt": change("MergeStmt"),
	"SelectStmt": (*script).query, "ExplainStmt": (*script).query,
	"GrantStmt": (*script).grant, "GrantRoleStmt": (*script).grant,
	"LockStmt":    (*script).lock,
	"DiscardStmt": (*script).discard,

	"VacuumStmt": (*script).vacuum, "ClusterStmt": (*script).cluster, "ReindexStmt": (*script).reindex, "RefreshMatViewStmt": (*script).refresh,
	"CreatedbStmt": alone(deploy.Expand), "DropdbStmt": (*script).dropDatabase, "AlterSystemStmt": alone(deploy.Unsure),
	"CreateTableSpaceStmt": alone(deploy.Expand), "DropTableSpaceStmt": alone(deploy.Contract),
	"CreateSubscriptionStmt": alone(deploy.Unsure), "DropSubscriptionStmt": alone(deploy.Unsure), "AlterSubscriptionStmt": alone(deploy.Unsure),

	"VariableSetStmt":    (*script).set,
	"ConstraintsSetStmt": nothing, "VariableShowStmt": nothing, "CheckPointStmt": nothing,
}

// statement says what a statement means, but for where it is.
func (s *script) statement(n node) (deploy.Statement, error) {
	st := deploy.Statement{Class: deploy.Unsure}
	s.secret = false
	kind, raw := n.kind()
	read, known := kinds[kind]
	if !known {
		s.secret = true
		if !slices.Contains(harmlessUnknown, kind) {
			risksUnseen(&st, "what it changes is not looked into (%s): it may carry out anything, or take away what the version that serves now needs", strings.TrimSuffix(kind, "Stmt"))
		}
		return st, nil
	}
	err := read(s, raw, &st)
	return st, err
}

func adds(_ *script, _ json.RawMessage, st *deploy.Statement) error {
	st.Class = deploy.Expand
	return nil
}

func nothing(_ *script, _ json.RawMessage, st *deploy.Statement) error {
	st.Class = deploy.Unchanged
	return nil
}

// secretly is for statements that have passwords in them.
func secretly(class deploy.SchemaClass) reader {
	return func(s *script, _ json.RawMessage, st *deploy.Statement) error {
		s.secret, st.Class = true, class
		return nil
	}
}

// alone is for statements that PostgreSQL refuses in a transaction. Addresses of servers have passwords in them.
func alone(class deploy.SchemaClass) reader {
	return func(s *script, _ json.RawMessage, st *deploy.Statement) error {
		s.secret, st.Alone, st.Class = true, true, class
		return nil
	}
}

func (s *script) transaction(raw json.RawMessage, _ *deploy.Statement) error {
	var t struct{ Kind string }
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	name := strings.ReplaceAll(strings.TrimPrefix(t.Kind, "TRANS_STMT_"), "_", " ")
	switch name {
	case "PREPARE":
		name = "PREPARE TRANSACTION"
	case "ROLLBACK TO":
		name = "ROLLBACK TO SAVEPOINT"
	}
	return errors.New(name + ": Slipway wraps each script in its own transaction")
}

func (s *script) copy(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		IsFrom   bool `json:"is_from"`
		Filename string
		Relation rangeVar
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.Filename == "" {
		return errors.New("COPY: there is no standard input or output here; write INSERT, or load it with a job")
	}
	if !c.IsFrom {
		st.Class = deploy.Unchanged
		s.within(raw, st) // COPY (DELETE …) TO
		return nil
	}
	st.Class = s.on(s.table(c.Relation), deploy.Unsure)
	return nil
}

// guards are settings that keep a script from harm.
var guards = []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", "session_replication_role", "standard_conforming_strings"}

// set follows where names without a schema lead.
func (s *script) set(raw json.RawMessage, st *deploy.Statement) error {
	var v struct {
		Kind string
		Name string
		Args []node
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	if v.Kind == "VAR_RESET_ALL" || slices.Contains(guards, v.Name) {
		add(st, limitLifted, "", "leave it out, or change database.migrations in the catalog", "the time limits and safeguards under which scripts run do not hold any more: who waits for a lock keeps everybody waiting behind it")
	}
	if v.Name != "search_path" && v.Kind != "VAR_RESET_ALL" {
		return nil
	}
	s.schema = ""
	for _, a := range v.Args {
		var c struct {
			Sval struct{ Sval string }
		}
		switch a.into("A_Const", &c); c.Sval.Sval {
		case "", "$user":
		case "pg_temp":
			if s.schema != "" { // what is there is found before a temporary table of the same name
				clear(s.temp)
			}
		default:
			s.schema = cmp.Or(s.schema, c.Sval.Sval)
		}
	}
	s.schema = cmp.Or(s.schema, public)
	return nil
}
