package phase

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// measure looks whether the database is fit to be migrated. What is over a limit is looked at again until the step's
// time is up. It changes nothing, and may die anywhere.
func (p Ports) measure(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	m, err := planned(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	schema := deploy.Schema{Before: m.From, After: m.From, Class: m.Class, Hash: m.Hash}
	out := deploy.Outcome{Facts: r.Facts, Schema: &schema}
	d := r.Spec.Database
	switch {
	case m.Job == "" && len(m.Files) == 0:
		out.Note = "not measured: nothing is to be applied"
		return out, nil
	case !logsIn(d):
		out.Note = "not measured: the catalog names neither a login nor a user of the database"
		return out, nil
	}
	if d.Instance.Name != "" {
		in, i, err := p.instances(r)
		if err != nil {
			return deploy.Outcome{}, err
		}
		if _, err := running(ctx, in, i, deploy.NotYet); err != nil {
			return deploy.Outcome{}, err
		}
	}
	db, q, err := p.database(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	state, err := db.Measure(ctx, q)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if over := overLimits(d.Limits, state); len(over) > 0 {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.NotYet, Op: "measure the database",
			Msg:  "the database " + d.Name + " is not fit to be migrated: " + strings.Join(over, "; "),
			Hint: "it is measured again until the time of this step is up; end what holds it, or change database.limits in the catalog"}
	}
	schema.Before, schema.After = state.Version, state.Version
	out.Note = measured(state)
	return out, nil
}

// planned is what was agreed about the schema.
func planned(r deploy.Release) (deploy.Migration, error) {
	if r.Proposal == nil || r.Proposal.Migration == nil || !r.Spec.Database.Migrates() {
		return deploy.Migration{}, &deploy.Error{Code: deploy.Invalid, Op: "find the migration", Msg: "nobody has worked out what is to become of the schema",
			Hint: "deploy again"}
	}
	return *r.Proposal.Migration, nil
}

// overLimits says which limits a database does not keep, with the numbers.
func overLimits(l deploy.DatabaseLimits, s deploy.DatabaseState) []string {
	var over []string
	if why := tooManyConnections(l, s.Connections, s.MaxConnections); why != "" {
		over = append(over, why)
	}
	if l.Transaction > 0 && s.Transaction > l.Transaction {
		over = append(over, fmt.Sprintf("a transaction is open since %s, limit %s", deploy.Took(s.Transaction), deploy.Planned(l.Transaction)))
	}
	if l.Lag > 0 && s.Replicas > 0 && s.Lag > l.Lag {
		over = append(over, fmt.Sprintf("a replica is %s behind, limit %s", deploy.Took(s.Lag), deploy.Planned(l.Lag)))
	}
	if l.Size > 0 && s.Size > l.Size {
		over = append(over, fmt.Sprintf("it has %s, limit %s", deploy.Size(s.Size), deploy.Size(l.Size)))
	}
	return over
}

func tooManyConnections(l deploy.DatabaseLimits, open, most int) string {
	if l.Connections == 0 || most == 0 || float64(open) <= l.Connections*float64(most) {
		return ""
	}
	return fmt.Sprintf("%s (%s), limit %s", connections(open, most), share(float64(open)/float64(most)), share(l.Connections))
}

func connections(open, most int) string { return fmt.Sprintf("%d of %d connections", open, most) }

// measured is schema 13, 2.1 GB, 14 of 100 connections, oldest transaction 2.0 s, 2 replicas at most 0.3 s behind.
func measured(s deploy.DatabaseState) string {
	text := fmt.Sprintf("schema %d, %s, %s", s.Version, deploy.Size(s.Size), connections(s.Connections, s.MaxConnections))
	if s.Transaction > 0 {
		text += ", oldest transaction " + deploy.Took(s.Transaction)
	} else {
		text += ", no open transaction"
	}
	return text + lagOf(s.Replicas, s.Lag)
}

// lagOf is ", 2 replicas at most 0.3 s behind"; empty without replicas.
func lagOf(replicas int, lag time.Duration) string {
	switch replicas {
	case 0:
		return ""
	case 1:
		return ", 1 replica " + deploy.Took(lag) + " behind"
	}
	return fmt.Sprintf(", %d replicas at most %s behind", replicas, deploy.Took(lag))
}
