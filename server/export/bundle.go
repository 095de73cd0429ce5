package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/server/export/fhir"
)

// Bundle writes a patient, and all that it refers to, as a transaction bundle: sent to a FHIR server, it makes or
// updates each resource under its id. It does not tell the arm of a blinded trial.
func Bundle(ctx context.Context, client *ent.Client, w io.Writer, patient uuid.UUID, d Disclosure) (Counts, error) {
	ctx = system(ctx)
	var resources []resource
	cited := citations{}
	err := snapshot(ctx, client, cited.urn, func(r *reading) (err error) {
		r.masked = true
		resources, err = r.patient(patient, cited)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := record(ctx, client, d, []uuid.UUID{patient}); err != nil {
		return nil, err
	}
	return writeBundle(w, resources)
}

// BundleFile is Bundle into a new file that only its owner may read. It gets its name when it is complete; one that
// is there already is an error.
func BundleFile(ctx context.Context, client *ent.Client, path string, patient uuid.UUID, d Disclosure) (counts Counts, err error) {
	if err := unused(path); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".partial-") // for its owner only
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	counts, err = Bundle(ctx, client, f, patient, d)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := unused(path); err != nil { // somebody may have used it meanwhile
		return nil, err
	}
	return counts, os.Rename(f.Name(), path)
}

// unused refuses a path at which there is something.
func unused(path string) error {
	switch _, err := os.Lstat(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s exists already", path)
}

// citations are the rows that resources refer to, by type.
type citations map[string]map[uuid.UUID]bool

// urn writes a reference and remembers it.
func (c citations) urn(typ string, key uuid.UUID) string {
	if c[typ] == nil {
		c[typ] = map[uuid.UUID]bool{}
	}
	c[typ][key] = true
	return fhir.URN(typ, key)
}

// patient reads what belongs to a patient, and then what that refers to: from the last kind to the first, as each
// refers to earlier ones only. They are returned in the order of the kinds.
func (r *reading) patient(key uuid.UUID, cited citations) ([]resource, error) {
	var out []resource
	for _, k := range slices.Backward(kinds) {
		of := among("id", slices.Collect(maps.Keys(cited[k.typ])))
		switch {
		case k.owner == ofEnrollment:
			of = func(q *sql.Selector) {
				stays := sql.Table(enrollment.Table)
				q.Where(sql.In(q.C(ofEnrollment), sql.Select(stays.C(enrollment.FieldID)).From(stays).
					Where(sql.EQ(stays.C(enrollment.FieldPatientID), key))))
			}
		case k.owner != "":
			of = among(k.owner, []uuid.UUID{key})
		case k.typ == fhir.TypePractitionerRole: // nothing refers to it, but the professionals have it
			of = among("id", slices.Collect(maps.Keys(cited[fhir.TypePractitioner])))
		}
		rows, err := k.read(r, of)
		if err != nil {
			return nil, err
		}
		for _, row := range slices.Backward(rows) {
			if row.resource != nil {
				out = append(out, row.resource)
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}

// entry is a resource in a bundle.
type entry struct {
	FullURL  string   `json:"fullUrl"`
	Resource resource `json:"resource"`
	Request  request  `json:"request"`
}

type request struct {
	Method string `json:"method"`
	URL    string `json:"url"`
}

func writeBundle(w io.Writer, resources []resource) (Counts, error) {
	counts := Counts{}
	bundle := struct {
		ResourceType string  `json:"resourceType"`
		Type         string  `json:"type"`
		Entry        []entry `json:"entry"`
	}{"Bundle", "transaction", nil}
	for _, r := range resources {
		typ, id := r.TypeAndID()
		counts[typ]++
		bundle.Entry = append(bundle.Entry, entry{"urn:uuid:" + id, r, request{"PUT", typ + "/" + id}})
	}
	var buf bytes.Buffer
	encoder := newEncoder(&buf)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(bundle); err != nil {
		return nil, err
	}
	_, err := w.Write(buf.Bytes())
	return counts, err
}

// newEncoder writes JSON as it is read by people: FHIR is not put into HTML.
func newEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
