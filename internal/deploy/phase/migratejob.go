package phase

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// runJob has the platform's own job migrate, with the image that is released. What such a job does is not known: from
// before it is started the release says that the schema may be another, and takes that back only if the version that the
// database has written down is the same before and after. Its execution is found again by a key, so that it is started
// once however often this is begun.
func (p Ports) runJob(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	m, err := planned(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if p.Jobs == nil {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "run the job " + m.Job, Msg: "this Slipway runs no jobs"}
	}
	schema := schemaOf(r, m)
	schema.Class, schema.Applied = deploy.Unsure, []deploy.AppliedScript{{Name: "job " + m.Job, Release: r.ID}}
	out := deploy.Outcome{Facts: r.Facts, Schema: &schema}
	if s.Looks == 0 {
		out.Again, out.Note = nextScript, "running job "+m.Job
		return out, nil
	}
	report, err := p.Jobs.Run(ctx, deploy.JobRequest{Service: r.Spec.Platform.Service, Job: m.Job, Args: r.Spec.Database.Migrations.Args,
		Env: values(r), Image: r.Facts.Image.Ref(), Key: string(r.ID) + "/" + string(s.Name), Within: p.left(s)})
	if err != nil {
		return deploy.Outcome{}, err
	}
	schema.Done = true
	if len(schema.Applied) > 0 && report.Took > 0 {
		schema.Applied[0].Took = report.Took
	}
	out.Note = "job " + m.Job + " done in " + deploy.Took(report.Took)
	if line := lastLine(report.Output); line != "" {
		out.Note += ": " + line
	}
	out.Note += "\n" + p.afterJob(ctx, r, &schema)
	return out, nil
}

// afterJob looks which version the schema has now. Where that cannot be told, it is said.
func (p Ports) afterJob(ctx context.Context, r deploy.Release, schema *deploy.Schema) string {
	version := r.Facts.Baseline.Version
	if !logsIn(r.Spec.Database) || p.Databases == nil {
		return "what it did to the schema is not known (" + classSays(deploy.Unsure, version) + ")"
	}
	db, q, err := p.database(r)
	if err != nil {
		return "what it did to the schema is not known: " + deploy.Message(err)
	}
	state, err := db.Measure(ctx, q)
	switch {
	case err != nil:
		return "what it did to the schema is not known: " + deploy.Message(err)
	case state.Version == 0:
		return "it writes no version of the schema down (" + classSays(deploy.Unsure, version) + ")"
	}
	schema.After = state.Version
	if schema.After == schema.Before {
		schema.Class, schema.Applied = deploy.Unchanged, nil
		return fmt.Sprintf("schema %d, as before", schema.After)
	}
	return fmt.Sprintf("schema %d → %d (%s)", schema.Before, schema.After, classSays(deploy.Unsure, version))
}

// left is what is left of a step's time.
func (p Ports) left(s deploy.Step) time.Duration {
	return max(s.Within-p.now(s).Sub(s.Begun), time.Second)
}

// lastLine is the last thing that somebody wrote, without what logs in anywhere.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return cut([]byte(discreet(lines[len(lines)-1])))
}
