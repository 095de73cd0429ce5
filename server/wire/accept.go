package wire

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of answers. A client without a preference gets plainJSON, as the specification wants of
// servers that older clients use.
const (
	plainJSON    = "application/json"
	responseJSON = "application/graphql-response+json"
	eventStream  = "text/event-stream"
)

// negotiate returns the media type to answer with, or nothing when the client takes none that there is.
// The higher q wins, then the type listed first; a more specific range speaks before a wildcard.
func negotiate(accept []string) string {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return plainJSON
	}
	best, bestQ, bestAt := "", 0.0, 0
	for _, media := range []string{plainJSON, responseJSON, eventStream} {
		q, at := quality(ranges, media)
		if q > bestQ || (q == bestQ && q > 0 && at < bestAt) {
			best, bestQ, bestAt = media, q, at
		}
	}
	return best
}

// quality returns the weight that the ranges give the media type, and the place of the range that says so.
func quality(ranges, media string) (q float64, at int) {
	major, _, _ := strings.Cut(media, "/")
	specific := 0
	for i, part := range strings.Split(ranges, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		s := 0
		switch name {
		case media:
			s = 3
		case major + "/*":
			s = 2
		case "*/*":
			s = 1
		}
		if s <= specific {
			continue
		}
		specific, q, at = s, 1, i
		if weight, ok := params["q"]; ok {
			w, err := strconv.ParseFloat(weight, 64)
			if err != nil || w < 0 || w > 1 {
				w = 0
			}
			q = w
		}
	}
	return q, at
}
