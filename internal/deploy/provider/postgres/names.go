package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

const (
	defaultTable = "schema_migrations"
	fenceSuffix  = "_fence"
	// mostName is how long a name may be; PostgreSQL cuts longer ones, so that two might become one.
	mostName = 63
)

// names are those of the two tables, as the catalog has them: the schema may be empty.
type names struct{ schema, table string }

func namesOf(spec *deploy.DatabaseSpec) (names, error) {
	n := names{table: defaultTable}
	if m := spec.Migrations; m != nil && m.Table != "" {
		n.table = m.Table
	}
	if schema, table, qualified := strings.Cut(n.table, "."); qualified {
		n = names{schema, table}
		if schema == "" {
			n.table = ""
		}
	}
	if n.table == "" || len(n.schema) > mostName || len(n.table) > mostName-len(fenceSuffix) || strings.ContainsAny(n.schema+n.table, ".\x00\n\r") {
		return names{}, &deploy.Error{Code: deploy.Invalid, Msg: "the table for migrations cannot have that name",
			Hint: "write table or schema.table in database.migrations.table, at most 57 bytes, without dots in a name"}
	}
	return n, nil
}

// quoted is the table as SQL has it, whatever its name.
func (n names) quoted() string { return n.identifier(n.table).Sanitize() }

// fence is the table with the newest epoch.
func (n names) fence() string { return n.identifier(n.table + fenceSuffix).Sanitize() }

func (n names) identifier(table string) pgx.Identifier {
	if n.schema == "" {
		return pgx.Identifier{table}
	}
	return pgx.Identifier{n.schema, table}
}

// plain is the table as people read it.
func (n names) plain() string {
	if n.schema == "" {
		return n.table
	}
	return n.schema + "." + n.table
}

// key is that of the advisory lock for migrations that are written down in this table.
func (n names) key(database string) int64 {
	sum := sha256.Sum256([]byte("slipway migrations\x00" + database + "\x00" + n.schema + "\x00" + n.table))
	return int64(binary.BigEndian.Uint64(sum[:8])) // any 64 bits will do
}
