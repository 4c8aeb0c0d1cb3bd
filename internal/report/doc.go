// Package report writes what is known of a release as one Markdown document, for whoever was not there: impact,
// trigger, timeline, measurements, evidence, who decided what, and what is left to do.
//
// It is pure: everything in it comes from the stored release and its journal, and the same two give the same text. It
// holds back nothing that is stored there, which is no secret by contract, and it shows the words of others (log lines,
// reasons, the platform's conditions) as text: they cannot become markup or mention anybody.
//
// Start reading at Markdown.
package report
