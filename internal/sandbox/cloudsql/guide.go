package cloudsql

import (
	"embed"
	"io/fs"
	"path"
)

// The instance of the deployment guide, and its database.
const (
	GuideInstance = "coditect-postgres-production"
	GuideDatabase = "coditect"
	GuideUser     = "coditect"
)

//go:embed guide.sql
var guideSQL string

// Guide is the database server of the guide's application: 200 users, 500 resources, and migrations 1 to 13, which were
// applied before anybody wrote down sums of scripts.
func Guide() InstanceSpec {
	return InstanceSpec{Name: GuideInstance, Database: GuideDatabase, User: GuideUser, SQL: guideSQL, Nightly: true}
}

//go:embed migrations
var migrations embed.FS

// Migrations are the guide's scripts from 14 on by release and file name, as they lie in the bucket: each release has all of
// them. v1.3.0 adds a table, and an index on users that is risky; v1.3.1 has users without an address, which a check
// forbids; v1.4.0 takes a column away that older versions read.
func Migrations() map[string]map[string][]byte {
	out := map[string]map[string][]byte{}
	// What is embedded can be read, and its shape was settled when it was compiled.
	_ = fs.WalkDir(migrations, "migrations", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		release := path.Base(path.Dir(name))
		if out[release] == nil {
			out[release] = map[string][]byte{}
		}
		out[release][path.Base(name)] = content
		return nil
	})
	return out
}
