package wire

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// origins is the list of foreign origins whose pages may call.
type origins map[string]struct{}

func parseOrigins(list []string) (origins, error) {
	out := origins{}
	for _, o := range list {
		u, err := url.Parse(o)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" ||
			u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.Contains(o, "*") {
			return nil, fmt.Errorf("%q is not an origin: want https://host or https://host:port", o)
		}
		out[strings.ToLower(u.Scheme+"://"+u.Host)] = struct{}{}
	}
	return out, nil
}

// lists reports whether the origin is on the list.
func (o origins) lists(origin string) bool {
	_, ok := o[strings.ToLower(origin)]
	return ok
}

// permits reports whether a websocket may be opened: browsers do not ask beforehand, as they do for a
// foreign POST, so the server has to look. A client without an Origin is no browser, and has no page to guard.
func (o origins) permits(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || o.lists(origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// patterns returns the list as the websocket library wants it. None has a wildcard, so each means itself.
func (o origins) patterns() []string { return slices.Collect(maps.Keys(o)) }
