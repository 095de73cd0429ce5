package wire

import "testing"

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]string{
		"":                              plainJSON,
		"*/*":                           plainJSON,
		"application/*":                 plainJSON,
		"text/*":                        eventStream,
		"text/event-stream":             eventStream,
		"image/png":                     "",
		"application/json;q=0":          "",
		"application/json;q=0,*/*":      responseJSON,
		"nonsense;;;, application/json": plainJSON,
		"application/json;q=nonsense, application/graphql-response+json;q=0.1":                    responseJSON,
		"application/json;q=0.1, application/graphql-response+json;q=1":                           responseJSON,
		"application/graphql-response+json, application/json;q=0.9":                               responseJSON,
		"application/graphql-response+json, application/json, text/event-stream, multipart/mixed": responseJSON,
		"text/event-stream, multipart/mixed":                                                      eventStream,
		"*/*, text/event-stream":                                                                  plainJSON,
		"*/*;q=0.1, text/event-stream;q=0.2":                                                      eventStream,
		"Application/GraphQL-Response+JSON; charset=utf-8":                                        responseJSON,
	} {
		if got := negotiate([]string{accept}); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
}

func TestNetworkOfAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:4711":            "192.0.2.7",
		"[::ffff:192.0.2.7]:4711":   "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"2001:db8:1:2::9":           "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":         "fe80::/64",
		"@":                         "@",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
