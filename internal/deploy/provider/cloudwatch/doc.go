// Package cloudwatch is the metrics port and the logs port on Amazon CloudWatch, over the official SDK: what revisions of an
// ECS service did behind an Application Load Balancer, what their tasks use, how full an RDS database is, and the error
// lines of their tasks.
//
// CloudWatch knows target groups, services and log streams, and no revisions. Where those of a revision are, Places says.
// Numbers of two revisions that CloudWatch cannot tell apart (both behind one target group in a rolling deployment; the
// CPU and the memory of tasks of one service) are all said of the first revision that is asked about, which is the
// candidate; of the other they are not known, and if nothing else of it is, it is not in the answer.
//
// A reading is one call of GetMetricData if it has no more than 500 questions. All are asked by the minute and added up
// here, so that what is added are counts and never averages of averages; a minute counts where it ends.
//
// What is exact: requests, failures and the counts of latencies up to each bound, which are asked for as such (TC, trimmed
// count, of every range between two bounds; a range excludes its lower end and includes its upper one, as ours do). The
// bounds are a fixed grid of ten to a decade from 1 ms to 50 s, and the objectives' own limits: whether a quantile is above a
// limit is exact, and where between two bounds it lies is not known: up to 28 %. Latency is the time until a target begins
// to answer (TargetResponseTime). What is not exact: failures are the 5xx of targets and connections that targets did not
// take; a target that takes a request and never answers it (504 of the load balancer) is reported by CloudWatch of the load
// balancer only, whatever the target group, and is not among them. The highest CPU and memory are those of one task's minute.
// CPU and memory are Container Insights', and, where a cluster has none, those that ECS always reports.
//
// Of an application nobody calls there is not one point: what tells it from a source that is late is that its healthy
// targets are reported or, if the load balancer has nothing at all to report, its tasks.
//
// It never writes, and never makes a number of an answer that is not whole or cannot be right. It needs
// cloudwatch:GetMetricData, cloudwatch:ListMetrics and logs:FilterLogEvents.
//
// Start reading at CloudWatch.Read and CloudWatch.Errors.
package cloudwatch
