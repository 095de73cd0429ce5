package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

const (
	// maxRatio is how many times its size a document may expand to. Pretty-printed FHIR comes to forty.
	maxRatio = 250
	// ratioFloor is the expanded size below which the ratio is of no interest.
	ratioFloor = 1 << 20
	// maxEntries bounds the entries of an archive.
	maxEntries = 1 << 20
)

// ErrBomb is what reading on gives when a document expands out of proportion.
var ErrBomb = errors.New("expands out of proportion")

var errTooMany = errors.New("the archive has too many entries")

// meter counts what is read through it.
type meter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}

// expanding is a decompressor that stops when too much comes out of too little.
type expanding struct {
	r      io.Reader
	out    int64
	packed func() int64
}

// Read implements io.Reader.
func (e *expanding) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.out += int64(n)
	if e.out > ratioFloor && e.out > maxRatio*e.packed() {
		return 0, ErrBomb
	}
	return n, err
}

func gunzip(r io.Reader) (io.Reader, error) {
	packed := &meter{r: r}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, errors.New("no gzip file, though its name says so")
	}
	return &expanding{r: z, packed: func() int64 { return packed.n }}, nil
}

func (v *visitor) tar(ctx context.Context, file io.Reader, packed bool) error {
	if packed {
		expanded, err := gunzip(file)
		if err != nil {
			return err
		}
		file = expanded
	}
	archive := tar.NewReader(file)
	for n := 0; ; n++ {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the archive is cut off")
		case err != nil:
			return err
		case n >= maxEntries:
			return errTooMany
		case ctx.Err() != nil:
			return ctx.Err()
		case header.Typeflag == tar.TypeDir:
			continue
		case header.Typeflag != tar.TypeReg:
			if err := v.Refuse(v.file+"!"+header.Name, errors.New("a link or device in an archive is not followed")); err != nil {
				return visitError{err}
			}
			continue
		}
		if err := v.entry(header.Name, archive); err != nil {
			return err
		}
	}
}

func (v *visitor) zip(ctx context.Context, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return err
	}
	if len(archive.File) > maxEntries {
		return errTooMany
	}
	for _, f := range archive.File {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if err := v.zipEntry(f); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) zipEntry(f *zip.File) error {
	refuse := func(reason error) error {
		if err := v.Refuse(v.file+"!"+f.Name, reason); err != nil {
			return visitError{err}
		}
		return nil
	}
	const encrypted = 0x1
	switch {
	case f.Flags&encrypted != 0:
		return refuse(errors.New("encrypted"))
	case !f.Mode().IsRegular():
		return refuse(errors.New("a link or device in an archive is not followed"))
	}
	r, err := f.Open()
	if err != nil {
		return refuse(err)
	}
	defer r.Close() //nolint:errcheck // nothing was written
	return v.entry(f.Name, &expanding{r: r, packed: func() int64 { return int64(f.CompressedSize64) }})
}

// readAll is io.ReadAll into a buffer that is used again.
func readAll(r io.Reader, buf []byte) ([]byte, error) {
	out := bytes.NewBuffer(buf)
	_, err := out.ReadFrom(r)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("cut off after byte %d", out.Len())
	}
	return out.Bytes(), err
}

var byteOrderMark = []byte("\uFEFF")

// isUTF16 tells a text in UTF-16 by its byte order mark, or by the zero beside its first character.
func isUTF16(data []byte) bool {
	for _, start := range []string{"\xFF\xFE", "\xFE\xFF", "<\x00", "\x00<", "{\x00", "\x00{"} {
		if bytes.HasPrefix(data, []byte(start)) {
			return true
		}
	}
	return false
}

// checkUTF8 refuses other encodings: read as UTF-8, they would turn names into something else unnoticed.
func checkUTF8(data []byte) error {
	switch {
	case isUTF16(data):
		return errors.New("written in UTF-16; UTF-8 is expected")
	case !utf8.Valid(data):
		return fmt.Errorf("not written in UTF-8: byte %d", FirstInvalid(data))
	}
	return nil
}

// FirstInvalid is the place of the first byte that is no UTF-8; the length when all are.
func FirstInvalid(data []byte) int {
	if utf8.Valid(data) {
		return len(data)
	}
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return at
}
