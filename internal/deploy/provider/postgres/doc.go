// Package postgres is the databases port over PostgreSQL: it measures a database, carries migration scripts out exactly
// once, and says what it found.
//
// What was applied stands in a table of the database itself (schema_migrations, or as the catalog names it), written by
// the same transaction that carries the script out: whoever asks again finds it there, or finds nothing. Beside it stands
// a table of one row with the suffix _fence. It has the newest epoch that was there; an older one is Fenced. Both are made
// when they are needed first: Apply makes both, Settle the fence alone. A table of that name that is there already is
// used if its column version is an integer; what is missing in it is added, and its rows count as applied.
//
// One migration at a time holds an advisory lock of its session, keyed by database and table. It takes a connection of
// its own to the server: behind a pooler that shares sessions between clients the lock means nothing.
//
// A connection is made for each call and closed with it. Each is called slipway (application_name), which is how Settle
// finds what an earlier epoch is still doing. Credentials leave the package on the connection they are for, and on
// nothing else: no error has the address, what the driver says is never passed on, and what the server says is cut short,
// without values.
//
// It never writes a log, never keeps a connection, and touches nothing in a schema but these two tables and what a
// script says.
//
// Start reading at Databases.Apply; alone.go is for what cannot run in a transaction, snapshot.go and diff.go for what a
// script changed.
package postgres
