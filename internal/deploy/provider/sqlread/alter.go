package sqlread

import (
	"encoding/json"

	"slipway/internal/deploy"
)

// alterCmd is one of the changes of an ALTER TABLE.
type alterCmd struct {
	Subtype  string
	Name     string
	Def      node
	Behavior string
}

func (s *script) alterTable(raw json.RawMessage, st *deploy.Statement) error {
	var a struct {
		Relation rangeVar
		Cmds     []node
		Objtype  string
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	switch a.Objtype {
	case "OBJECT_TABLE", "OBJECT_FOREIGN_TABLE":
	case "OBJECT_INDEX":
		st.Class = deploy.Expand // how it is stored, and partitions of it
		return nil
	case "OBJECT_TYPE":
		risksUnseen(st, "attributes of a type may be changed or taken away, with what is in them, which is not looked into")
		return nil
	default: // of views, sequences, materialized views: not looked into
		return nil
	}
	table := s.table(a.Relation)
	class := deploy.Unchanged
	for _, n := range a.Cmds {
		var c alterCmd
		if n.into("AlterTableCmd", &c) {
			class = class.Worse(s.alter(table, &c, st))
		}
	}
	st.Class = s.on(table, class)
	for _, n := range a.Cmds {
		var c alterCmd
		if n.into("AlterTableCmd", &c) {
			s.joins(table, &c, st)
		}
	}
	return nil
}

// joins looks whether rows of others come to belong to a table that is fresh: then it is not any more, for what is done to
// it is done to them.
func (s *script) joins(table string, c *alterCmd, st *deploy.Statement) {
	parent, child := table, table
	var p struct {
		rangeVar          // of what is inherited from
		Name     rangeVar // of a partition
	}
	switch c.Subtype {
	case "AT_AttachPartition":
		c.Def.into("PartitionCmd", &p)
		child = s.table(p.Name)
	case "AT_AddInherit":
		c.Def.into("RangeVar", &p)
		parent = s.table(p.rangeVar)
	default:
		return
	}
	if !s.fresh(parent) || s.fresh(child) {
		return
	}
	s.forget(parent)
	st.Class = st.Class.Worse(deploy.Unsure)
	add(st, unseen, child, "leave "+child+" out of it until a later release", "what the script does to %s from here on, it does to the rows of %s, too", parent, child)
}

// harmless are changes that add, or that no query can tell.
var harmless = map[string]bool{
	"AT_DropNotNull": true, "AT_SetStatistics": true, "AT_SetOptions": true, "AT_ResetOptions": true, "AT_SetRelOptions": true,
	"AT_ResetRelOptions": true, "AT_SetStorage": true, "AT_SetCompression": true, "AT_ClusterOn": true, "AT_DropCluster": true,
	"AT_ReplicaIdentity": true, "AT_ValidateConstraint": true,
}

// alter reads one change of a table, and gives its class.
func (s *script) alter(table string, c *alterCmd, st *deploy.Statement) deploy.SchemaClass {
	if c.Behavior == "DROP_CASCADE" {
		defer risksCascade(st, table)
	}
	switch c.Subtype {
	case "AT_AddColumn":
		return s.addColumn(table, c, st)
	case "AT_DropColumn":
		add(st, dropColumn, table, laterRelease, "every query that names %s of %s fails from then on, also those of the version that serves now, and what is in it is gone", c.Name, table)
		return deploy.Contract
	case "AT_AlterColumnType":
		return s.columnType(table, c, st)
	case "AT_SetNotNull":
		add(st, notNull, table, "ADD CONSTRAINT … CHECK ("+c.Name+" IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next script, then SET NOT NULL, which need not look any more",
			"all rows of %s are looked at while nobody can read or write to it, and the version that serves now fails where it writes no %s", table, c.Name)
		return deploy.Contract
	case "AT_ColumnDefault":
		if len(c.Def) == 0 { // inserts without the column
			return deploy.Contract
		}
		return deploy.Expand
	case "AT_AddConstraint":
		return s.addConstraint(table, c, st)
	case "AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod":
		what := map[string]string{"AT_SetLogged": "SET LOGGED", "AT_SetUnLogged": "SET UNLOGGED", "AT_SetTableSpace": "SET TABLESPACE", "AT_SetAccessMethod": "SET ACCESS METHOD"}
		risksRewrite(st, table, what[c.Subtype], ownTime)
		if c.Subtype == "AT_SetUnLogged" {
			return deploy.Unsure // a crash empties it from then on
		}
		return deploy.Expand
	case "AT_EnableRowSecurity", "AT_ForceRowSecurity":
		add(st, rowSecurity, table, "make the policies first, and try them with the role of the version that serves now",
			"without a policy that lets it, the version that serves now finds no rows in %s, without an error", table)
		return deploy.Contract
	case "AT_DisableRowSecurity", "AT_NoForceRowSecurity":
		add(st, rowSecurity, table, "change the policies instead", "whoever may read %s sees all rows of it, also those that a policy kept from them", table)
		return deploy.Unsure
	case "AT_AttachPartition":
		add(st, constraintScan, table, "give the new partition a CHECK of its bounds, validated before, so that its rows need not be looked at",
			"all rows of the new partition are looked at before it belongs to %s, and of the default partition, which nobody can read meanwhile", table)
		return deploy.Expand
	case "AT_ChangeOwner":
		add(st, revokes, table, "grant the other role what it needs, and leave the owner as it is", "who owned %s may not use it any more, unless that is granted, be it the version that serves now", table)
	case "AT_DetachPartition", "AT_DetachPartitionFinalize":
		return s.detach(table, c, st)
	}
	if harmless[c.Subtype] {
		return deploy.Expand
	}
	return deploy.Unsure
}

func (s *script) detach(table string, c *alterCmd, st *deploy.Statement) deploy.SchemaClass {
	var p struct{ Concurrent bool }
	c.Def.into("PartitionCmd", &p)
	st.Alone = st.Alone || p.Concurrent
	add(st, detach, table, laterRelease, "the rows of the partition are no longer found in %s, also not by the version that serves now", table)
	return deploy.Contract
}

// sameBytes are types to which others change without a rewrite, but for those that nobody can see from here.
var sameBytes = map[string]bool{"text": true, "varchar": true}

func (s *script) columnType(table string, c *alterCmd, st *deploy.Statement) deploy.SchemaClass {
	var d columnDef
	c.Def.into("ColumnDef", &d)
	if kind := d.TypeName.last(); sameBytes[kind] && len(d.RawDefault) == 0 {
		add(st, rewrite, table, "look at the type that it has: from a shorter varchar nothing has to be written. Else "+inBatches,
			"unless %s is a varchar that is no longer than this, all of %s is written anew, or looked at, and nobody can read or change a row of it until that is done", c.Name, table)
		return deploy.Unsure
	}
	add(st, rewrite, table, inBatches,
		"all of %s is written anew, with its indexes, and nobody can read or change a row of it until that is done; the version that serves now finds another type in %s", table, c.Name)
	return deploy.Contract
}
