package fhir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/carehub/carehub/server/intake/source"
)

const (
	// maxLines and maxChunk bound what is read of a bulk export at a time, in lines and bytes.
	maxLines = 256
	maxChunk = 2 << 20
	// maxRecord bounds a line.
	maxRecord = 16 << 20
)

// Lines reads a bulk export, one resource a line, as bundles of some lines each. It reads on the resources of one
// rank only.
type Lines struct {
	source string
	rank   int
	from   *bufio.Reader
	plan   Plan
	line   int
	offset int64 // of what is read next
	// invalid is the first byte of the line that is no UTF-8; -1 when there is none.
	invalid int64
	err     error
}

// ReadLines begins to read a bulk export.
func ReadLines(name string, r io.Reader, rank int) *Lines {
	return &Lines{source: name, rank: rank, from: bufio.NewReaderSize(r, 64<<10)}
}

// Plan says at which ranks there is something to do. It is known when all lines are read.
func (l *Lines) Plan() Plan { return l.plan }

// Next returns the next lines of the rank; io.EOF when there are no more. Another error is of reading.
func (l *Lines) Next() (*Bundle, error) {
	b := &Bundle{source: l.source, loose: true}
	for size := 0; l.err == nil && len(b.entries) < maxLines && size < maxChunk; {
		var text []byte
		if text, l.err = l.read(); l.err != nil && !errors.Is(l.err, io.EOF) {
			break
		}
		e := l.resource(text)
		if e == nil {
			continue
		}
		l.plan = l.plan.with(rankOf(e.typ))
		if rankOf(e.typ) == l.rank {
			b.entries = append(b.entries, e)
			size += len(text)
		}
	}
	if len(b.entries) > 0 {
		return b, nil
	}
	return nil, l.err
}

var (
	errLongLine = fmt.Errorf("longer than %d bytes", maxRecord)
	errUTF16    = errors.New("written in UTF-16; UTF-8 is expected")
	bom         = []byte("\uFEFF")
)

// read returns the next line, without its end; of one that is too long, the beginning.
func (l *Lines) read() ([]byte, error) {
	var text []byte
	l.line++
	l.invalid = -1
	for start := l.offset; ; {
		part, err := l.from.ReadSlice('\n')
		l.offset += int64(len(part))
		if len(text) <= maxRecord {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("cut off after byte %d, in line %d", l.offset, l.line)
		case l.line == 1 && (bytes.HasPrefix(text, []byte("\xFF\xFE")) || bytes.HasPrefix(text, []byte("\xFE\xFF"))):
			return nil, errUTF16
		case l.line == 1:
			text = bytes.TrimPrefix(text, bom)
		}
		if at := source.FirstInvalid(text); at < len(text) && len(text) <= maxRecord {
			l.invalid = start + int64(at)
		}
		return bytes.TrimSpace(text), err
	}
}

// resource reads a line; nil when it is empty.
func (l *Lines) resource(text []byte) *entry {
	if len(text) == 0 {
		return nil
	}
	var e *entry
	switch {
	case len(text) > maxRecord:
		e = &entry{typ: "Resource", fault: &fault{"Resource", errLongLine.Error()}}
	case l.invalid >= 0:
		e = &entry{typ: "Resource", fault: &fault{"Resource", fmt.Sprintf("not written in UTF-8: byte %d", l.invalid)}}
	default:
		e = loose(text)
	}
	e.line = l.line
	return e
}
