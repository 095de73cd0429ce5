package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/export/fhir"
)

// pageRows is how many rows are in memory at a time.
const pageRows = 200

// Bulk writes everything into a new folder, one file of lines per type of resource, as FHIR Bulk Data does. The
// folder gets its name when it is complete; it must not exist yet, or be empty. Nothing to write makes no folder.
func Bulk(ctx context.Context, client *ent.Client, folder string, d Disclosure) (counts Counts, err error) {
	ctx = system(ctx)
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, err
	}
	if err := vacant(folder); err != nil {
		return nil, err
	}
	making, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+".partial-") // for its owner only
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(making)) }()
	counts = Counts{}
	err = snapshot(ctx, client, fhir.Relative, func(r *reading) error {
		if err := r.disclose(client, d); err != nil {
			return err
		}
		for _, k := range kinds {
			n, err := r.file(making, k)
			if err != nil {
				return fmt.Errorf("%s: %w", k.typ, err)
			}
			if n > 0 {
				counts[k.typ] = n
			}
		}
		return nil
	})
	if err != nil || len(counts) == 0 {
		return counts, err
	}
	return counts, publish(making, folder)
}

// vacant refuses a folder that has something in it, and a file.
func vacant(folder string) error {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty", folder)
	}
	return nil
}

// publish gives the complete folder its name.
func publish(making, folder string) error {
	// Removing fails where somebody has put something there meanwhile.
	if err := os.Remove(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(making, folder)
}

// disclose records the disclosure of all patients.
func (r *reading) disclose(client *ent.Client, d Disclosure) error {
	last := uuid.Nil
	for {
		keys, err := r.client.Patient.Query().Where(page(last)).Order(ascending).IDs(r.ctx)
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := record(r.ctx, client, d, keys); err != nil {
			return err
		}
		last = keys[len(keys)-1]
	}
}

// page is the scope of the rows that follow a key.
func page(last uuid.UUID) scope {
	return func(q *sql.Selector) { q.Where(sql.GT(q.C("id"), last)).Limit(pageRows) }
}

// file writes all resources of a kind, and returns how many there are. Without any there is no file.
func (r *reading) file(folder string, k kind) (n int, err error) {
	f := &ndjson{path: filepath.Join(folder, k.typ+".ndjson")}
	defer func() { err = errors.Join(err, f.close()) }()
	last := uuid.Nil
	for {
		rows, err := k.read(r, page(last))
		if err != nil || len(rows) == 0 {
			return n, err
		}
		for _, row := range rows {
			if row.resource == nil {
				continue
			}
			if err := f.write(row.resource); err != nil {
				return n, err
			}
			n++
		}
		last = rows[len(rows)-1].key
	}
}

// ndjson is a file of JSON lines that is made with its first line.
type ndjson struct {
	path string
	file *os.File
	out  *bufio.Writer
}

func (f *ndjson) write(line any) (err error) {
	if f.file == nil {
		if f.file, err = create(f.path); err != nil {
			return err
		}
		f.out = bufio.NewWriterSize(f.file, 1<<16)
	}
	return newEncoder(f.out).Encode(line)
}

// close returns when the lines are on the disk.
func (f *ndjson) close() error {
	if f.file == nil {
		return nil
	}
	return errors.Join(f.out.Flush(), f.file.Sync(), f.file.Close())
}

// create makes a file that only its owner may read. One that is there already is an error.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}
