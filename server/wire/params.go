package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/graph/fault"
)

// readParams returns what a request asks for.
func (e *Endpoint) readParams(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	start := graphql.Now()
	read := getParams
	if r.Method == http.MethodPost {
		read = func(r *http.Request) (*graphql.RawParams, *refusal) { return postParams(w, r, e.limits.Body) }
	}
	params, refused := read(r)
	if refused != nil {
		return nil, refused
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil
}

// postParams reads the body. Only JSON is taken: the other types of a plain HTML form reach a server from
// any page without the browser asking first.
func postParams(w http.ResponseWriter, r *http.Request, limit int64) (*graphql.RawParams, *refusal) {
	media, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := attributes["charset"]
	if err != nil || media != plainJSON || (named && !strings.EqualFold(charset, "utf-8")) || r.Header.Get("Content-Encoding") != "" {
		return nil, &refusal{
			status: http.StatusUnsupportedMediaType, code: fault.BadUserInput,
			message: "the body must be application/json in UTF-8, not compressed",
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, code: fault.BadUserInput, message: "the body is too large"}
	case err != nil:
		return nil, malformed("the body could not be read")
	}
	return decodeParams(body)
}

// getParams reads the query string, whose variables and extensions are JSON.
func getParams(r *http.Request) (*graphql.RawParams, *refusal) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the query string is not well-formed")
	}
	params := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for _, m := range []struct {
		name string
		to   *map[string]any
	}{{"variables", &params.Variables}, {"extensions", &params.Extensions}} {
		if v := values.Get(m.name); v != "" && !decode([]byte(v), m.to) {
			return nil, malformed(m.name + " must be a JSON object")
		}
	}
	return complete(params)
}

// decodeParams reads a GraphQL request from JSON. The body is never part of a message: it may not parse
// because it was cut in the middle of somebody's data.
func decodeParams(raw []byte) (*graphql.RawParams, *refusal) {
	var members map[string]json.RawMessage
	if !utf8.Valid(raw) || json.Unmarshal(raw, &members) != nil || members == nil {
		return nil, malformed("the request must be one JSON object")
	}
	params := &graphql.RawParams{}
	for _, m := range []struct {
		name, kind string
		to         any
	}{
		{"query", "string", &params.Query},
		{"operationName", "string", &params.OperationName},
		{"variables", "object", &params.Variables},
		{"extensions", "object", &params.Extensions},
	} {
		if v, ok := members[m.name]; ok && !decode(v, m.to) {
			return nil, malformed(m.name + " must be a JSON " + m.kind)
		}
	}
	return complete(params)
}

// complete refuses a request that names no document, neither in full nor by its hash.
func complete(params *graphql.RawParams) (*graphql.RawParams, *refusal) {
	if _, persisted := params.Extensions["persistedQuery"]; params.Query == "" && !persisted {
		return nil, malformed("query is missing")
	}
	return params, nil
}

// decode reads one JSON value and reports whether it has the type of to. Numbers keep their digits.
func decode(raw []byte, to any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(to) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}
