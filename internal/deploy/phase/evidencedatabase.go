package phase

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

const (
	databaseWithin = 5 * time.Second // of the time for evidence: a database that hangs costs no other
	nearlyAll      = 0.9             // of the connections that a database takes
	slowEnough     = 100 * time.Millisecond
)

// slowLine begins a line about a statement that is slow.
const slowLine = "slow: "

// askDatabase says how the database does and what became of its schema, in lines; or why that is not known.
func (p Ports) askDatabase(ctx context.Context, r deploy.Release) (lines, missing []string) {
	if line := schemaNow(r); line != "" {
		lines = append(lines, line)
	}
	if !logsIn(r.Spec.Database) || p.Databases == nil {
		return lines, nil
	}
	ctx, cancel := context.WithTimeout(ctx, databaseWithin)
	defer cancel()
	db, q, err := p.database(r)
	if err != nil {
		return lines, []string{"the database: " + deploy.Message(err)}
	}
	report, err := db.Examine(ctx, q)
	if err != nil {
		return lines, []string{"the database: " + deploy.Message(err)}
	}
	return append(lines, reported(report)...), nil
}

// schemaNow says which schema there is, and what this release has to do with it.
func schemaNow(r deploy.Release) string {
	switch {
	case r.Schema == nil:
		return ""
	case len(r.Schema.Applied) > 0:
		return fmt.Sprintf("schema at %d after %s (%s)", r.Schema.After, names(r.Schema.Applied), classSays(r.Schema.Class, r.Facts.Baseline.Version))
	}
	return fmt.Sprintf("schema at %d, this release changed nothing of it", r.Schema.After)
}

// reported is a report in lines, what is out of the ordinary by itself: diagnose goes by these words.
func reported(d deploy.DatabaseReport) []string {
	lines := []string{deploy.Size(d.Size) + " in " + counted(d.TableCount, "table") + ", " + connections(d.Connections, d.MaxConnections) + lagOf(d.Replicas, d.Lag)}
	if d.Blocked > 0 {
		lines = append(lines, waiting(d.Blocked))
	}
	if d.MaxConnections > 0 && float64(d.Connections) >= nearlyAll*float64(d.MaxConnections) {
		lines = append(lines, "nearly all connections are in use: "+connections(d.Connections, d.MaxConnections))
	}
	for _, what := range d.Invalid {
		lines = append(lines, "not valid: "+what)
	}
	for _, q := range d.Slow {
		if q.Mean >= slowEnough {
			lines = append(lines, slowLine+slowly(q))
		}
	}
	return lines
}
