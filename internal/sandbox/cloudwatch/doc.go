// Package cloudwatch is the practice range's CloudWatch and CloudWatch Logs, as far as somebody who watches a release reads
// them: two APIs for package awsapi. The practice load balancer tells it of every request, the practice ECS of its tasks
// and of what they write; it keeps samples by sampling period and shows them late, as the real one does.
//
// What it is strict about, because readers go wrong there: a metric is found by all of its dimensions or not at all;
// nothing is reported of what did not happen (no 5xx, no point); points bear the time at which their period begins, and
// periods begin at multiples of themselves, not where the question does; a range of a statistic excludes its lower end and
// includes its upper one; a GetMetricData of more than 500 questions, or with the same id twice, is refused; an unknown
// metric is an empty answer and no error; a page of FilterLogEvents may be empty and have a next one. Fault adds the bad
// days, and awsapi those of every API.
//
// What it does not model: metric math and Metrics Insights, alarms, dashboards, anomaly detection, high-resolution storage
// that gets coarser with age, availability zones, structured ({ $.x }) and regular-expression (%x%) filter patterns, writing
// logs over the API, other accounts. Values are kept to three significant digits, and no more than the last 5,000 sampling
// periods of each metric and the last 5,000 lines of each log group.
//
// Start reading at Server; what it is told is in feed.go, what it answers in data.go and events.go.
package cloudwatch
