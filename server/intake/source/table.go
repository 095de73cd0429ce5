package source

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRow bounds a row of a table in bytes. A stray quotation mark would make one row of the rest of a file.
const maxRow = 1 << 20

// Table reads a document as comma-separated values (RFC 4180) with a header, one row at a time. A line may end in
// LF or CRLF, and a byte order mark is passed over.
type Table struct {
	// Name is that of the document.
	Name string
	// Columns are the names of the header, with single spaces.
	Columns []string

	csv   *csv.Reader
	guard *guard
	at    map[string]int
}

// Row is one row of a table.
type Row struct {
	// Line is where it begins, counted from 1 with the header, and Offset the same in bytes from 0.
	Line   int
	Offset int64

	fields []string
	at     map[string]int
}

// RowError is what is wrong with one row. The next one can be read.
type RowError struct {
	Line   int
	Offset int64
	Reason string
}

// Error implements error.
func (e *RowError) Error() string { return e.Reason }

// NewTable reads the header of a document.
func NewTable(d *Document) (*Table, error) {
	buffered := bufio.NewReader(d)
	start, _ := buffered.Peek(len(byteOrderMark)) // a shorter document has no mark
	if err := checkUTF16(start); err != nil {
		return nil, err
	}
	g := &guard{r: buffered}
	if bytes.Equal(start, byteOrderMark) {
		n, _ := buffered.Discard(len(byteOrderMark))
		g.skipped = int64(n)
	}
	t := &Table{Name: d.Name, csv: csv.NewReader(g), guard: g, at: map[string]int{}}
	header, err := t.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("an empty file: a header is expected")
	case err != nil:
		return nil, fmt.Errorf("line 1: %s", readable(err))
	}
	for i, name := range header {
		if !utf8.ValidString(name) {
			return nil, errors.New("line 1: not written in UTF-8")
		}
		name = strings.Join(strings.Fields(name), " ")
		if _, twice := t.at[name]; twice && name != "" {
			return nil, fmt.Errorf("line 1: column %d has the name of another one", i+1)
		}
		t.at[name] = i
		t.Columns = append(t.Columns, name)
	}
	return t, nil
}

// Has tells whether the table has a column.
func (t *Table) Has(column string) bool {
	_, has := t.at[column]
	return has
}

// Next reads a row. Its error is io.EOF at the end and a *RowError when only this row is at fault; after any other
// nothing more can be read.
func (t *Table) Next() (*Row, error) {
	t.guard.row = t.csv.InputOffset()
	offset := t.guard.row + t.guard.skipped
	fields, err := t.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.As(err, &syntax):
		return nil, &RowError{syntax.StartLine, offset, readable(err)}
	case err != nil:
		return nil, fmt.Errorf("byte %d: %w", offset, err)
	}
	line, _ := t.csv.FieldPos(0)
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return nil, &RowError{line, offset, fmt.Sprintf("column %d is not written in UTF-8", i+1)}
		}
	}
	return &Row{Line: line, Offset: offset, fields: fields, at: t.at}, nil
}

// Get returns the value of a column without the white space around it; it is empty where there is no such column.
func (r *Row) Get(column string) string {
	if i, has := r.at[column]; has {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

// readable says what encoding/csv found, without its place.
func readable(err error) string {
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return "has more or fewer fields than the header"
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		return "a quotation mark is out of place"
	}
	return err.Error()
}

var errLongRow = fmt.Errorf("a row longer than %d bytes; nothing after it was read", maxRow)

// guard stops a reader within a row that is too long.
type guard struct {
	r       io.Reader
	read    int64
	row     int64 // where the row begins
	skipped int64 // a byte order mark
}

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	if g.read-g.row > maxRow {
		return 0, errLongRow
	}
	n, err := g.r.Read(p)
	g.read += int64(n)
	return n, err
}
