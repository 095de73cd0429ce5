package graph

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	_ "image/jpeg" // what a document may be
	_ "image/png"
	"slices"
	"strings"
	"unicode/utf8"

	entgo "entgo.io/ent"
	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/document"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// Blobs keeps the bytes of documents under keys that the server makes.
type Blobs interface {
	Put(ctx context.Context, key string, content []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Upload is a document as it comes in.
type Upload struct {
	Patient        string // its identifier
	Kind           code.DocumentKind
	Title          string
	Content        []byte
	IdempotencyKey *string
}

// StoreDocument stores a document about a patient whom the context's viewer sees, and returns its row. The bytes are kept
// before the row is written; what is left of an upload that failed in between is removed in time.
func (a *API) StoreDocument(ctx context.Context, up Upload) (*ent.Document, error) {
	if a.options.Blobs == nil {
		return nil, fault.New(fault.Internal, "documents are not kept here")
	}
	ctx, cancel := context.WithTimeout(a.prepare(ctx), a.options.Timeout)
	defer cancel()
	v := viewer.From(ctx)
	if v == nil {
		return nil, fault.New(fault.Unauthenticated, "sign in first")
	}
	if !rule.May(v.Role, ent.TypeDocument, entgo.OpCreate) {
		return nil, fault.New(fault.Forbidden, "a %s stores no documents", v.Role)
	}
	patient, err := gid.Parse(v, up.Patient)
	if err != nil {
		return nil, fault.Input("patientId", "not an identifier")
	}
	if err := expect(patient, "patient", "patientId"); err != nil {
		return nil, err
	}
	if !slices.Contains(up.Kind.Values(), string(up.Kind)) {
		return nil, fault.Input("kind", "not a kind of document")
	}
	title, err := sentence(up.Title, "title", 200)
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(title, 0) || !utf8.ValidString(title) {
		return nil, fault.Input("title", "a text without NUL characters")
	}
	media, err := mediaType(up.Content)
	if err != nil {
		return nil, err
	}
	if seen, err := a.options.Client.Visible(ctx, ent.TypePatient, patient.UUID); err != nil || !seen {
		if err == nil {
			err = fault.Missing("patient")
		}
		return nil, err
	}
	key, sum := blobKey(), sha256.Sum256(up.Content)
	if err := a.options.Blobs.Put(ctx, key, up.Content); err != nil {
		return nil, err
	}
	r := &resolver{Options: a.options}
	said := []string{up.Patient, string(up.Kind), title, hex.EncodeToString(sum[:])}
	id, err := r.change(ctx, "storeDocument", up.IdempotencyKey, said, func(c *change) (uuid.UUID, error) {
		made, err := c.tx.Document.Create().SetPatientID(patient.UUID).SetKind(up.Kind).SetTitle(title).SetContentType(media).
			SetSize(int64(len(up.Content))).SetSha256(said[3]).SetBlob(key).Save(c)
		if err != nil {
			return uuid.Nil, err
		}
		c.record(code.AuditActionCreate, ent.TypeDocument, &patient.UUID, made.ID)
		return made.ID, nil
	})
	var row *ent.Document
	if err == nil {
		row, err = a.options.Client.Document.Get(ctx, id)
	}
	// A row that names the key may have been written even where the transaction seems to have failed: only what is
	// certainly another upload's is removed at once.
	if err == nil && row.Blob != key {
		err = a.options.Blobs.Delete(ctx, key)
	}
	return row, err
}

// blobKey returns a key that tells nothing and that nobody guesses.
func blobKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return hex.EncodeToString(key[:])
}

// mediaType tells what the content is from the content alone, and refuses what is no whole PDF, TIFF, PNG or JPEG.
func mediaType(content []byte) (string, error) {
	refused := fault.Input("content", "a document is a PDF, TIFF, PNG or JPEG file")
	switch media := mimetype.Detect(content).String(); media {
	case "application/pdf":
		if !bytes.HasPrefix(content, []byte("%PDF-")) || !bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")) {
			return "", refused
		}
		return media, nil
	case "image/png", "image/jpeg":
		if _, format, err := image.DecodeConfig(bytes.NewReader(content)); err != nil || "image/"+format != media {
			return "", refused
		}
		return media, nil
	case "image/tiff":
		order := binary.ByteOrder(binary.LittleEndian)
		if content[0] == 'M' {
			order = binary.BigEndian
		}
		// The first directory of a TIFF lies where its header says.
		if len(content) < 14 || int64(order.Uint32(content[4:]))+6 > int64(len(content)) {
			return "", refused
		}
		return media, nil
	}
	return "", refused
}

// PatientDocuments resolves Query.patientDocuments.
func (r queryResolver) PatientDocuments(ctx context.Context, patientID gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Document], error) {
	if err := r.seesPatient(ctx, patientID); err != nil {
		return nil, err
	}
	return relay.Each(ctx, r.Client.Document.Query, list.PatientDocuments, patientID.UUID, page(first, after, last, before), r.Client.LoadDocument)
}

// MyDocuments resolves Query.myDocuments.
func (r queryResolver) MyDocuments(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Document], error) {
	return relay.Page(ctx, r.Client.Document.Query(), list.MyDocuments, page(first, after, last, before), r.Client.LoadDocument)
}

// Size resolves Document.size.
func (r documentResolver) Size(_ context.Context, obj *ent.Document) (int, error) {
	return int(obj.Size), nil
}

// Orphans returns those of the keys that no document names.
func Orphans(ctx context.Context, tx *ent.Tx, keys []string) ([]string, error) {
	named, err := tx.Document.Query().Where(document.BlobIn(keys...)).Select(document.FieldBlob).Strings(viewer.System(ctx, "orphans"))
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return slices.Contains(named, key) }), err
}

// OpenDocument returns the document of a link and its bytes. The link is the viewer's of that day; whether the viewer may
// still come in and see the document is asked anew, and that it was loaded is recorded before it leaves.
func (a *API) OpenDocument(ctx context.Context, token string) (*ent.Document, []byte, error) {
	ctx, cancel := context.WithTimeout(a.prepare(ctx), a.options.Timeout)
	defer cancel()
	l, err := readLink(ctx, a.options.LinkKey, token)
	if err != nil {
		return nil, nil, err
	}
	ctx = viewer.NewContext(ctx, &viewer.Identity{Key: l.identity, Portal: l.portal})
	if ctx, err = a.options.Identities.Fresh(ctx); err != nil {
		return nil, nil, errors.Join(errLink, err)
	}
	ctx = a.prepare(ctx)
	recorder := audit.NewRecorder(viewer.From(ctx), a.options.RequestID(ctx))
	ctx = audit.NewContext(ctx, recorder)
	row, err := a.options.Client.Document.Get(ctx, l.document)
	if ent.IsNotFound(err) {
		return nil, nil, errLink
	}
	if err != nil {
		return nil, nil, err
	}
	content, err := a.options.Blobs.Get(ctx, row.Blob)
	if err != nil {
		return nil, nil, err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != row.Sha256 {
		return nil, nil, errors.New("a document is not what was stored")
	}
	if err := a.options.Reads.Write(ctx, recorder.Entries("loadDocument")...); err != nil {
		return nil, nil, err
	}
	return row, content, nil
}
