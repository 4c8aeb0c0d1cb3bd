package workspace

import "time"

// wall is the computer's own time. Options.Now drives what Slack decides; how long a socket may take to be
// written, and how long a bot took to answer, are measured on the wall.
func wall() time.Time { return time.Now() }
