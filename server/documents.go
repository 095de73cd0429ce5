package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/blob"
	"github.com/carehub/carehub/server/job"
)

// transfers bounds how many documents are in memory at once.
const transfers = 16

// documents takes in and hands out the files of documents: POST /documents?patientId=&kind=&title= with the bytes as the
// body, and GET of a link that createDocumentLink made.
func (v *server) documents() http.Handler {
	seats := make(chan struct{}, transfers)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /documents", v.storeDocument)
	mux.HandleFunc("GET "+graph.DocumentPath+"{link}", v.loadDocument)
	shared := cors.New(cors.Options{
		AllowOriginFunc: v.listed, AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key"}, ExposedHeaders: []string{"Content-Disposition"}, MaxAge: 600,
	})
	return shared.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Referrer-Policy", "no-referrer")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
			mux.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
}

// listed reports whether pages of the origin may call.
func (v *server) listed(origin string) bool {
	for _, o := range v.settings.CORSOrigin {
		if strings.EqualFold(o, origin) {
			return true
		}
	}
	return false
}

// storeDocument takes in a file. Who sends it is known before a byte of it is read.
func (v *server) storeDocument(w http.ResponseWriter, r *http.Request) {
	token, err := auth.BearerToken(r)
	if err != nil {
		v.refuse(w, r, fault.New(fault.Unauthenticated, "a token is needed"))
		return
	}
	id, err := v.auth.Authenticate(r.Context(), token)
	switch {
	case errors.Is(err, auth.ErrUnauthenticated):
		err = fault.New(fault.Unauthenticated, "the token is refused")
	case errors.Is(err, auth.ErrNoAccess):
		err = fault.New(fault.Forbidden, "the identity has no access")
	}
	if err != nil {
		v.refuse(w, r, err)
		return
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, v.settings.DocumentLimit))
	if err != nil {
		refused := fault.Input("content", "at most %d bytes, and all of them", v.settings.DocumentLimit)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			v.refuseWith(w, http.StatusRequestEntityTooLarge, refused.Code, refused.Message, refused.Argument)
		} else {
			v.refuse(w, r, refused)
		}
		return
	}
	query := r.URL.Query()
	up := graph.Upload{Patient: query.Get("patientId"), Kind: code.DocumentKind(query.Get("kind")), Title: query.Get("title"), Content: content}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		up.IdempotencyKey = &key
	}
	ctx := viewer.NewContext(r.Context(), id)
	row, err := v.api.StoreDocument(ctx, up)
	if err != nil {
		v.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck,errchkjson // a client that has gone hears nothing
		"id": row.GlobalID().String(), "kind": row.Kind, "title": row.Title, "contentType": row.ContentType, "size": row.Size, "sha256": row.Sha256,
	})
}

// loadDocument hands out the file of a link, as a download and never as a page.
func (v *server) loadDocument(w http.ResponseWriter, r *http.Request) {
	row, content, err := v.api.OpenDocument(r.Context(), r.PathValue("link"))
	if err != nil {
		v.refuse(w, r, err)
		return
	}
	extension := map[string]string{"application/pdf": ".pdf", "image/tiff": ".tiff", "image/png": ".png", "image/jpeg": ".jpg"}[row.ContentType]
	w.Header().Set("Content-Type", row.ContentType)
	w.Header().Set("Accept-Ranges", "none") // each download is whole, and recorded as such
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": row.GlobalID().String() + extension}))
	w.Write(content) //nolint:errcheck // a client that has gone hears nothing
}

// statuses are the HTTP statuses of what is refused.
var statuses = map[fault.Code]int{
	fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound,
	fault.BadUserInput: http.StatusBadRequest, fault.Conflict: http.StatusConflict, fault.Timeout: http.StatusGatewayTimeout,
}

// refuse answers with why, as a code and in words.
func (v *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Classify(err)
	status, known := statuses[f.Code]
	message := f.Message
	if !known {
		v.log.ErrorContext(r.Context(), "a document", "error", err, "request", requestID(r.Context()))
		status, message = http.StatusInternalServerError, "internal error"
	}
	v.refuseWith(w, status, f.Code, message, f.Argument)
}

// refuseWith answers with the code and the words.
func (v *server) refuseWith(w http.ResponseWriter, status int, code fault.Code, message, argument string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message, "argument": argument}) //nolint:errcheck,errchkjson // see above
}

// orphanAge is how old a blob is before it counts as left over: no upload takes that long.
const orphanAge = 24 * time.Hour

// orphans removes blobs that no document names. It changes nothing in the database, and what it has done once it finds
// nothing of again.
func orphans(blobs blob.Store) job.Job {
	const part = 100
	full := errors.New("enough for one batch")
	return job.Job{
		Name: "orphaned blobs",
		Next: job.Every(24 * time.Hour),
		Do: func(ctx context.Context, tx *store.Tx, now time.Time) (bool, error) {
			var keys []string
			removed := 0
			sweep := func() error {
				left, err := graph.Orphans(ctx, tx.Tx, keys)
				keys = keys[:0]
				for _, key := range left {
					if err := blobs.Delete(ctx, key); err != nil {
						return err
					}
					removed++
				}
				if err == nil && removed >= part {
					err = full
				}
				return err
			}
			err := blobs.Each(ctx, func(key string, put time.Time) error {
				if now.Sub(put) < orphanAge {
					return nil
				}
				if keys = append(keys, key); len(keys) < part {
					return nil
				}
				return sweep()
			})
			if err == nil {
				err = sweep()
			}
			if errors.Is(err, full) {
				return true, nil
			}
			return false, err
		},
	}
}
