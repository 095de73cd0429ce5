package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/blob"
	"github.com/carehub/carehub/server/demo"
	"github.com/carehub/carehub/server/job"
	"github.com/carehub/carehub/server/playground"
	"github.com/carehub/carehub/server/reference"
	"github.com/carehub/carehub/server/secret"
	"github.com/carehub/carehub/server/wire"
)

// server is the running process.
type server struct {
	settings *serveCommand
	log      *slog.Logger

	store    *store.Store
	events   *stream.Log
	reads    *audit.Writer
	api      *graph.API
	auth     *auth.Authenticator
	demo     *auth.Demo // nil outside demo mode
	endpoint *wire.Endpoint
	behind   proxies
	jobs     *job.Runner

	leaving atomic.Bool
}

// newServer opens the database, brings it to the newest schema and builds everything that serves it.
func newServer(ctx context.Context, s *serveCommand, log *slog.Logger) (_ *server, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	keys, err := secret.LoadOrCreate(s.SecretFile)
	if err != nil {
		return nil, err
	}
	v := &server{settings: s, log: log}
	if v.behind, err = parseProxies(s.TrustedProxies); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.close(ctx))
		}
	}()
	if v.store, err = store.Open(ctx, s.Database); err != nil {
		return nil, err
	}
	if err := v.store.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := reference.Ensure(ctx, v.store.Client); err != nil {
		return nil, err
	}
	if v.events, err = stream.Open(ctx, v.store, stream.Options{Key: keys.Derive("stream cursors"), Logger: log}); err != nil {
		return nil, err
	}
	v.reads = audit.NewWriter(v.store.Client)
	cursors, err := relay.NewSealer(keys.Derive("list cursors"))
	if err != nil {
		return nil, err
	}
	identities := graph.NewDirectory(v.store.Client, keys.Cipher)
	blobs, err := blob.Open(s.Blobs, keys.Derive("blobs"))
	if err != nil {
		return nil, err
	}
	house := s.clearinghouse()
	v.api, err = graph.New(graph.Options{
		Electronic: house != nil,
		Blobs:      blobs, LinkKey: keys.Derive("document links"),
		Client: v.store.Client, Log: v.events, Reads: v.reads, Cursors: cursors, Identities: identities,
		RequestID: requestID, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	if err := v.authenticate(ctx, keys, v.signIn(identities)); err != nil {
		return nil, err
	}
	v.endpoint, err = wire.New(wire.Options{
		Executor: v.api, Authenticate: v.auth.Authenticate, Origins: s.CORSOrigin, Address: v.behind.origin, Limits: s.limits(), Log: log,
	})
	if err != nil {
		return nil, err
	}
	// The identity is forgotten first, so that a socket that comes back is asked about anew.
	v.events.OnAccessChanged(func(subject uuid.UUID) {
		identities.Forget(subject)
		v.endpoint.Revoke(subject)
	})
	if v.demo != nil {
		if err := demo.Seed(ctx, v.store, v.api, demo.Options{Patients: s.Patients}); err != nil {
			return nil, err
		}
		who := demo.Identities()[0]
		if _, err := identities.Lookup(ctx, auth.DemoIssuer, who.Name, string(who.Portal)); err != nil {
			log.Warn("the database holds other data, so there are no demo identities to sign in as")
		}
	}
	jobs := s.jobs()
	if s.Jobs {
		jobs = append(jobs, orphans(blobs))
		if house != nil {
			jobs = append(jobs, exchange(&graph.Exchange{Client: v.store.Client, House: house, Logger: log}))
		}
	}
	v.jobs = job.Start(ctx, v.store, jobs, job.Options{Logger: log})
	return v, nil
}

// signIn looks up who comes in, and notes that they did. Who may come in does so even where that can not be noted.
func (v *server) signIn(identities *graph.Directory) auth.Lookup {
	return func(ctx context.Context, issuer, subject, portal string) (*viewer.Identity, error) {
		id, err := identities.Lookup(ctx, issuer, subject, portal)
		if err != nil {
			return nil, err
		}
		if err := identities.Entered(ctx, id, portal); err != nil {
			v.log.WarnContext(ctx, "cannot note that a portal was entered", "error", err, "request", requestID(ctx))
		}
		return id, nil
	}
}

// authenticate sets up whose tokens are accepted.
func (v *server) authenticate(ctx context.Context, keys *secret.Secret, lookup auth.Lookup) (err error) {
	if v.settings.demo() {
		if v.demo, err = auth.NewDemo(keys.DemoKey()); err != nil {
			return err
		}
	}
	issuers, err := v.settings.issuers(v.demo)
	if err != nil {
		return err
	}
	verifier, err := auth.New(auth.Options{Issuers: issuers, Now: func() time.Time { return clock.Now(ctx) }, Log: v.log})
	if err != nil {
		return err
	}
	v.auth = auth.NewAuthenticator(verifier, lookup)
	return nil
}

// handler routes requests.
func (v *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", v.endpoint)
	documents := v.documents()
	mux.Handle("/documents", documents)
	mux.Handle(graph.DocumentPath, documents)
	mux.HandleFunc("GET /schema", v.schema)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", v.ready)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, version()) })
	mux.HandleFunc("POST /invitation", v.invitation)
	if v.demo != nil {
		mux.HandleFunc("POST /demo/token", v.demoToken)
	}
	mux.Handle("/", playground.Handler(playground.Options{Identities: v.identities()}))
	return named(mux, v.behind)
}

// identities are those whom the playground offers to sign in as.
func (v *server) identities() []string {
	if v.demo == nil {
		return nil
	}
	var names []string
	for _, i := range demo.Identities() {
		names = append(names, i.Name)
	}
	return names
}

// ready answers whether requests should be sent here: the database answers, is at the newest schema, and the
// server is not about to leave.
func (v *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	pending, err := v.store.Pending(ctx)
	switch {
	case v.leaving.Load():
		answer(w, http.StatusServiceUnavailable, "leaving")
	case err != nil:
		v.log.ErrorContext(ctx, "not ready", "error", err)
		answer(w, http.StatusServiceUnavailable, "the database does not answer")
	case len(pending) > 0:
		answer(w, http.StatusServiceUnavailable, "the database is not migrated")
	default:
		answer(w, http.StatusOK, "ready")
	}
}

// schema answers with the contract as the token's identity sees it.
func (v *server) schema(w http.ResponseWriter, r *http.Request) {
	token, err := auth.BearerToken(r)
	if err != nil {
		answer(w, http.StatusUnauthorized, "a token is needed")
		return
	}
	id, err := v.auth.Authenticate(r.Context(), token)
	switch {
	case err == nil:
		answer(w, http.StatusOK, v.api.Views[id.Role].SDL)
	case errors.Is(err, auth.ErrUnauthenticated):
		answer(w, http.StatusUnauthorized, "the token is refused")
	case errors.Is(err, auth.ErrNoAccess), errors.Is(err, graph.ErrUnknownUser), errors.Is(err, graph.ErrNoPortal):
		answer(w, http.StatusForbidden, "the identity has no access")
	default:
		v.log.ErrorContext(r.Context(), "cannot authenticate", "error", err)
		answer(w, http.StatusServiceUnavailable, "internal error")
	}
}

// demoToken signs a demo identity in, for pages of this server alone. With a portal it signs in whoever is named, known
// or not, as an identity provider would: who was invited to the portal comes so with the code.
func (v *server) demoToken(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Sec-Fetch-Site"); origin != "" && origin != "same-origin" {
		answer(w, http.StatusForbidden, "only pages of this server sign in here")
		return
	}
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host && o != "https://"+r.Host {
		answer(w, http.StatusForbidden, "only pages of this server sign in here")
		return
	}
	var in struct {
		As     string `json:"as"`
		Portal string `json:"portal"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in); err != nil {
		answer(w, http.StatusBadRequest, `the body is {"as": "NAME"}`)
		return
	}
	who, ok := demo.Find(in.As)
	if !ok && in.Portal != "" {
		who, ok = demo.Identity{Name: in.As}, in.As != ""
	}
	if in.Portal != "" {
		who.Portal = code.Portal(in.Portal)
	}
	if !ok || !slices.Contains(code.Portal("").Values(), string(who.Portal)) {
		answer(w, http.StatusNotFound, "no such demo identity")
		return
	}
	token, expires, err := v.demo.Token(who.Name, string(who.Portal), time.Now())
	if err != nil {
		v.log.ErrorContext(r.Context(), "demo token", "error", err)
		answer(w, http.StatusInternalServerError, "internal error")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck,errchkjson // a client that has gone hears nothing
		"token": token, "expiresAt": expires.UTC().Format(time.RFC3339), "name": who.Name, "persona": who.Persona,
	})
}

// answer writes a short text.
func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

// serve answers requests on the listener until the context ends; then it lets go of its clients one after the
// other and waits for what is under way. Until the last of them has left it goes on to answer, so that whoever asks
// hears that it is not ready any more.
func (v *server) serve(ctx context.Context, listener net.Listener) error {
	web := &http.Server{
		Handler:           v.handler(),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) }, // for its clock
		ConnContext:       wire.Bounded,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(v.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	v.endpoint.CloseDoors()
	v.leaving.Store(true)
	v.log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	draining, drained := context.WithTimeout(grace, 15*time.Second)
	defer drained()
	err := errors.Join(v.endpoint.Drain(draining), web.Shutdown(grace))
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// close gives back what the server holds, in the order in which nothing still needs it.
func (v *server) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if v.jobs != nil {
		err = errors.Join(err, v.jobs.Close(ctx))
	}
	if v.events != nil {
		err = errors.Join(err, v.events.Close(ctx))
	}
	if v.reads != nil {
		err = errors.Join(err, v.reads.Close(ctx))
	}
	if v.store != nil {
		err = errors.Join(err, v.store.Close())
	}
	return err
}
