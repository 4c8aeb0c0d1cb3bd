package sqlread

import (
	"encoding/json"

	"slipway/internal/deploy"
)

// dml is a statement that changes rows.
type dml struct {
	Relation    rangeVar
	WhereClause node
}

// change reads one. What it changes cannot be told, except in tables that nobody else knows.
func change(kind string) reader {
	return func(s *script, raw json.RawMessage, st *deploy.Statement) error {
		var d dml
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		s.secret = true // rows have what is nobody else's in them
		st.Class = s.on(s.table(d.Relation), deploy.Unsure)
		s.everyRow(kind, &d, st)
		s.within(raw, st)
		s.calls(raw, st)
		return nil
	}
}

// all says whether nothing is left out: there is no WHERE, or one that looks at nothing of the row, such as true or 1 = 1.
func (d *dml) all() bool {
	where, err := json.Marshal(d.WhereClause)
	return err == nil && !holds(where, "ColumnRef", "CurrentOfExpr", "SubLink")
}

// within finds deletes and updates in a statement, WITH … AS (DELETE …) too, that leave no row out.
func (s *script) within(raw json.RawMessage, st *deploy.Statement) {
	if !holds(raw, "DeleteStmt", "UpdateStmt", "InsertStmt", "MergeStmt") {
		return
	}
	walk(raw, func(kind string, under json.RawMessage) {
		switch kind {
		case "DeleteStmt", "UpdateStmt", "InsertStmt", "MergeStmt":
			var d dml
			if json.Unmarshal(under, &d) == nil {
				st.Class = st.Class.Worse(s.on(s.table(d.Relation), deploy.Unsure))
				s.everyRow(kind, &d, st)
			}
		}
	})
}

func (s *script) everyRow(kind string, d *dml, st *deploy.Statement) {
	table := s.table(d.Relation)
	switch {
	case !d.all():
	case kind == "DeleteStmt":
		st.Class = st.Class.Worse(s.on(table, deploy.Contract))
		add(st, deleteAll, table, "say with WHERE which rows are meant; or delete them in batches with a job, after a release that does not need them",
			"all rows of %s are gone", table)
	case kind == "UpdateStmt":
		add(st, updateAll, table, fillLater, "every row of %s is written anew in one transaction: writes to them wait until it ends, and the table grows to twice its size", table)
	}
}

// query is a SELECT: it changes nothing, unless it calls a function, writes or locks.
func (s *script) query(raw json.RawMessage, st *deploy.Statement) error {
	var q struct {
		IntoClause *struct{ Rel rangeVar }
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	if q.IntoClause != nil {
		s.make(st, q.IntoClause.Rel, false)
	}
	if holds(raw, "FuncCall", "LockingClause") {
		st.Class = deploy.Unsure
	}
	s.secret = true
	s.within(raw, st)
	s.calls(raw, st)
	return nil
}
