package cloudsql

import "cloud.google.com/go/cloudsqlconn"

// With has a dialer's connector made with more options.
func (d *Dialer) With(more ...cloudsqlconn.Option) { d.extra = more }
