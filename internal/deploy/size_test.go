package deploy_test

import (
	"testing"

	"slipway/internal/deploy"
)

func TestSizesAreSaidAsCloselyAsAReaderCares(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 kB", 1536: "1.5 kB", 14 << 10: "14 kB", 9 << 20: "9.0 MB",
		2254857830: "2.1 GB", 500 << 30: "500 GB", 3 << 40: "3.0 TB", 5000 << 40: "5000 TB",
	} {
		if got := deploy.Size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
