package intake

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/carehub/carehub/server/intake/tally"
)

// errorFile writes the error file and knows what it has written, so that a run that is taken up again can cut the
// file to what belongs to the documents that were committed.
type errorFile struct {
	to     *bufio.Writer
	lines  *json.Encoder
	length int64
	sum    hash.Hash
}

func newErrorFile(to io.Writer) *errorFile {
	f := &errorFile{to: bufio.NewWriter(to), sum: sha256.New()}
	f.lines = json.NewEncoder(f)
	f.lines.SetEscapeHTML(false)
	return f
}

// Write implements io.Writer.
func (f *errorFile) Write(line []byte) (int, error) {
	f.length += int64(len(line))
	f.sum.Write(line)
	return f.to.Write(line)
}

func (f *errorFile) list(findings []tally.Finding) error {
	for _, finding := range findings {
		if err := f.lines.Encode(finding); err != nil {
			return fmt.Errorf("writing the error file: %w", err)
		}
	}
	return nil
}

// flush brings everything to the file.
func (f *errorFile) flush() error {
	if err := f.to.Flush(); err != nil {
		return fmt.Errorf("writing the error file: %w", err)
	}
	return nil
}

// mark is how far an error file was written.
type mark struct {
	Length int64
	Sum    string
}

func (f *errorFile) mark() mark { return mark{f.length, hex.EncodeToString(f.sum.Sum(nil))} }

// file is what an error file on disk can do.
type file interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// onDisk tells a file that can be read again from a pipe or a device.
func onDisk(to io.Writer) (file, bool) {
	f, is := to.(file)
	if !is {
		return nil, false
	}
	info, err := f.Stat()
	return f, err == nil && info.Mode().IsRegular()
}

// rewind makes the file that of a run which wrote so much of it: what follows is cut off. It reports false, and
// leaves the file alone, when the file does not begin with what the run wrote.
func (f *errorFile) rewind(to io.Writer, at mark) (bool, error) {
	disk, is := onDisk(to)
	if !is {
		return true, nil // nothing can be read again, so what follows is appended
	}
	if _, err := disk.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	sum := sha256.New()
	_, err := io.CopyN(sum, disk, at.Length)
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, err
	case at.Length > 0 && hex.EncodeToString(sum.Sum(nil)) != at.Sum:
		return false, nil
	}
	f.length, f.sum = at.Length, sum
	return true, disk.Truncate(at.Length)
}
