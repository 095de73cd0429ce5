// Package playground serves the pages from which people explore the API: the full playground, built from the
// Vite project in this folder, and a plain console that needs no build.
package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
)

// BuildCommand builds the full playground from the root of the repository.
const BuildCommand = "npm --prefix server/playground ci && npm --prefix server/playground run build"

// policy lets a page load from this server alone, with nothing inline; it also allows the websocket of the
// same origin, which browsers count as 'self'.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; img-src 'self' data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// folder is where a build on this machine lies. It is preferred over the embedded one, so that whoever runs
// the server from a checkout sees a fresh build without compiling again.
const folder = "server/playground/dist"

// embedded holds dist as it was when the server was compiled (the placeholder alone unless built before) and
// the console.
//
//go:embed all:dist console
var embedded embed.FS

// Options is what the pages need to know of the server.
type Options struct {
	// Identities names the demo identities that get a sign-in button; empty outside demo mode, where the
	// pages only offer to paste a token.
	Identities []string
}

// Handler serves the pages at / and /console and their files under /playground/. It answers nothing else.
func Handler(opts Options) http.Handler {
	return newHandler(opts, os.DirFS(folder), within(embedded, "dist"), within(embedded, "console"))
}

// Built says whether the full playground is there to be served at /.
func Built() bool {
	return firstBuilt(os.DirFS(folder), within(embedded, "dist")) != nil
}

// site serves the pages from its sources, of which each request takes the first build that exists: a build
// that finishes while the server runs is served on the next reload.
type site struct {
	builds   []fs.FS
	console  fs.FS
	page     *template.Template
	settings []byte
}

// newHandler routes to the pages and the two sorts of files. fresh and shipped are builds, the first preferred.
func newHandler(opts Options, fresh, shipped, console fs.FS) http.Handler {
	identities := opts.Identities
	if identities == nil {
		identities = []string{}
	}
	settings, err := json.Marshal(map[string]any{"identities": identities})
	if err != nil {
		panic(err) // strings always marshal
	}
	s := &site{
		builds:   []fs.FS{fresh, shipped},
		console:  console,
		page:     template.Must(template.ParseFS(console, "index.html")),
		settings: settings,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveFront)
	mux.HandleFunc("GET /console", s.serveConsole)
	mux.HandleFunc("GET /playground/settings.json", s.serveSettings)
	mux.HandleFunc("GET /playground/assets/{name...}", s.serveAsset)
	mux.HandleFunc("GET /playground/console/{name...}", s.serveConsoleFile)
	return guarded(mux)
}

// guarded sets the headers that every answer carries, refusals too.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// serveFront answers / with the full playground, or with the console as long as that is not built.
func (s *site) serveFront(w http.ResponseWriter, r *http.Request) {
	build := firstBuilt(s.builds...)
	if build == nil {
		s.serveConsole(w, r)
		return
	}
	page, err := fs.ReadFile(build, "index.html")
	if err != nil {
		http.Error(w, "the playground cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, "index.html", page)
}

// serveConsole answers with the console, which names the build command as long as nothing is built.
func (s *site) serveConsole(w http.ResponseWriter, r *http.Request) {
	var hint string
	if firstBuilt(s.builds...) == nil {
		hint = BuildCommand
	}
	var page bytes.Buffer
	if err := s.page.Execute(&page, hint); err != nil {
		http.Error(w, "the console cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, "index.html", page.Bytes())
}

// serveSettings tells the pages what to offer.
func (s *site) serveSettings(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, "settings.json", s.settings)
}

// serveAsset answers with a file of the build. Its name carries a hash of its content, so it never changes.
func (s *site) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := "assets/" + r.PathValue("name") // not joined: that would resolve the dots that fs.FS refuses
	for _, build := range s.builds {
		if content, ok := readFile(build, name); ok {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			send(w, r, name, content)
			return
		}
	}
	http.NotFound(w, r)
}

// serveConsoleFile answers with a file of the console, which browsers keep but ask about each time. The page
// itself is a template and only served filled in.
func (s *site) serveConsoleFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, ok := readFile(s.console, name)
	if !ok || name == "index.html" {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	send(w, r, name, content)
}

// readFile reads a regular file that is not hidden; anything else is reported as absent. fs.FS itself
// refuses names that lead out of it.
func readFile(fsys fs.FS, name string) ([]byte, bool) {
	if strings.HasPrefix(path.Base(name), ".") {
		return nil, false
	}
	info, err := fs.Stat(fsys, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	content, err := fs.ReadFile(fsys, name)
	return content, err == nil
}

// send writes content with its type, and answers conditional, range and HEAD requests.
func send(w http.ResponseWriter, r *http.Request, name string, content []byte) {
	w.Header().Set("Content-Type", contentType(name))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// contentType does not ask the machine for what the pages are made of: under nosniff a browser refuses a
// script whose type some system table has changed.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if byTable := mime.TypeByExtension(path.Ext(name)); byTable != "" {
		return byTable
	}
	return "application/octet-stream"
}

// firstBuilt returns the first of the builds that has a page, nil if none has.
func firstBuilt(builds ...fs.FS) fs.FS {
	for _, build := range builds {
		if _, ok := readFile(build, "index.html"); ok {
			return build
		}
	}
	return nil
}

// within narrows to a folder that the embed directive guarantees.
func within(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err)
	}
	return sub
}
