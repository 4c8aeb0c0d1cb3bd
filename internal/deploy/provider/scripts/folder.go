package scripts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"slipway/internal/deploy"
)

// fromFolder reads a folder of the catalog. What leads out of that, by dots or by links, is refused by os.Root.
func (s *Scripts) fromFolder(source string, c *collection) error {
	name := strings.TrimSuffix(strings.TrimPrefix(source, "./"), "/")
	if s.folder == "" || !fs.ValidPath(name) {
		return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.200q is no folder of the catalog", source),
			Hint: "write a folder that lies beside the catalog's files, without .. and without / at its beginning"}
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return &deploy.Error{Code: deploy.Unavailable, Msg: "the folder of the catalog cannot be opened", Hint: "look whether it is mounted", Err: err}
	}
	defer root.Close()
	in := root.FS()
	entries, err := fs.ReadDir(in, name)
	if err != nil {
		return unread(name, err)
	}
	for _, e := range entries {
		if !wanted(e.Name()) {
			continue
		}
		if err := c.file(in, path.Join(name, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// file adds one file; only what is a file once links have been followed, for a pipe would be waited for.
func (c *collection) file(in fs.FS, name string) error {
	info, err := fs.Stat(in, name)
	if err != nil {
		return unread(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := in.Open(name)
	if err != nil {
		return unread(name, err)
	}
	defer f.Close()
	if err := c.add(path.Base(name), f); err != nil {
		if known := (*deploy.Error)(nil); errors.As(err, &known) {
			return err
		}
		return unread(name, err)
	}
	return nil
}

func unread(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &deploy.Error{Code: deploy.NotFound, Msg: "there is no " + name + " in the catalog's folder", Hint: "make it, or correct its name in the catalog", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &deploy.Error{Code: deploy.Forbidden, Msg: name + " may not be read", Hint: "let the account that the bot runs as read it", Err: err}
	}
	return &deploy.Error{Code: deploy.Invalid, Msg: name + " cannot be read, or leads out of the catalog's folder", Hint: "put the scripts themselves into the catalog's folder", Err: err}
}
