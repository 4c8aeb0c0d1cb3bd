// Package runjobs is the jobs port on Cloud Run jobs, over the official v2 gRPC client: it starts a job that exists, with
// other arguments and more variables, waits for its end and reads what it wrote.
//
// A job is started once and never again by itself, for an answer that was lost may belong to an execution that runs: such
// a one ends with its own time, which is given to Cloud Run, too. What takes longer than it may, or is not waited for any
// more, is cancelled. How often the platform repeats a task that fails is set at the job alone: jobs for checks are
// created with --max-retries 0.
//
// It never creates or changes a job, and never puts a secret into arguments or variables, which Cloud Run shows to whoever
// may look at the job.
//
// Start reading at Jobs.Run.
package runjobs
