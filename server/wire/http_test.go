package wire_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/wire"
)

const (
	asJSON     = "Accept: application/json"
	asResponse = "Accept: application/graphql-response+json"
)

func TestAnswers(t *testing.T) {
	s := newServer(t)
	hello := request("{ hello }")
	for _, c := range []struct {
		name, method, query, body string
		headers                   []string
		status                    int
		media, want               string
	}{
		{"post", "POST", "", hello, nil, 200, "application/json", `{"data":{"hello":"world"}}`},
		{"any", "POST", "", hello, []string{"Accept: */*"}, 200, "application/json", `{"data":{"hello":"world"}}`},
		{"response type", "POST", "", hello, []string{asResponse}, 200, "application/graphql-response+json", `{"data":{"hello":"world"}}`},
		{"charset", "POST", "", hello, []string{"Content-Type: application/json; charset=UTF-8"}, 200, "application/json", `{"data":{"hello":"world"}}`},
		{
			"variables", "POST", "", `{"query":"query Q($t: String!) { echo(text: $t) }","operationName":"Q","variables":{"t":"ü<>"},"extensions":null}`,
			nil, 200, "application/json", `{"data":{"echo":"ü\u003c\u003e"}}`,
		},
		{"get", "GET", "?query=" + url.QueryEscape("{ hello }"), "", nil, 200, "application/json", `{"data":{"hello":"world"}}`},
		{
			"get with variables", "GET", "?variables=" + url.QueryEscape(`{"t":"a"}`) + "&query=" + url.QueryEscape("query ($t: String!) { echo(text: $t) }"),
			"", nil, 200, "application/json", `{"data":{"echo":"a"}}`,
		},
		{"mutation", "POST", "", request("mutation { touch }"), nil, 200, "application/json", `{"data":{"touch":1}}`},
		{
			"validation error in plain JSON", "POST", "", request("{ nope }"),
			[]string{asJSON},
			200, "application/json",
			`{"errors":[{"message":"Cannot query field \"nope\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`,
		},
		{
			"parse error in the response type", "POST", "", request("{"),
			[]string{asResponse},
			400, "application/graphql-response+json",
			`{"errors":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			got := s.send(c.method, c.query, c.body, c.headers...)
			if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.media || got.body != c.want {
				t.Errorf("got %d %s %s\nwant %d %s %s", got.StatusCode, got.Header.Get("Content-Type"), got.body, c.status, c.media, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Body = 1000 })
	const ssn = "123-45-6789"
	ok := request("{ hello }")
	for _, c := range []struct {
		name, method, query, body string
		headers                   []string
		status                    int
		code                      fault.Code
		allow                     string
	}{
		{name: "put", method: "PUT", body: ok, status: 405, code: fault.BadUserInput, allow: "GET, POST, OPTIONS"},
		{name: "delete", method: "DELETE", status: 405, code: fault.BadUserInput, allow: "GET, POST, OPTIONS"},
		{name: "patch", method: "PATCH", body: ok, status: 405, code: fault.BadUserInput, allow: "GET, POST, OPTIONS"},
		{name: "get mutation", method: "GET", query: "?query=mutation{touch}", status: 405, code: fault.BadUserInput, allow: "POST"},
		{name: "get subscription", method: "GET", query: "?query=subscription{touched}", status: 406, code: fault.BadUserInput},
		{name: "get without a query", method: "GET", status: 400, code: fault.BadUserInput},
		{name: "get with bad variables", method: "GET", query: "?query={hello}&variables={\"a\":\"" + ssn, status: 400, code: fault.BadUserInput},
		{name: "get with an array", method: "GET", query: "?query={hello}&extensions=[]", status: 400, code: fault.BadUserInput},
		{name: "get with a bad query string", method: "GET", query: "?query=%zz", status: 400, code: fault.BadUserInput},
		{name: "subscription by post", method: "POST", body: request("subscription { touched }"), status: 406, code: fault.BadUserInput},
		{name: "nothing acceptable", method: "POST", body: ok, headers: []string{"Accept: image/png, application/json;q=0"}, status: 406, code: fault.BadUserInput},
		{name: "xml", method: "POST", body: ok, headers: []string{"Content-Type: application/xml"}, status: 415, code: fault.BadUserInput},
		{name: "graphql", method: "POST", body: "{ hello }", headers: []string{"Content-Type: application/graphql"}, status: 415, code: fault.BadUserInput},
		{name: "form", method: "POST", body: "query={hello}", headers: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415, code: fault.BadUserInput},
		{name: "multipart", method: "POST", body: ok, headers: []string{"Content-Type: multipart/form-data; boundary=x"}, status: 415, code: fault.BadUserInput},
		{name: "text", method: "POST", body: ok, headers: []string{"Content-Type: text/plain"}, status: 415, code: fault.BadUserInput},
		{name: "no type", method: "POST", body: ok, headers: []string{"Content-Type: "}, status: 415, code: fault.BadUserInput},
		{name: "latin1", method: "POST", body: ok, headers: []string{"Content-Type: application/json; charset=latin1"}, status: 415, code: fault.BadUserInput},
		{name: "gzip", method: "POST", body: ok, headers: []string{"Content-Encoding: gzip"}, status: 415, code: fault.BadUserInput},
		{name: "cut off", method: "POST", body: `{"query":"{ hello }","variables":{"ssn":"` + ssn, status: 400, code: fault.BadUserInput},
		{name: "trailing data", method: "POST", body: ok + ok, status: 400, code: fault.BadUserInput},
		{name: "no UTF-8", method: "POST", body: "{\"query\":\"{ hello }\xff\"}", status: 400, code: fault.BadUserInput},
		{name: "batch", method: "POST", body: "[" + ok + "]", status: 400, code: fault.BadUserInput},
		{name: "null", method: "POST", body: "null", status: 400, code: fault.BadUserInput},
		{name: "string", method: "POST", body: `"` + ssn + `"`, status: 400, code: fault.BadUserInput},
		{name: "empty", method: "POST", body: "", status: 400, code: fault.BadUserInput},
		{name: "no query", method: "POST", body: `{"Query":"{ hello }"}`, status: 400, code: fault.BadUserInput},
		{name: "query of another type", method: "POST", body: `{"query":{"a":"` + ssn + `"}}`, status: 400, code: fault.BadUserInput},
		{name: "variables of another type", method: "POST", body: `{"query":"{hello}","variables":["` + ssn + `"]}`, status: 400, code: fault.BadUserInput},
		{name: "operationName of another type", method: "POST", body: `{"query":"{hello}","operationName":7}`, status: 400, code: fault.BadUserInput},
		{name: "extensions of another type", method: "POST", body: `{"query":"{hello}","extensions":""}`, status: 400, code: fault.BadUserInput},
		{name: "too large", method: "POST", body: request("#" + strings.Repeat("x", 1000) + "\n{ hello }"), status: 413, code: fault.BadUserInput},
		{name: "no token", method: "POST", body: ok, headers: []string{"Authorization: "}, status: 401, code: fault.Unauthenticated},
		{name: "bad token", method: "POST", body: ok, headers: []string{"Authorization: Bearer bad"}, status: 401, code: fault.Unauthenticated},
		{name: "basic", method: "POST", body: ok, headers: []string{"Authorization: Basic YTpi"}, status: 401, code: fault.Unauthenticated},
		{name: "get without a token", method: "GET", query: "?query={hello}", headers: []string{"Authorization: "}, status: 401, code: fault.Unauthenticated},
		{name: "put without a token", method: "PUT", headers: []string{"Authorization: "}, status: 401, code: fault.Unauthenticated},
		{name: "options without a token", method: "OPTIONS", headers: []string{"Authorization: "}, status: 401, code: fault.Unauthenticated},
		{name: "stream without a token", method: "POST", body: ok, headers: []string{"Authorization: ", "Accept: text/event-stream"}, status: 401, code: fault.Unauthenticated},
	} {
		for _, accept := range []string{asJSON, asResponse} {
			t.Run(c.name+" "+accept, func(t *testing.T) {
				s.t = t
				got := s.send(c.method, c.query, c.body, append([]string{accept}, c.headers...)...)
				if got.StatusCode != c.status || got.code(t) != string(c.code) || got.Header.Get("Allow") != c.allow {
					t.Errorf("got %d %q %s", got.StatusCode, got.Header.Get("Allow"), got.body)
				}
				if strings.Contains(got.body, ssn) || strings.Contains(got.body, `"data"`) {
					t.Errorf("the body says too much: %s", got.body)
				}
				if media := got.Header.Get("Content-Type"); len(c.headers) == 0 && "Accept: "+media != accept {
					t.Errorf("the media type is %s", media)
				} else if !strings.HasSuffix(media, "json") {
					t.Errorf("the media type is %s", media)
				}
				if challenge := got.Header.Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(challenge, "Bearer ") {
					t.Errorf("the challenge is %q", challenge)
				}
			})
		}
	}
	if strings.Contains(s.log.String(), ssn) {
		t.Error("the log repeats a body")
	}
}

func TestBodyLimit(t *testing.T) {
	body := request("{ hello }")
	s := newServer(t, func(o *wire.Options) { o.Limits.Body = int64(len(body)) })
	if got := s.send("POST", "", body); got.StatusCode != 200 {
		t.Errorf("a body of the limit: %d", got.StatusCode)
	}
	if got := s.send("POST", "", body+" "); got.StatusCode != 413 {
		t.Errorf("a body over the limit: %d", got.StatusCode)
	}
	chunked, err := http.NewRequestWithContext(t.Context(), "POST", s.URL, io.MultiReader(strings.NewReader(body), strings.NewReader(strings.Repeat(" ", 5000))))
	if err != nil {
		t.Fatal(err)
	}
	chunked.Header.Set("Content-Type", "application/json")
	chunked.Header.Set("Authorization", "Bearer "+alice)
	resp, err := s.Client().Do(chunked)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("a chunked body over the limit: %d", resp.StatusCode)
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newServer(t)
	for _, got := range []answer{s.post("{ hello }"), s.send("PUT", "", ""), s.send("GET", "", "", "Authorization: ")} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got.Header.Get(name) != want {
				t.Errorf("%d: %s is %q", got.StatusCode, name, got.Header.Get(name))
			}
		}
	}
}

func TestCORS(t *testing.T) {
	const friend, stranger = "https://portal.example.com", "https://evil.example.com"
	s := newServer(t, func(o *wire.Options) { o.Origins = []string{"HTTPS://portal.example.com/"} })
	preflight := []string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type", "Authorization: "}

	got := s.send("OPTIONS", "", "", append(preflight, "Origin: "+friend)...)
	if got.StatusCode != 204 || got.Header.Get("Access-Control-Allow-Origin") != friend ||
		!strings.EqualFold(got.Header.Get("Access-Control-Allow-Headers"), "authorization,content-type") {
		t.Errorf("preflight of a listed origin: %d %v", got.StatusCode, got.Header)
	}
	if got := s.post("{ hello }", "Origin: "+friend); got.Header.Get("Access-Control-Allow-Origin") != friend || got.StatusCode != 200 {
		t.Errorf("POST of a listed origin: %d %v", got.StatusCode, got.Header)
	}
	for _, got := range []answer{s.send("OPTIONS", "", "", append(preflight, "Origin: "+stranger)...), s.post("{ hello }", "Origin: "+stranger)} {
		for name := range got.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s for a foreign origin", name)
			}
		}
	}
}

func TestOriginsAreOrigins(t *testing.T) {
	for _, bad := range []string{"*", "portal.example.com", "https://*.example.com", "https://portal.example.com/app", "ftp://example.com", ""} {
		if _, err := wire.New(wire.Options{Origins: []string{bad}}); err == nil {
			t.Errorf("%q passes for an origin", bad)
		}
	}
}

func TestPersistedQueries(t *testing.T) {
	s := newServer(t)
	const document = "{ hello }"
	sum := sha256.Sum256([]byte(document))
	persisted := fmt.Sprintf(`{"persistedQuery":{"version":1,"sha256Hash":"%s"}}`, hex.EncodeToString(sum[:]))

	unknown := s.send("POST", "", `{"extensions":`+persisted+`}`, asResponse)
	if unknown.StatusCode != 200 || unknown.code(t) != "PERSISTED_QUERY_NOT_FOUND" {
		t.Errorf("an unknown hash: %d %s", unknown.StatusCode, unknown.body)
	}
	if got := s.send("POST", "", `{"query":"`+document+`","extensions":`+persisted+`}`); got.body != `{"data":{"hello":"world"}}` {
		t.Errorf("hash and document: %s", got.body)
	}
	if got := s.send("GET", "?extensions="+url.QueryEscape(persisted), ""); got.body != `{"data":{"hello":"world"}}` {
		t.Errorf("the hash alone by GET: %s", got.body)
	}
}

func TestAuthenticationFailures(t *testing.T) {
	s := newServer(t)
	s.fail(errors.New("database is down"))
	if got := s.post("{ hello }"); got.StatusCode != 503 || got.code(t) != "INTERNAL" || strings.Contains(got.body, "database") {
		t.Errorf("a failure of the server: %d %s", got.StatusCode, got.body)
	}
	if !strings.Contains(s.log.String(), "database is down") {
		t.Error("a failure of the server is not logged")
	}
	s.fail(fmt.Errorf("wrapped: %w", fault.New(fault.Forbidden, "no grant for the portal")))
	if got := s.post("{ hello }"); got.StatusCode != 403 || got.code(t) != "FORBIDDEN" {
		t.Errorf("an identity without access: %d %s", got.StatusCode, got.body)
	}
}

func TestTwoAuthorizationsAreNone(t *testing.T) {
	s := newServer(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"?query={hello}", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = []string{"Bearer " + alice, "Bearer " + alice}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("%s", resp.Status)
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	s := newServer(t)
	if got := s.post("{ burst }"); got.StatusCode != 500 || got.code(t) != "INTERNAL" || strings.Contains(got.body, "secret") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if log := s.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "secret") {
		t.Errorf("the log is %q", log)
	}
}

func TestStatusOfResponses(t *testing.T) {
	coded := func(code string) *graphql.Response {
		return &graphql.Response{Errors: gqlerror.List{{Message: "m", Extensions: map[string]any{"code": code}}}}
	}
	partial := coded("FORBIDDEN")
	partial.Data = []byte("null")
	partial.Extensions = map[string]any{"withheld": 1}
	for _, c := range []struct {
		resp            *graphql.Response
		plain, response int
		body            string
	}{
		{partial, 200, 200, `{"errors":[{"message":"m","extensions":{"code":"FORBIDDEN"}}],"data":null,"extensions":{"withheld":1}}`},
		{coded("RATE_LIMITED"), 200, 429, ""},
		{coded("UNAUTHENTICATED"), 200, 401, ""},
		{coded("FORBIDDEN"), 200, 403, ""},
		{coded("TIMEOUT"), 200, 504, ""},
		{coded("INTERNAL"), 200, 500, ""},
		{coded("COMPLEXITY_LIMIT_EXCEEDED"), 200, 400, ""},
		{&graphql.Response{Errors: gqlerror.List{{Message: "m"}}}, 200, 400, `{"errors":[{"message":"m"}]}`},
		{nil, 500, 500, `{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`},
	} {
		s := newServer(t, func(o *wire.Options) {
			o.Executor = executorFunc{o.Executor, func(context.Context) *graphql.Response { return c.resp }}
		})
		plain, response := s.post("{ hello }", asJSON), s.post("{ hello }", asResponse)
		if plain.StatusCode != c.plain || response.StatusCode != c.response || plain.body != response.body {
			t.Errorf("%d %s, %d %s", plain.StatusCode, plain.body, response.StatusCode, response.body)
		}
		if c.body != "" && plain.body != c.body {
			t.Errorf("got %s, want %s", plain.body, c.body)
		}
	}
}
