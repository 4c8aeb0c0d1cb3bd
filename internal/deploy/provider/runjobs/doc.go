// Package runjobs is the jobs port on Cloud Run jobs, over the official v2 gRPC client: it starts a job that exists, with
// other arguments and more variables, waits for its end and reads what it wrote.
//
// A job is started once and never again by itself, for an answer that was lost may belong to an execution that runs: such
// a one ends with its own time, which is given to Cloud Run, too. What takes longer than it may is cancelled, and without a
// key also what is not waited for any more. How often the platform repeats a task that fails is set at the job alone: jobs for checks are
// created with --max-retries 0.
//
// A request with an image gives the job that image first, if it has another (image.go). One with a key is never started
// twice: the key is a variable of the execution, by which it is found again (key.go).
//
// It never creates a job or changes more of it than its image, and never puts a secret into arguments or variables, which Cloud Run shows to whoever
// may look at the job.
//
// Start reading at Jobs.Run.
package runjobs
