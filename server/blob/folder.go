package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// folder keeps each blob in a file of its own that only the server's user can read.
type folder string

func (f folder) path(key string) string { return filepath.Join(string(f), key[:2], key) }

// Put implements Store: the file is written beside its place and takes it when it is whole and on the disk.
func (f folder) Put(_ context.Context, key string, content []byte) (err error) {
	if err := check(key); err != nil {
		return err
	}
	dir := filepath.Dir(f.path(key))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".put-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name()) //nolint:errcheck // what failed before matters more
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), f.path(key))
}

// Get implements Store.
func (f folder) Get(_ context.Context, key string) ([]byte, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrMissing
	}
	return content, err
}

// Delete implements Store.
func (f folder) Delete(_ context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	if err := os.Remove(f.path(key)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Each implements Store.
func (f folder) Each(ctx context.Context, do func(string, time.Time) error) error {
	return filepath.WalkDir(string(f), func(_ string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // nothing has been kept yet, or it has gone meanwhile
			return nil
		case err != nil:
			return err
		case entry.IsDir() || check(entry.Name()) != nil:
			return ctx.Err()
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return do(entry.Name(), info.ModTime())
	})
}
