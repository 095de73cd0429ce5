package main

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/google/uuid"

	"github.com/carehub/carehub/graph"
)

type requestKey struct{}

// named gives every request an identifier, under which the logs and errors speak of it, and notes where it came from.
func named(next http.Handler, behind proxies) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		w.Header().Set("X-Request-Id", id)
		ctx := graph.From(context.WithValue(r.Context(), requestKey{}, id), behind.origin(r))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// requestID returns the identifier of the context's request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// version tells what was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return text
}
