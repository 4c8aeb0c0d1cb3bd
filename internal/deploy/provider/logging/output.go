package logging

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	logging "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const (
	// mostLines is how many entries of a job's output are read, from its end.
	mostLines = 100
	// mostOutput is what deploy.JobReport promises of Output.
	mostOutput = 4 << 10
)

// JobOutput is the end of what an execution of a job (short names) wrote since a time, line by line, secrets masked as in
// Errors, at most 4 KiB. The service says in which project and region the job is. Entries take some seconds to be found:
// an empty output may become another one. Codes as those of Errors.
func (l *Logs) JobOutput(ctx context.Context, in deploy.ServiceRef, job, execution string, since time.Time) (string, error) {
	within, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	lines, err := google.Read(within, l.connection, func(ctx context.Context, c *logging.Client) ([]deploy.LogLine, error) {
		return list(ctx, c, outputRequest(in, job, execution, since), mostLines)
	})
	if err != nil {
		return "", explain(ctx, "read the output of "+execution, err)
	}
	text, size := []string{}, 0
	for _, line := range lines { // the newest first
		if size += len(line.Text) + 1; size > mostOutput {
			break
		}
		text = append(text, line.Text)
	}
	slices.Reverse(text)
	return strings.Join(text, "\n"), nil
}

// outputRequest asks for what a container wrote, and not for what the platform says of it.
func outputRequest(in deploy.ServiceRef, job, execution string, since time.Time) *loggingpb.ListLogEntriesRequest {
	name := func(stream string) string {
		return strconv.QuoteToASCII(fmt.Sprintf("projects/%s/logs/run.googleapis.com%%2F%s", in.Project, stream))
	}
	return &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + in.Project},
		Filter: `resource.type="cloud_run_job"` +
			` AND resource.labels.job_name=` + strconv.QuoteToASCII(job) +
			` AND resource.labels.location=` + strconv.QuoteToASCII(in.Region) +
			` AND labels."run.googleapis.com/execution_name"=` + strconv.QuoteToASCII(execution) +
			` AND (logName=` + name("stdout") + ` OR logName=` + name("stderr") + `)` +
			` AND timestamp>="` + since.UTC().Format(time.RFC3339Nano) + `"`,
		OrderBy:  "timestamp desc",
		PageSize: mostLines,
	}
}
