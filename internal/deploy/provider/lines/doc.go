// Package lines makes of what a program wrote into its log one line that may be shown to people: the message, wherever the
// program has put it, with what looks like a secret masked (mask.go). People and channels that see an incident are more
// than those who may read the log.
//
// It knows no place that logs come from, and reads none.
//
// Start reading at Text.
package lines
