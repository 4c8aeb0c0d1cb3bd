package checkers

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// inJob makes a check in a job: each try is an execution of its own.
func (c *Checker) inJob(ctx context.Context, q *deploy.CheckRequest) (deploy.CheckReport, error) {
	begun := c.clock.Now()
	from := "job " + q.Check.Job
	report, err := c.plan.Run(ctx, &q.Check, func(ctx context.Context) (string, error) {
		job := request(q)
		if job.Within = q.Check.Within - c.clock.Now().Sub(begun); job.Within <= 0 {
			return "", &deploy.Error{Code: deploy.Unavailable, Msg: "there was no time left to run the " + from}
		}
		done, err := c.jobs.Run(ctx, job)
		last := lastLine(done.Output)
		if err != nil {
			return "", said(q, last, from, err)
		}
		return last, nil
	})
	if err == nil {
		report.From = from
	}
	return report, err
}

// request is what the job is to run: `bot probe` for a dependency, the command itself otherwise.
func request(q *deploy.CheckRequest) deploy.JobRequest {
	job := deploy.JobRequest{
		Service: q.Service, Job: q.Check.Job,
		Env: map[string]string{"VERSION": q.Values["VERSION"], "ENVIRONMENT": q.Values["ENVIRONMENT"]},
	}
	if d := q.Check.Dependency; d != nil {
		job.Args = []string{"probe", "--kind", string(d.Kind), "--project", q.Service.Project}
		if q.Public {
			job.Args = append(job.Args, "--public")
		}
		job.Args = append(job.Args, "--", d.Address)
		return job
	}
	job.Args = append(append(job.Args, q.Check.Command.Run...), q.BaseURL)
	job.Env["BASE_URL"] = q.BaseURL
	return job
}

// said makes of a probe's last line, "bot: redis: what is so; what to do", the message of the check. What a command has
// written is in the error already.
func said(q *deploy.CheckRequest, last, from string, err error) error {
	d := q.Check.Dependency
	if d == nil || deploy.CodeOf(err) != deploy.Invalid {
		return err
	}
	msg, ok := strings.CutPrefix(last, fmt.Sprintf("bot: %s: ", d.Kind))
	if !ok {
		return err
	}
	return &deploy.Error{Code: deploy.Invalid, Msg: msg + " (seen from the " + from + ")", Err: err}
}

func lastLine(output string) string {
	output = strings.TrimSpace(output)
	return strings.TrimSpace(output[strings.LastIndex(output, "\n")+1:])
}
