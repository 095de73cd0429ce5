package main

import (
	"strings"
	"testing"
)

// TestCheck: a server says all that is wrong with its settings at once, and demo identities never stand beside
// real ones or where others reach them.
func TestCheck(t *testing.T) {
	on, off := true, false
	good := serveCommand{Listen: "127.0.0.1:8080", Patients: 300, DocumentLimit: 1}
	good.Database = "sqlite:carehub.db"
	good.streaming = streaming{StreamsPerIdentity: 1, StreamsPerAddress: 1}
	for name, c := range map[string]struct {
		change func(*serveCommand)
		says   []string
	}{
		"defaults": {func(*serveCommand) {}, nil},
		"issuer": {func(s *serveCommand) {
			s.OIDCIssuer, s.OIDCAudience = "https://id.example.com", []string{"a=STAFF_CONSOLE"}
		}, nil},
		"public":      {func(s *serveCommand) { s.Listen = "0.0.0.0:8080" }, []string{"--oidc-issuer"}},
		"public demo": {func(s *serveCommand) { s.Listen, s.Demo = "0.0.0.0:8080", &on }, []string{"--demo"}},
		"demo and issuer": {func(s *serveCommand) {
			s.Demo, s.OIDCIssuer, s.OIDCAudience = &on, "https://id.example.com", []string{"a=ANALYTICS"}
		}, []string{"--demo"}},
		"nobody": {func(s *serveCommand) { s.Demo = &off }, []string{"--oidc-issuer"}},
		"everything": {func(s *serveCommand) {
			s.Listen, s.Database, s.OIDCIssuer, s.Patients = "nowhere", "mysql:x", "https://id.example.com", 0
			s.OIDCAudience, s.CORSOrigin = []string{"a=b", "c"}, []string{"*"}
			s.StreamsPerIdentity, s.KeepEventsMin = 0, -1
		}, []string{"--streams-per-identity", "--keep-events-min", "--listen", "--database", `"a=b"`, `"c"`, "--cors-origin", "--patients"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			c.change(&s)
			err := s.check()
			if len(c.says) == 0 {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not said in:\n%v", part, err)
				}
			}
		})
	}
}
