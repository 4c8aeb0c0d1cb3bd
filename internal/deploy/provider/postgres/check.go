package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"slipway/internal/deploy"
)

// check asks the catalog's checks inside of the transaction, which they cannot change anything in. undone says what
// becomes of the script if one is not true: 014_x.sql was undone.
func (m *migration) check(ctx context.Context, undone string) error {
	if len(m.q.Checks) == 0 {
		return nil
	}
	if err := m.do(ctx, "SAVEPOINT slipway_checks", "SET LOCAL transaction_read_only = on"); err != nil {
		return m.explain(ctx, err)
	}
	for _, c := range m.q.Checks {
		why, err := m.ask(ctx, c)
		if said := (*pgconn.PgError)(nil); errors.As(err, &said) && said.Code == "25006" {
			why, err = "would change something", nil
		}
		if err != nil {
			return m.explainAt(ctx, err, fmt.Sprintf("check %q of %s", c.Name, m.q.Script.Name))
		}
		if why != "" {
			return m.error(deploy.Invalid, fmt.Sprintf("check %q %s; %s", c.Name, why, undone), "look at what the check asks for, and mend the script or the check")
		}
	}
	return m.explain(ctx, m.do(ctx, "ROLLBACK TO SAVEPOINT slipway_checks"))
}

// ask makes one check; why is empty if it is true.
func (m *migration) ask(ctx context.Context, c deploy.SQLCheck) (why string, err error) {
	for _, st := range split(c.SQL) {
		if st.controls() {
			return "would end the transaction", nil
		}
	}
	rows, err := m.Query(ctx, c.SQL)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	fields, count, holds := rows.FieldDescriptions(), 0, false
	single := len(fields) == 1 && fields[0].DataTypeOID == pgtype.BoolOID
	for rows.Next() && single && count < 2 {
		var v *bool
		if err := rows.Scan(&v); err != nil {
			return "", err
		}
		count, holds = count+1, v != nil && *v
	}
	rows.Close()
	switch err := rows.Err(); {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return "", err
	case !single:
		return "does not give one column that is true or false", nil
	case count != 1:
		return "does not give one row", nil
	case !holds:
		return "is not true", nil
	}
	return "", nil
}
