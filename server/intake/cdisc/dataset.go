package cdisc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/carehub/carehub/server/intake/record"
)

// columns are those that are read, by dataset. The rows of other datasets are counted.
var columns = map[string][]string{
	"TS": {"STUDYID", "TSPARMCD", "TSVAL"},
	"TV": {"STUDYID", "VISITNUM", "TVSTRL"},
	"TI": {"STUDYID", "IETEST", "IECAT", "TIVERS"},
	"DM": {
		"STUDYID", "USUBJID", "SUBJID", "SITEID", "SEX", "BRTHDTC", "COUNTRY", "ARM", "ARMNRS",
		"RFICDTC", "RFXSTDTC", "RFSTDTC", "RFXENDTC", "RFPENDTC", "RFENDTC", "DTHDTC", "DTHFL",
	},
	"ADSL": {
		"STUDYID", "USUBJID", "SUBJID", "SITEID", "SEX", "COUNTRY", "ARM", "TRT01P", "RFICDT", "VISIT1DT", "RANDDT",
		"TRTSDT", "RFSTDTC", "TRTEDT", "EOSDT", "RFENDT", "RFENDTC", "EOSSTT", "DCDECOD", "DCSREAS", "DTHDT", "DTHFL",
	},
	"DS": {"STUDYID", "USUBJID", "DSDECOD", "DSCAT", "DSSCAT", "DSSTDTC"},
}

// identifiers is how many columns of DM and ADSL, the first ones, say whom a row is about.
const identifiers = 2

// Dataset is one Dataset-JSON document that was read: those of its columns that the model has a place for.
type Dataset struct {
	source, name string
	rows         []row
	// count is the number of rows, with those that were not kept.
	count int
}

// row is one row as text, in the order of columns.
type row struct {
	values []string
	fault  *record.Fault
}

// value returns the first value of the columns that is not empty.
func (d *Dataset) value(r row, names ...string) string {
	for _, name := range names {
		for i, column := range columns[d.name] {
			if column == name && i < len(r.values) && r.values[i] != "" {
				return r.values[i]
			}
		}
	}
	return ""
}

const (
	// maxValue bounds what is read at once: one row, or one element beside the rows.
	maxValue = 4 << 20
	// maxKept bounds the rows that a run keeps in memory, as datasets refer to each other.
	maxKept = 100_000
)

var errTooMany = fmt.Errorf("more than %d rows about trials and their subjects in one run: import the datasets of fewer trials at a time", maxKept)

// ration is a reader that gives out so many bytes until it is filled again.
type ration struct {
	r    io.Reader
	left int
}

var errValue = fmt.Errorf("a row or element of more than %d bytes", maxValue)

// Read implements io.Reader.
func (r *ration) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errValue
	}
	n, err := r.r.Read(p)
	r.left -= n
	return n, err
}

// skipped is a value that is not kept.
type skipped struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (skipped) UnmarshalJSON([]byte) error { return nil }

// reading is a dataset while it is read.
type reading struct {
	*json.Decoder
	ration  *ration
	dataset *Dataset
	version string
	// places are those of all columns in a row; at are those of the kept columns, -1 where the dataset has none.
	places map[string]int
	at     []int
	width  int
	kept   int
	// interned are the values so far: most repeat.
	interned map[string]string
}

// read reads a dataset row by row, in either form: one object, or the rows on lines of their own after it. At most
// so many rows may be kept.
func read(source string, r io.Reader, room int) (*Dataset, error) {
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(3); string(mark) == "\uFEFF" {
		_, _ = text.Discard(len(mark)) // it is there
	}
	limited := &ration{transform.NewReader(text, encoding.UTF8Validator), maxValue}
	of := &reading{
		Decoder: json.NewDecoder(limited), ration: limited, dataset: &Dataset{source: source},
		kept: room, interned: map[string]string{},
	}
	if err := of.document(); err != nil {
		return nil, of.readable(err)
	}
	return of.dataset, nil
}

func (r *reading) readable(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is cut off")
	case errors.Is(err, encoding.ErrInvalidUTF8):
		return errors.New("not written in UTF-8")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at byte %d", r.InputOffset())
	case errors.As(err, &kind):
		return fmt.Errorf("%s: a JSON %s is not what Dataset-JSON has there", kind.Field, kind.Value)
	}
	return err
}

var (
	errForm  = errors.New("no Dataset-JSON: an object with name, columns and rows is expected")
	errOrder = errors.New("its rows stand before its name and columns, so that it cannot be read as a stream")
)

func (r *reading) document() error {
	if begin, err := r.Token(); err != nil || begin != json.Delim('{') {
		return errors.Join(err, errForm)
	}
	seen := false
	for r.More() {
		key, err := r.Token()
		if err != nil {
			return err
		}
		if seen && (key == "name" || key == "columns") {
			return errOrder
		}
		r.ration.left = maxValue
		switch key {
		case "name":
			err = r.Decode(&r.dataset.name)
			r.dataset.name = strings.ToUpper(record.Abridged(r.dataset.name))
		case "datasetJSONVersion":
			err = r.Decode(&r.version)
		case "columns":
			err = r.columns()
		case "rows":
			seen = true
			err = r.list()
		default:
			err = r.Decode(&skipped{})
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.Token(); err != nil {
		return err
	}
	if err := r.ready(); err != nil {
		return err
	}
	for r.ration.left = maxValue; r.More(); {
		if seen {
			return errForm
		}
		if err := r.row(); err != nil {
			return err
		}
	}
	return nil
}

// ready tells whether rows can be read.
func (r *reading) ready() error {
	switch {
	case r.version != "" && r.version != "1.1" && !strings.HasPrefix(r.version, "1.1."):
		return fmt.Errorf("written in Dataset-JSON %q; 1.1 is expected", record.Abridged(r.version))
	case r.dataset.name == "" || r.width == 0:
		return errForm
	}
	r.at = nil // the name may stand behind the columns
	for _, name := range columns[r.dataset.name] {
		place, has := r.places[name]
		if !has {
			place = -1
		}
		r.at = append(r.at, place)
	}
	return nil
}

func (r *reading) columns() error {
	var all []struct{ Name string }
	if err := r.Decode(&all); err != nil {
		return err
	}
	r.width, r.places = len(all), map[string]int{}
	for i, c := range all {
		r.places[strings.ToUpper(c.Name)] = i
	}
	return nil
}

func (r *reading) list() error {
	if r.dataset.name == "" || r.width == 0 {
		return errOrder
	}
	if err := r.ready(); err != nil {
		return err
	}
	if begin, err := r.Token(); err != nil || begin != json.Delim('[') {
		return errors.Join(err, errForm)
	}
	for r.More() {
		if err := r.row(); err != nil {
			return err
		}
	}
	_, err := r.Token()
	return err
}

func (r *reading) row() error {
	r.ration.left = maxValue
	r.dataset.count++
	if _, kept := columns[r.dataset.name]; !kept {
		return r.Decode(&skipped{})
	}
	if r.kept--; r.kept < 0 {
		return errTooMany
	}
	var cells []json.RawMessage
	err := r.Decode(&cells)
	var kind *json.UnmarshalTypeError
	var out row
	switch {
	case errors.As(err, &kind):
		out.fault = &record.Fault{Path: r.dataset.name, Reason: "a row is a list of values"}
	case err != nil:
		return err
	case len(cells) != r.width:
		out.fault = &record.Fault{Path: r.dataset.name, Reason: fmt.Sprintf("has %d values for %d columns", len(cells), r.width)}
	default:
		out.values = make([]string, len(r.at))
		for i, at := range r.at {
			if at < 0 {
				continue
			}
			text, err := r.cell(cells[at])
			if err != nil {
				out = row{fault: &record.Fault{Path: r.dataset.name + "." + columns[r.dataset.name][i], Reason: err.Error()}}
				break
			}
			out.values[i] = text
		}
	}
	r.dataset.rows = append(r.dataset.rows, out)
	return nil
}

var errCell = errors.New("neither text nor number")

// cell is a value as text. Both null and "" are none.
func (r *reading) cell(data json.RawMessage) (string, error) {
	text := string(data)
	switch data[0] {
	case '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return "", errCell
		}
		text = record.Clean(text)
	case 'n':
		return "", nil
	case '{', '[', 't', 'f':
		return "", errCell
	}
	if known, has := r.interned[text]; has {
		return known, nil
	}
	r.interned[text] = text
	return text, nil
}

// Name is the file that the dataset was read from.
func (d *Dataset) Name() string { return d.source }

// Len is the number of rows that were kept.
func (d *Dataset) Len() int { return len(d.rows) }
