// Package sqlread understands migration scripts without a database: it takes them apart with PostgreSQL's own parser
// (github.com/wasilibs/go-pgquery, compiled to WebAssembly), and says of every statement whether it can run in a
// transaction, what it takes away from the version that serves now, and what users would feel of it.
//
// It sees statements alone: not the types that columns have, not how large tables are, not what functions do. What it does
// not know it calls unknown, and never harmless.
//
// It never runs a statement, and never asks a database. The parser is loaded at the first Read, which takes about a second
// and for that time 250 MB, and is let go of when nothing was read for a while (engine.go). The parser does not survive
// expressions of some hundred levels: it then runs for ever, or breaks. Such scripts are refused beforehand (depth.go).
//
// Start reading at Reader.Read, then at statement.go, which has a line for each kind of statement.
package sqlread
