package source_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/server/intake/source"
)

// readTable reads a table to its end: its rows as text, and what is wrong with those that are none.
func readTable(content io.Reader) (rows []string, err error) {
	t, err := source.NewTable(&source.Document{Name: "a.csv", Reader: content})
	if err != nil {
		return nil, err
	}
	for {
		row, err := t.Next()
		var fault *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.As(err, &fault):
			rows = append(rows, fmt.Sprintf("%d@%d: %s", fault.Line, fault.Offset, fault.Reason))
		case err != nil:
			return rows, err
		default:
			rows = append(rows, fmt.Sprintf("%d@%d %s|%s", row.Line, row.Offset, row.Get("A"), row.Get("B c")))
		}
	}
}

func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"plain":           {"A,B c\n1,2\n3,4\n", []string{"2@6 1|2", "3@10 3|4"}},
		"mark and CRLF":   {"\uFEFFA,B c\r\n1,2\r\n", []string{"2@10 1|2"}},
		"blank in names":  {"\"A\", B \t c \n1, 2 \n", []string{"2@12 1|2"}},
		"no such column":  {"A,C\n1,2\n", []string{"2@4 1|"}},
		"two lines":       {"A,B c\n\"1\nx\",2\n3,4", []string{"2@6 1\nx|2", "4@14 3|4"}},
		"count of fields": {"A,B c\n1\n1,2,3\n3,4\n", []string{"2@6: has more or fewer fields than the header", "3@8: has more or fewer fields than the header", "4@14 3|4"}},
		"quotation":       {"A,B c\n1\"x,2\n3,4\n", []string{"2@6: a quotation mark is out of place", "3@12 3|4"}},
		"open quotation":  {"A,B c\n\"1,2\n3,4\n", []string{"2@6: a quotation mark is out of place"}},
		"encoding":        {"A,B c\nM\xfcller,2\n3,4\n", []string{"2@6: column 1 is not written in UTF-8", "3@15 3|4"}},
		"header alone":    {"A,B c", nil},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := readTable(strings.NewReader(c.content))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, rows); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestNoTable is what refuses a document, before a row or after some.
func TestNoTable(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, c := range map[string]struct {
		content io.Reader
		rows    int
		reason  string
	}{
		"empty":       {strings.NewReader(""), 0, "an empty file"},
		"UTF-16":      {strings.NewReader("\xff\xfeA\x00"), 0, "UTF-16"},
		"Latin-1":     {strings.NewReader("A,\xc4\n"), 0, "line 1: not written in UTF-8"},
		"header":      {strings.NewReader("A,\"B\n"), 0, "line 1: a quotation mark"},
		"names":       {strings.NewReader("A,B,A\n"), 0, "column 3 has the name of another one"},
		"long header": {strings.NewReader(long), 0, "line 1: a row longer"},
		"long row":    {strings.NewReader("A,B c\n1,2\n3," + long + "\n5,6\n"), 1, "byte 10: a row longer than 1048576 bytes"},
		"long field":  {strings.NewReader("A,B c\n1,2\n3,\"" + strings.Repeat("x\n", 1<<20)), 1, "byte 10: a row longer"},
		"broken off":  {io.MultiReader(strings.NewReader("A,B c\n1,2\n3,"), broken{}), 1, "byte 10: no more"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := readTable(c.content)
			if err == nil || !strings.Contains(err.Error(), c.reason) || len(rows) != c.rows {
				t.Errorf("%d rows, %v, want %d, %q", len(rows), err, c.rows, c.reason)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no more") }

// FuzzTable reads whatever it is given to an end, and every row of a well-formed table.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{"A,B c\n1,2\n", "\uFEFFA\r\n\"\n\"\r\n", "A,B\n\"\"\"\",\xff\n,", "\n\n\n", "A\n\x00\n\"x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		rows, err := readTable(strings.NewReader(string(content)))
		if err == nil && len(rows) > strings.Count(string(content), "\n")+strings.Count(string(content), "\r") {
			t.Errorf("%d rows in %q", len(rows), content)
		}
	})
}
