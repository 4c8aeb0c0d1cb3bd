package phase

// What has tables of its own.
var (
	Diagnose = diagnose
	Changes  = changes
	Group    = group
)
