// Package archtest holds the import rules of this module as a test, so that the picture in docs/architecture.md cannot
// rot. It has no code of its own. Start reading at the table in archtest_test.go.
package archtest
