package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxFile is far more than a secret takes: whatever is longer is another file.
const maxFile = 4096

// Load reads the secret's file, which only its owner may be able to read.
func Load(path string) (*Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("secret file: %w", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	if err := private(f); err != nil {
		return nil, fmt.Errorf("secret file %s %w", path, err)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("secret file: %w", err)
	}
	s, err := parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("secret file %s %w", path, err)
	}
	return s, nil
}

// LoadOrCreate reads the secret's file and makes it first where there is none.
func LoadOrCreate(path string) (*Secret, error) {
	s, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := create(path, New()); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("secret file: %w", err)
	}
	// Of two processes that start at once one creates the file; both read what it wrote.
	return Load(path)
}

// create writes the file under a name of its own first and then links it to its place, which fails where
// something is already there (as O_EXCL does) and never shows a half-written file, even after a crash.
func create(path string, s *Secret) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".carehub-secret-*") // O_EXCL and mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(s.text())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in the folder last: what is enciphered today must open after a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// private says what is wrong with a file that others could read.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// Windows has access lists, and modes that say nothing.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return fmt.Errorf("can be read or written by others (mode %04o): chmod 600 it", mode)
	}
	return nil
}
