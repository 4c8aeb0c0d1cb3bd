package pgserver

import "syscall"

// endWithUs has the system ask a server to quit once the thread that started it is gone, which is why Server keeps that
// thread. An interrupt from a terminal goes to us alone: we end the servers in their order.
func endWithUs(attr *syscall.SysProcAttr) {
	attr.Pdeathsig, attr.Setpgid = quit, true
}
