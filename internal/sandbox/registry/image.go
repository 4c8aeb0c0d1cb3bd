package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"math/rand"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
)

// firstBuild is when the oldest image says it was built; any constant does.
var firstBuild = time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)

// sampleImage has two small layers whose content follows from the version alone.
func sampleImage(version string) (v1.Image, error) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(version))
	seed := hash.Sum64()
	img, err := random.Image(512, 2, random.WithSource(rand.NewSource(int64(seed))))
	if err != nil {
		return nil, err
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.DeepCopy()
	built := firstBuild.Add(time.Duration(seed%(14*24*60)) * time.Minute)
	cfg.OS, cfg.Architecture, cfg.Author = "linux", "amd64", ""
	cfg.Created = v1.Time{Time: built}
	for i := range cfg.History {
		cfg.History[i].Created = v1.Time{Time: built}
	}
	cfg.Config.Labels = map[string]string{
		"org.opencontainers.image.title":    "coditect",
		"org.opencontainers.image.version":  version,
		"org.opencontainers.image.created":  built.Format(time.RFC3339),
		"org.opencontainers.image.revision": revision(version),
		"org.opencontainers.image.source":   "https://github.com/example/coditect",
	}
	return mutate.ConfigFile(img, cfg)
}

// revision looks like a commit of git.
func revision(version string) string {
	sum := sha256.Sum256([]byte("commit " + version))
	return hex.EncodeToString(sum[:20])
}
