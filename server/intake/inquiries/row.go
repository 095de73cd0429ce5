// Package inquiries takes in questions that people asked about health, as the table of MeQSum has them: the question
// (CHQ), a summary in one line and the name of the file that it came from (Ben Abacha and Demner-Fushman, On the
// Summarization of Consumer Health Questions, ACL 2019; CC BY 4.0).
//
// Each becomes a medical inquiry as if it had been sent in, and is routed, and heard of, like one. Who asked is not
// known: the names were masked by the source.
package inquiries

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Row is a row that was read but not taken in.
type Row struct {
	file string
	// line is where it begins.
	line              int
	id, text, summary string
	// more says that a column which has no name, or none that is known, has a value.
	more bool
	// fault is why the row is none of the table.
	fault string
}

// Reader reads the rows of a table.
type Reader struct {
	file              string
	csv               *csv.Reader
	header            []string
	id, text, summary int
}

// NewReader reads the header, which tells whether the table is of the form.
func NewReader(file string, table io.Reader) (*Reader, error) {
	r := &Reader{file: file, csv: csv.NewReader(table)}
	r.csv.FieldsPerRecord = -1 // a row of another length is refused alone
	header, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("empty")
	}
	if err != nil {
		return nil, errors.New("no table in CSV")
	}
	r.header = header
	r.id, r.text, r.summary = slices.Index(header, "File"), slices.Index(header, "CHQ"), slices.Index(header, "Summary")
	if r.text < 0 {
		return nil, errors.New("has no column CHQ")
	}
	return r, nil
}

// Next returns the next row, or io.EOF.
func (r *Reader) Next() (*Row, error) {
	fields, err := r.csv.Read()
	var malformed *csv.ParseError
	switch {
	case errors.As(err, &malformed):
		return &Row{file: r.file, line: malformed.StartLine, fault: "not of the form of CSV"}, nil
	case err != nil:
		return nil, err
	}
	line, _ := r.csv.FieldPos(0)
	row := &Row{file: r.file, line: line}
	if len(fields) != len(r.header) {
		row.fault = fmt.Sprintf("%d columns, where the header has %d", len(fields), len(r.header))
		return row, nil
	}
	for i, value := range fields {
		switch i {
		case r.id:
			row.id = strings.TrimSpace(value)
		case r.text:
			row.text = value
		case r.summary:
			row.summary = value
		default:
			row.more = row.more || strings.TrimSpace(value) != ""
		}
	}
	return row, nil
}
