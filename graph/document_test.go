package graph_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/png"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/fault"
)

// blobs keeps bytes in memory.
type blobs map[string][]byte

func (b blobs) Put(_ context.Context, key string, content []byte) error { b[key] = content; return nil }

func (b blobs) Delete(_ context.Context, key string) error { delete(b, key); return nil }

func (b blobs) Get(_ context.Context, key string) ([]byte, error) {
	content, ok := b[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return content, nil
}

var fax = []byte("%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n%%EOF\n")

// upload stores a file for a patient.
func (w *world) upload(who, patient string, content []byte, key *string) (*ent.Document, error) {
	return w.api.StoreDocument(w.as(who), graph.Upload{
		Patient: w.id("patient " + patient), Kind: "CONSENT_EVIDENCE", Title: "A fax", Content: content, IdempotencyKey: key,
	})
}

const (
	linked  = `mutation($id: ID!) { createDocumentLink(input: {documentId: $id}) { path expiresAt } }`
	proofed = `mutation($input: RecordConsentInput!) { recordConsent(input: $input) { consent { id status document { id } agentName scriptVersion evidenceKind } } }`
)

// A file comes in from whoever may send it, and goes out by a link to whoever may see it.
func TestDocuments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		key := "once"
		stored, err := w.upload("coordinator", "ann", fax, &key)
		w.ok(err)
		again, err := w.upload("coordinator", "ann", fax, &key)
		w.ok(err)
		if again.ID != stored.ID || len(w.blobs) != 1 || stored.ContentType != "application/pdf" || stored.Size != int64(len(fax)) {
			t.Errorf("stored %+v, again %s, %d blobs", stored, again.ID, len(w.blobs))
		}
		for _, c := range []struct {
			who, patient string
			code         fault.Code
		}{
			{"coordinator2", "ann", fault.NotFound},
			{"patient2", "ann", fault.NotFound},
			{"provider2", "ann", fault.NotFound},
			{"liaison", "ann", fault.Forbidden},
			{"privacy", "bob", fault.Forbidden},
			{"analyst", "ann", fault.Forbidden},
		} {
			if _, err := w.upload(c.who, c.patient, fax, nil); fault.CodeOf(err) != c.code {
				t.Errorf("%s stores for %s: %v", c.who, c.patient, err)
			}
		}
		for _, who := range []string{"patient", "provider"} {
			if _, err := w.upload(who, "ann", fax, nil); err != nil {
				t.Errorf("%s: %v", who, err)
			}
		}
		if len(w.blobs) != 3 {
			t.Errorf("%d blobs: what was refused is kept, or what was not is missing", len(w.blobs))
		}

		id := vars{"id": stored.GlobalID().String()}
		for _, who := range []string{"patient2", "provider", "provider2", "coordinator2", "safety"} {
			w.refused("NOT_FOUND", who, linked, id)
		}
		link := func(who string) string {
			return strings.TrimPrefix(w.must(who, linked, id).text("createDocumentLink.path"), graph.DocumentPath)
		}
		token := link("coordinator")
		before := w.audits("loadDocument")
		row, content, err := w.api.OpenDocument(t.Context(), token)
		if err != nil || row.ID != stored.ID || !bytes.Equal(content, fax) {
			t.Fatalf("loaded %v: %v", row, err)
		}
		if w.audits("loadDocument") != before+1 {
			t.Error("nobody has noted that the document was loaded")
		}
		raw, err := base64.RawURLEncoding.DecodeString(token)
		w.ok(err)
		for i := range raw { // whatever is changed, it is no link any more
			forged := bytes.Clone(raw)
			forged[i] ^= 1
			if _, _, err := w.api.OpenDocument(t.Context(), base64.RawURLEncoding.EncodeToString(forged)); fault.CodeOf(err) != fault.NotFound {
				t.Fatalf("byte %d was changed: %v", i, err)
			}
		}
		for _, bad := range []string{"", "../x", token + "A", token[:20]} {
			if _, _, err := w.api.OpenDocument(t.Context(), bad); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%q: %v", bad, err)
			}
		}
		// Rights that have gone since take the link with them.
		w.ok(w.client.Identity.UpdateOneID(w.row("user coordinator")).SetStatus("DISABLED").Exec(w.system()))
		if _, _, err := w.api.OpenDocument(t.Context(), token); err == nil {
			t.Error("who was shut out loads it")
		}
		token = link("patient")
		w.later(5*time.Minute - time.Second)
		if _, _, err := w.api.OpenDocument(t.Context(), token); err != nil {
			t.Errorf("within its time: %v", err)
		}
		w.later(time.Second)
		if _, _, err := w.api.OpenDocument(t.Context(), token); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("after its time: %v", err)
		}
	})
}

// What a file is, its content says; what is none of the four kinds is refused.
func TestHostileDocuments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		var picture bytes.Buffer
		w.ok(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))))
		for name, content := range map[string][]byte{
			"empty": {}, "text": []byte("hello"), "page": []byte("<html><script>alert(1)</script>"), "archive": []byte("PK\x03\x04 and so on"),
			"page before PDF": append([]byte("<html>\n"), fax...), "PDF cut off": fax[:12], "picture in name": []byte("\x89PNG\r\n\x1a\n<script>"),
			"GIF": []byte("GIF89a and so on, and so on"), "TIFF without directory": []byte("II*\x00\xff\xff\xff\x7f and so on"),
			"vector": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		} {
			if _, err := w.upload("coordinator", "ann", content, nil); fault.CodeOf(err) != fault.BadUserInput {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(w.blobs) != 0 {
			t.Errorf("%d blobs of what was refused", len(w.blobs))
		}
		for want, content := range map[string][]byte{
			"image/png": picture.Bytes(), "image/tiff": []byte("MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"), "application/pdf": fax,
		} {
			if got, err := w.upload("coordinator", "ann", content, nil); err != nil || got.ContentType != want {
				t.Errorf("%s: %v %v", want, got, err)
			}
		}
	})
}

// Each channel leaves behind evidence of its own kind, and a document proves what its patient said only.
func TestEvidence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		own, err := w.upload("coordinator", "ann", fax, nil)
		w.ok(err)
		other, err := w.upload("coordinator", "cal", fax, nil)
		w.ok(err)
		foreign, err := w.upload("coordinator2", "bob", fax, nil)
		w.ok(err)
		give := func(channel string, evidence, more vars) vars {
			input := vars{"patientId": w.id("patient ann"), "scope": "DATA_PROCESSING", "capturedVia": channel, "evidence": evidence}
			for k, v := range more {
				input[k] = v
			}
			return vars{"input": input}
		}
		paper := vars{"documentId": own.GlobalID().String()}
		for _, channel := range []string{"FAX", "LETTER", "EMAIL"} {
			got := w.must("coordinator", proofed, give(channel, paper, nil))
			if got.text("recordConsent.consent.document.id") != own.GlobalID().String() || got.text("recordConsent.consent.evidenceKind") != "SCANNED_DOCUMENT" {
				t.Errorf("%s: %s", channel, got.raw)
			}
			w.refused("NOT_FOUND", "coordinator", proofed, give(channel, vars{"documentId": foreign.GlobalID().String()}, nil))
			w.refused("BAD_USER_INPUT", "coordinator", proofed, give(channel, vars{"documentId": other.GlobalID().String()}, nil))
			for _, bad := range []string{"SCAN-17", w.id("patient ann")} {
				w.refused("BAD_USER_INPUT", "coordinator", proofed, give(channel, vars{"documentId": bad}, nil))
			}
			w.refused("BAD_USER_INPUT", "coordinator", proofed, give(channel, vars{"witness": "A nurse"}, nil))
		}
		call := w.must("coordinator", proofed, give("PHONE", vars{"recordingId": "R-1"}, vars{"scriptVersion": "7", "agentName": "Kim"}))
		if call.text("recordConsent.consent.agentName") != "Kim" || call.text("recordConsent.consent.scriptVersion") != "7" {
			t.Errorf("a call: %s", call.raw)
		}
		w.refused("BAD_USER_INPUT", "coordinator", proofed, give("FAX", paper, vars{"scriptVersion": "7"}))
		w.refused("BAD_USER_INPUT", "coordinator", proofed, give("PHONE", vars{"recordingId": "R-1"}, vars{"agentName": " "}))
		w.must("coordinator", proofed, give("IN_PERSON", vars{"witness": "A nurse"}, nil))
		w.refused("BAD_USER_INPUT", "coordinator", proofed, give("PORTAL", vars{"signatureId": "S-1"}, nil)) // nobody has signed so
		w.refused("BAD_USER_INPUT", "coordinator", proofed, give("SMS", vars{"signatureId": "S-1"}, nil))

		// The store refuses it too, whichever way it comes.
		err = w.client.Consent.Create().SetPatientID(w.row("patient ann")).SetScope("MARKETING").SetStatus("DRAFT").SetDecision("PERMIT").SetCapturedVia("FAX").
			SetCapturedAt(noon).SetEffectiveFrom(noon).SetSignerRole("SELF").SetDocumentID(other.ID).Exec(w.system())
		if err == nil || !strings.Contains(err.Error(), "same patient") {
			t.Errorf("another patient's document: %v", err)
		}
	})
}
