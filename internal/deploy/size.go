package deploy

import "fmt"

// Size says bytes as closely as a reader cares, and as PostgreSQL does, whose units are powers of 1024: 512 bytes, 14 kB,
// 2.1 GB, 537 GB.
func Size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	v, units := float64(n)/1024, []string{"kB", "MB", "GB", "TB"}
	for v >= 1024 && len(units) > 1 {
		v, units = v/1024, units[1:]
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, units[0])
	}
	return fmt.Sprintf("%.0f %s", v, units[0])
}
