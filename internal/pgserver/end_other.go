//go:build !linux

package pgserver

import "syscall"

// endWithUs does nothing: here a server ends with an interrupt from the same terminal, or with Close.
func endWithUs(*syscall.SysProcAttr) {}
