// Package egress says which addresses checks connect to: what a catalog names is reached from where the bot stands, and
// no check may be a way to the credentials that clouds hand out there, or into networks that the catalog forbids.
//
// An address is looked at when a connection is about to be made, after its name has been resolved, so that what a name
// leads to cannot change in between, and no redirect leads around it (Guard.Control). What is written as a host is looked
// at as well (Guard.Forbids), for behind a proxy nobody else does.
//
// It never resolves a name, never connects by itself, and knows nothing of what is spoken on a connection.
//
// Start reading at Guard.
package egress
