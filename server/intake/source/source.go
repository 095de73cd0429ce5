// Package source reads the documents that an import is given: files, folders, and gzip, tar and zip archives,
// one document at a time and as they are. Nothing is unpacked to disk, and nothing that expands out of
// proportion is read to its end.
package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Document is one file, or one entry of an archive. Its reader is good until the visit ends.
type Document struct {
	// Name is the file's path; an entry's name follows after an exclamation mark.
	Name string
	// File is the path of the file or archive, and Index the document's place in it.
	File  string
	Index int

	io.Reader
}

// ErrNotOurs is why a file of another kind in a folder or an archive is passed over.
var ErrNotOurs = errors.New("no file of this format")

// Walk says how to go through paths.
type Walk struct {
	// Ours tells by the name, without .gz, whether a file found in a folder or an archive is of the format.
	// A file that was named itself is always taken.
	Ours func(name string) bool
	// Limit bounds a document's size when it is expanded.
	Limit int64
	// Skip tells that no document of the file or archive is wanted.
	Skip func(file string) bool
	// Visit is called for each document. Its error ends the walk.
	Visit func(*Document) error
	// Refuse is called for each document, and for each file as a whole, that cannot be read. Its error ends the walk.
	Refuse func(name string, reason error) error
}

// Run goes through the paths in their order, and through folders by name. A path that does not exist is an error.
func (w Walk) Run(ctx context.Context, paths ...string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			if err := w.file(ctx, path, true); err != nil {
				return err
			}
			continue
		}
		// A link as the path itself is followed, links below are not: they may lead out of the folder or in circles.
		root, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			shown := filepath.Join(path, strings.TrimPrefix(name, root))
			switch {
			case err != nil:
				return w.Refuse(shown, err)
			case entry.IsDir():
				return ctx.Err()
			case !entry.Type().IsRegular():
				return w.Refuse(shown, errors.New("neither a file nor a folder"))
			}
			return w.file(ctx, shown, false)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// visitError is an error of the visitor: it ends the walk, where one of the data is reported.
type visitError struct{ error }

func (e visitError) Unwrap() error { return e.error }

// file reads one file and reports what is wrong with it.
func (w Walk) file(ctx context.Context, path string, named bool) error {
	if w.Skip != nil && w.Skip(path) {
		return nil
	}
	err := w.open(ctx, path, named)
	var own visitError
	switch {
	case errors.As(err, &own):
		return own.error
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return w.Refuse(path, err)
	}
	return nil
}

func (w Walk) open(ctx context.Context, path string, named bool) error {
	kind, inner := kindOf(path)
	if (kind == plain || kind == zipped) && !named && !w.Ours(inner) {
		return ErrNotOurs
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	v := &visitor{Walk: w, file: path}
	switch kind {
	case tarball, zippedTarball:
		return v.tar(ctx, file, kind == zippedTarball)
	case zipArchive:
		return v.zip(ctx, file)
	case zipped:
		expanded, err := gunzip(file)
		if err != nil {
			return err
		}
		return v.visit(path, expanded)
	default:
		return v.visit(path, file)
	}
}

// visitor numbers the documents of one file.
type visitor struct {
	Walk
	file  string
	index int
}

// visit passes a document on, within the limit.
func (v *visitor) visit(name string, r io.Reader) error {
	doc := &Document{Name: name, File: v.file, Index: v.index, Reader: Bound(r, v.Limit)}
	v.index++
	if err := v.Visit(doc); err != nil {
		return visitError{err}
	}
	return nil
}

// entry passes an entry of an archive on, or reports why not.
func (v *visitor) entry(name string, r io.Reader) error {
	shown := v.file + "!" + strings.ToValidUTF8(name, "\uFFFD")
	refuse := func(reason error) error {
		if err := v.Refuse(shown, reason); err != nil {
			return visitError{err}
		}
		return nil
	}
	kind, inner := kindOf(name)
	switch {
	case !filepath.IsLocal(name) || strings.Contains(name, `\`):
		return refuse(errors.New("its name leads out of the archive"))
	case kind == tarball || kind == zippedTarball || kind == zipArchive:
		return refuse(errors.New("an archive within an archive is not opened"))
	case !v.Ours(inner):
		return refuse(ErrNotOurs)
	case kind == zipped:
		expanded, err := gunzip(r)
		if err != nil {
			return refuse(err)
		}
		r = expanded
	}
	return v.visit(shown, r)
}

// ErrTooLarge is what reading a document beyond the limit gives.
var ErrTooLarge = errors.New("larger than the limit")

// Bound is a reader of at most so many bytes; reading on gives ErrTooLarge.
func Bound(r io.Reader, limit int64) io.Reader { return &bounded{r: r, left: limit} }

// bounded is a reader of at most so many bytes; what is longer is an error and not an end.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

type kind int

const (
	plain kind = iota
	zipped
	tarball
	zippedTarball
	zipArchive
)

// kindOf tells how a file is packed by its name, and the name without a .gz.
func kindOf(name string) (kind, string) {
	lower := strings.ToLower(name)
	switch {
	case strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		return zippedTarball, name
	case strings.HasSuffix(lower, ".tar"):
		return tarball, name
	case strings.HasSuffix(lower, ".zip"):
		return zipArchive, name
	case strings.HasSuffix(lower, ".gz"):
		return zipped, name[:len(name)-len(".gz")]
	}
	return plain, name
}

// Text reads a document to its end as UTF-8, without a byte order mark. It uses the room of buf.
func Text(r io.Reader, buf []byte) ([]byte, error) {
	data, err := readAll(r, buf[:0])
	if err != nil {
		return data, fmt.Errorf("cannot be read: %w", err)
	}
	return bytes.TrimPrefix(data, byteOrderMark), checkUTF8(data)
}
