package phase

// What has tables of its own.
var (
	Diagnose = diagnose
	Changes  = changes
	Proposed = proposed
	Group    = group
	Breach   = breach
)
