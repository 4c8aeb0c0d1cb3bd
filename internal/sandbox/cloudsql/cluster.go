package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/pgserver"
)

// The user that owns every server, whom the API's users never are.
const (
	adminUser     = "cloudsqladmin"
	adminPassword = "practice-admin" //nolint:gosec // it opens a server on loopback for as long as the practice lasts
)

// What every server of an instance is run with. Paths are seen from its data folder. A segment of 1 MiB is switched and
// archived in no time.
var (
	initdb   = []string{"--wal-segsize=1"}
	settings = []string{"max_connections=100", "wal_level=replica", "min_wal_size=4MB", "max_wal_size=64MB", "archive_mode=on", "unix_socket_directories=",
		"archive_command=cp %p ../wal/%f.part && mv ../wal/%f.part ../wal/%f"}
	recovering = []string{"restore_command=cp ../wal/%f %p", "recovery_target_action=promote", "hot_standby=off"}
)

// cluster is the data of one instance: a server, the folder that it began with, and everything that was written since.
// Whatever it had at a moment is made again of these two. It is for one goroutine at a time.
type cluster struct {
	server *pgserver.Server
	past   past
}

// mark is a place in what was written.
type mark struct {
	name     string
	timeline uint32
}

// newCluster makes a server that runs and has nothing in it.
func newCluster(ctx context.Context) (*cluster, error) {
	return makeCluster(func(c *cluster) error {
		if err := c.server.Init(ctx); err != nil {
			return err
		}
		if err := c.copy(ctx, c.server.Data(), c.base()); err != nil {
			return err
		}
		if err := os.Mkdir(c.wal(), 0o700); err != nil {
			return err
		}
		if err := c.server.Own(c.wal()); err != nil {
			return err
		}
		if err := c.server.Start(ctx); err != nil {
			return err
		}
		return c.begin(ctx)
	})
}

func makeCluster(fill func(c *cluster) error) (*cluster, error) {
	server, err := pgserver.New(pgserver.Options{User: adminUser, Password: adminPassword, Settings: settings, Initdb: initdb})
	if err != nil {
		return nil, err
	}
	c := &cluster{server: server}
	if err := fill(c); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return c, nil
}

func (c *cluster) base() string { return filepath.Join(c.server.Dir, "base") }

func (c *cluster) wal() string { return filepath.Join(c.server.Dir, "wal") }

func (c *cluster) copy(ctx context.Context, from, to string) error {
	return c.server.Run(ctx, "cp", "-R", from, to)
}

// ask runs statements as the owner, and gives the first value of the last answer.
func (c *cluster) ask(ctx context.Context, database, sql string) (string, error) {
	return ask(ctx, c.server.URL(database), sql)
}

func ask(ctx context.Context, address, sql string) (string, error) {
	conn, err := pgconn.Connect(ctx, address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	if len(results) == 0 || len(results[len(results)-1].Rows) == 0 {
		return "", nil
	}
	return string(results[len(results)-1].Rows[0][0]), nil
}

// mark writes down a place and has everything up to it archived. A transaction after it lets a recovery to any moment
// before it know that it has come far enough.
func (c *cluster) mark(ctx context.Context, name string) (mark, error) {
	var file string
	for _, sql := range []string{"SELECT pg_create_restore_point('" + name + "')", "SELECT pg_current_xact_id()", "SELECT pg_walfile_name(pg_switch_wal())"} {
		var err error
		if file, err = c.ask(ctx, "postgres", sql); err != nil {
			return mark{}, fmt.Errorf("mark a place: %w", err)
		}
	}
	return mark{name: name, timeline: c.past.timeline()}, c.archived(ctx, file)
}

// archiveWithin bounds the wait for a segment of 1 MiB to be copied.
const archiveWithin = 60 * time.Second

// archived waits until a segment is in the archive. What a timeline began with is there before its first segment is.
func (c *cluster) archived(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, archiveWithin)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(c.wal(), file)); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("archive %s: %w", file, ctx.Err())
		}
	}
}

// begin notes that it runs as something new: a recovery leaves what was, and goes on by itself.
func (c *cluster) begin(ctx context.Context) error {
	said, err := c.ask(ctx, "postgres", "SELECT pg_walfile_name(pg_current_wal_lsn())")
	if err != nil {
		return err
	}
	var timeline uint32
	if _, err := fmt.Sscanf(said, "%8x", &timeline); err != nil {
		return fmt.Errorf("read the timeline in %q: %w", said, err)
	}
	now, err := c.now(ctx)
	if err != nil {
		return err
	}
	c.past = append(c.past, span{timeline: timeline, from: now})
	return nil
}

// now is the server's time, which what it writes bears.
func (c *cluster) now(ctx context.Context) (time.Time, error) {
	said, err := c.ask(ctx, "postgres", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
	if err != nil {
		return time.Time{}, err
	}
	micros, err := strconv.ParseInt(said, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the time: %w", err)
	}
	return time.UnixMicro(micros).UTC(), nil
}

// recover makes the data folder anew: as it was at a target. The server does not run, and does afterwards.
func (c *cluster) recover(ctx context.Context, t target) error {
	if err := c.copy(ctx, c.base(), c.server.Data()); err != nil {
		return err
	}
	signal := filepath.Join(c.server.Data(), "recovery.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return err
	}
	if err := c.server.Own(signal); err != nil {
		return err
	}
	if err := c.server.Start(ctx, append(t.settings(), recovering...)...); err != nil {
		return err
	}
	return c.begin(ctx)
}

// restore puts what was at a mark in the place of everything. Where that fails, what was there is there again.
func (c *cluster) restore(ctx context.Context, name string, to mark) error {
	until, err := c.now(ctx)
	if err != nil {
		return err
	}
	if _, err := c.mark(ctx, name); err != nil {
		return err
	}
	if err := c.server.Stop(ctx); err != nil {
		return err
	}
	aside := c.server.Data() + ".before"
	if err := os.Rename(c.server.Data(), aside); err != nil {
		return err
	}
	if err := c.recover(ctx, target{mark: to}); err != nil {
		return errors.Join(err, c.server.Stop(ctx), os.RemoveAll(c.server.Data()), os.Rename(aside, c.server.Data()), c.server.Start(ctx))
	}
	c.past[len(c.past)-2].until = until
	return os.RemoveAll(aside)
}

// clone makes another cluster, with what this one had at a moment, or has; name is unique. This one goes on.
func (c *cluster) clone(ctx context.Context, name string, at time.Time) (*cluster, error) {
	m, err := c.mark(ctx, name)
	if err != nil {
		return nil, err
	}
	to := target{mark: m}
	if !at.IsZero() {
		to = c.past.at(at)
	}
	return makeCluster(func(made *cluster) error {
		if err := made.copy(ctx, c.base(), made.base()); err != nil {
			return err
		}
		if err := made.copy(ctx, c.wal(), made.wal()); err != nil {
			return err
		}
		return made.recover(ctx, to)
	})
}

func (c *cluster) close() error { return c.server.Close() }
