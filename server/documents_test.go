package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
)

// archive is a server within the test, whose clock the test moves.
type archive struct {
	*program
	t      *testing.T
	server *server
	blobs  string
	ahead  atomic.Int64
}

// limit is how large a document of an archive is at most.
const limit = 4 << 10

func newArchive(t *testing.T, database string) *archive {
	t.Helper()
	folder := t.TempDir()
	a := &archive{t: t, blobs: filepath.Join(folder, "blobs"), program: &program{database: database, secretFile: filepath.Join(folder, "carehub.secret")}}
	ctx := clock.With(context.WithoutCancel(t.Context()), a.now)
	settings := &serveCommand{
		Listen: "127.0.0.1:0", Patients: 10, CORSOrigin: []string{portal}, Blobs: a.blobs, DocumentLimit: limit,
	}
	settings.Database, settings.SecretFile = database, a.secretFile
	settings.StreamsPerIdentity, settings.StreamsPerAddress = 10, 10
	v, err := newServer(ctx, settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(v.handler())
	web.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	web.Start()
	t.Cleanup(func() {
		web.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := v.close(ctx); err != nil {
			t.Error(err)
		}
	})
	a.url, a.server = web.URL, v
	return a
}

// now is what the server's clock shows.
func (a *archive) now() time.Time { return time.Now().Add(time.Duration(a.ahead.Load())) }

// loads counts the downloads that were recorded.
func (a *archive) loads() int {
	a.t.Helper()
	n, err := a.server.store.Client.AuditEvent.Query().Where(auditevent.Operation("loadDocument")).Count(viewer.System(a.t.Context(), "test"))
	if err != nil {
		a.t.Fatal(err)
	}
	return n
}

// keeps returns what the folder keeps, file by file.
func (a *archive) keeps() (files [][]byte) {
	a.t.Helper()
	err := filepath.WalkDir(a.blobs, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files = append(files, content)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		a.t.Fatal(err)
	}
	return files
}

// stores sends a file as the user.
func (u *user) stores(patient, content string, headers ...string) (status int, header http.Header, answer object) {
	u.t.Helper()
	query := url.Values{"patientId": {patient}, "kind": {"CONSENT_EVIDENCE"}, "title": {"A fax"}}
	if u.token != "" {
		headers = append(headers, "Authorization", "Bearer "+u.token)
	}
	status, header, text := send(u.t, http.MethodPost, u.url+"/documents?"+query.Encode(), content, headers...)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		u.t.Fatalf("HTTP %d %s: %v", status, text, err)
	}
	return status, header, answer
}

// scan is a small document.
const scan = "%PDF-1.7\n1 0 obj\n<< /Canary (CanaryScan) >>\nendobj\ntrailer\n%%EOF\n"

// TestDocumentsOverHTTP: a file goes in and comes out over the real handlers, for who may, as long as they may.
func TestDocumentsOverHTTP(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		a := newArchive(t, database)
		t.Run("upload", func(t *testing.T) { testUpload(t, a) })
		t.Run("download", func(t *testing.T) { testDownload(t, a) })
	})
}

func testUpload(t *testing.T, a *archive) {
	coordinator := a.demoUser(t, "coordinator")
	ana := coordinator.ana("patients")
	// What it is, the content says, whatever the header does.
	status, header, made := coordinator.stores(ana, scan, "Content-Type", "image/png")
	sum := sha256.Sum256([]byte(scan))
	if status != http.StatusCreated || made["contentType"] != "application/pdf" || made["sha256"] != hex.EncodeToString(sum[:]) || made["size"] != float64(len(scan)) {
		t.Errorf("stored: %d %v", status, made)
	}
	if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("stored: %v", header)
	}
	kept := a.keeps()
	if len(kept) != 1 || bytes.Contains(kept[0], []byte("CanaryScan")) || bytes.Equal(kept[0], []byte(scan)) {
		t.Errorf("%d files are kept, or one as it was sent", len(kept))
	}
	stranger := *coordinator
	stranger.token = ""
	forger := *coordinator
	forger.token = "x.y.z"
	for what, c := range map[string]struct {
		who              *user
		patient, content string
		status           int
		code, argument   string
	}{
		"nobody":              {&stranger, ana, scan, 401, "UNAUTHENTICATED", ""},
		"a forged token":      {&forger, ana, scan, 401, "UNAUTHENTICATED", ""},
		"nobody, too large":   {&stranger, ana, strings.Repeat("x", limit+1), 401, "UNAUTHENTICATED", ""},
		"no access":           {a.user(t, "somebody", "STAFF_CONSOLE"), ana, scan, 403, "FORBIDDEN", ""},
		"a persona without":   {a.demoUser(t, "liaison"), ana, scan, 403, "FORBIDDEN", ""},
		"another patient":     {a.demoUser(t, "patient2"), ana, scan, 404, "NOT_FOUND", ""},
		"another's physician": {a.demoUser(t, "provider2"), ana, scan, 404, "NOT_FOUND", ""},
		"no patient":          {coordinator, "", scan, 400, "BAD_USER_INPUT", "patientId"},
		"a page":              {coordinator, ana, "<html><script>alert(1)</script></html>", 400, "BAD_USER_INPUT", "content"},
		"a program":           {coordinator, ana, "\x7fELF and so on and so on", 400, "BAD_USER_INPUT", "content"},
		"an archive":          {coordinator, ana, "PK\x03\x04 and so on and so on", 400, "BAD_USER_INPUT", "content"},
		"nothing":             {coordinator, ana, "", 400, "BAD_USER_INPUT", "content"},
		"too large":           {coordinator, ana, scan + strings.Repeat(" ", limit+1-len(scan)), 413, "BAD_USER_INPUT", "content"},
	} {
		status, _, said := c.who.stores(c.patient, c.content, "Content-Type", "application/pdf")
		if status != c.status || said["code"] != c.code || said["argument"] != c.argument {
			t.Errorf("%s: %d %v", what, status, said)
		}
	}
	if status, _, said := coordinator.stores(ana, "%PDF-1.7\n"+strings.Repeat(" ", limit-15)+"%%EOF\n"); status != http.StatusCreated {
		t.Errorf("as large as may be: %d %v", status, said)
	}
	if n := len(a.keeps()); n != 2 {
		t.Errorf("%d files are kept: what was refused is", n)
	}
	if status, _, _ := send(t, http.MethodPost, a.url+"/documents?access_token="+coordinator.token, scan); status != http.StatusUnauthorized {
		t.Errorf("a token in the address gets %d", status)
	}
	if status, _, _ := send(t, http.MethodDelete, a.url+"/documents", "", "Authorization", "Bearer "+coordinator.token); status != http.StatusMethodNotAllowed {
		t.Errorf("documents are deleted: %d", status)
	}
}

func testDownload(t *testing.T, a *archive) {
	coordinator, patient := a.demoUser(t, "coordinator"), a.demoUser(t, "patient")
	_, _, made := coordinator.stores(coordinator.ana("patients"), scan)
	input := object{"documentId": made["id"]}
	link := func(u *user) string { return u.url + u.does("createDocumentLink", input, "path").text("payload.path") }
	for _, foreign := range []string{"patient2", "provider2", "provider"} {
		a.demoUser(t, foreign).attempts("createDocumentLink", input, "path").refused("NOT_FOUND")
	}
	mine, before := link(patient), a.loads()
	for range 2 { // a browser asks twice, and each time is recorded
		status, header, text := send(t, http.MethodGet, mine, "")
		if status != http.StatusOK || text != scan {
			t.Fatalf("loaded: %d %q", status, text)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Disposition":     "attachment; filename=" + made["id"].(string) + ".pdf",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Accept-Ranges": "none",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
	if n := a.loads() - before; n != 2 {
		t.Errorf("%d downloads are recorded of 2", n)
	}
	if status, header, text := send(t, http.MethodHead, mine, ""); status != http.StatusOK || text != "" || header.Get("Content-Length") == "" {
		t.Errorf("its head: %d %v %q", status, header, text)
	}
	if status, _, text := send(t, http.MethodGet, mine, "", "Range", "bytes=0-3"); status != http.StatusOK || text != scan {
		t.Errorf("a part of it: %d %q", status, text)
	}
	for origin, want := range map[string]string{portal: portal, foreign: "", "null": "", portal + ".evil.example": ""} {
		_, header, _ := send(t, http.MethodGet, mine, "", "Origin", origin)
		_, before, _ := send(t, http.MethodOptions, a.url+"/documents", "", "Origin", origin,
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		for _, h := range []http.Header{header, before} {
			if got := h.Get("Access-Control-Allow-Origin"); got != want || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("a page of %s: %v", origin, h)
			}
		}
	}
	for what, bad := range map[string]string{"nobody's": a.url + "/documents/AAAA", "longer": mine + "A", "cut": mine[:len(mine)-4], "none": a.url + "/documents/", "a path": a.url + "/documents/..%2Fcarehub.secret"} {
		status, _, text := send(t, http.MethodGet, bad, "", "Authorization", "Bearer "+patient.token)
		if status != http.StatusNotFound || strings.Contains(text, "secret") {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	// A link is good for five minutes, and no token makes it better.
	before = a.loads()
	a.ahead.Add(int64(5 * time.Minute))
	if status, _, text := send(t, http.MethodGet, mine, "", "Authorization", "Bearer "+patient.token); status != http.StatusNotFound || !strings.Contains(text, "NOT_FOUND") {
		t.Errorf("after five minutes: %d %s", status, text)
	}
	if a.loads() != before {
		t.Error("a download is recorded that was none")
	}
	fresh := link(patient)
	// Rights that end end the links that were made under them.
	grants := coordinator.asks(`query($id: ID!) { patient(id: $id) { portalAccesses { nodes { id portal status } } } }`, object{"id": coordinator.ana("patients")})
	for _, node := range grants.at("patient.portalAccesses.nodes").([]any) {
		if n := node.(object); n["portal"] == "PATIENT_PORTAL" && n["status"] == "ACTIVE" {
			coordinator.does("suspendPortalAccess", object{"accessId": n["id"], "reason": "a lost phone"}, "access { status }")
		}
	}
	if status, _, text := send(t, http.MethodGet, fresh, ""); status == http.StatusOK || strings.Contains(text, "CanaryScan") {
		t.Errorf("who was shut out: %d", status)
	}
	if status, _, _ := send(t, http.MethodGet, link(coordinator), ""); status != http.StatusOK {
		t.Errorf("the coordinator: %d", status)
	}
}
