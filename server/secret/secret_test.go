package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func fileIn(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "carehub.secret")
}

func TestCreatesOnceAndForTheOwnerOnly(t *testing.T) {
	path := fileIn(t)
	first, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	again, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.text() != first.text() {
		t.Error("the second start has another secret")
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("files left behind: %v", entries)
	}
	if other, _ := LoadOrCreate(fileIn(t)); other.text() == first.text() {
		t.Error("two installations share a secret")
	}
}

func TestProcessesThatStartAtOnceAgree(t *testing.T) {
	path := fileIn(t)
	secrets := make([]*Secret, 16)
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			s, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			secrets[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, s := range secrets[1:] {
		if s.text() != secrets[0].text() {
			t.Fatal("secrets differ")
		}
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := fileIn(t)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := create(path, New()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error is %v", err)
	}
	if _, err := LoadOrCreate(path); err == nil {
		t.Error("a file that is no secret was loaded")
	}
	if content, _ := os.ReadFile(path); string(content) != "precious" {
		t.Errorf("content is %q", content)
	}
}

func TestLoadRefuses(t *testing.T) {
	good := New().text()
	tests := map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"group may read":  {good, 0o640, "mode 0640"},
		"world may read":  {good, 0o604, "mode 0604"},
		"group may write": {good, 0o620, "mode 0620"},
		"empty":           {"", 0o600, "does not begin"},
		"other format":    {strings.Replace(good, "1", "2", 1), 0o600, "does not begin"},
		"cut":             {good[:len(good)-9], 0o600, "does not hold"},
		"one byte short":  {header + base64.StdEncoding.EncodeToString(make([]byte, 31)), 0o600, "does not hold"},
		"one byte more":   {header + base64.StdEncoding.EncodeToString(make([]byte, 33)), 0o600, "does not hold"},
		"something after": {good + "x", 0o600, "does not hold"},
		"another file":    {header + strings.Repeat("A", 1<<20), 0o600, "does not hold"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := fileIn(t)
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q", err, tt.want)
			}
			if key := strings.TrimSpace(strings.TrimPrefix(good, header)); strings.Contains(err.Error(), key[:8]) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	if _, err := Load(fileIn(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	if _, err := LoadOrCreate(t.TempDir()); err == nil {
		t.Error("a folder was loaded")
	}
}

func TestDerive(t *testing.T) {
	s := New()
	seen := map[string]string{}
	for _, parts := range [][]string{{""}, {"", ""}, {"a", "bc"}, {"ab", "c"}, {"abc"}, {"a", "b", "c"}, {"a\x00bc"}} {
		key := s.Derive(parts[0], parts[1:]...)
		if len(key) != 32 {
			t.Errorf("%q gives %d bytes", parts, len(key))
		}
		if other, dup := seen[string(key)]; dup {
			t.Errorf("%q and %s give the same key", parts, other)
		}
		seen[string(key)] = fmt.Sprintf("%q", parts)
		if !bytes.Equal(key, s.Derive(parts[0], parts[1:]...)) {
			t.Errorf("%q gives two keys", parts)
		}
		if bytes.Equal(key, New().Derive(parts[0], parts[1:]...)) {
			t.Errorf("%q gives the same key under another secret", parts)
		}
	}
}

// What is derived must not change from release to release: identifiers and cursors that clients keep rest on it.
func TestDerivationIsPinned(t *testing.T) {
	s, err := parse(header + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(s.Derive("purpose", "part")); got != "cb7bde855d2d283d471daaca675bbf79e6e81d12e19d5c9e9c0c82647aa3643c" {
		t.Errorf("Derive gives %s", got)
	}
	if got := hex.EncodeToString(s.DemoKey().Seed()); got != "4863e3aaa74b86e93bf4b5f0c8189014364d7bac701be1881e919aa99ebeabf0" {
		t.Errorf("DemoKey gives %s", got)
	}
	id := [16]byte([]byte("0123456789abcdef"))
	s.Cipher("purpose", "subject").Encrypt(id[:], id[:])
	if got := hex.EncodeToString(id[:]); got != "fdb9a20b85075a4a1bd8c74d1b84fa42" {
		t.Errorf("Cipher gives %s", got)
	}
}

func TestCursorSealsWithFreshNonces(t *testing.T) {
	s := New()
	aead := s.Cursor()
	text, order := []byte("position"), []byte("order")
	sealed := aead.Seal(nil, nil, text, order)
	if bytes.Equal(sealed, aead.Seal(nil, nil, text, order)) {
		t.Error("two seals are equal")
	}
	if opened, err := s.Cursor().Open(nil, nil, sealed, order); err != nil || !bytes.Equal(opened, text) {
		t.Errorf("opened %q, %v", opened, err)
	}
	if _, err := aead.Open(nil, nil, sealed, []byte("another order")); err == nil {
		t.Error("opened under another order")
	}
	if _, err := New().Cursor().Open(nil, nil, sealed, order); err == nil {
		t.Error("opened under another secret")
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := aead.Open(nil, nil, changed, order); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
	}
}

func TestCipherBelongsToPurposeAndSubject(t *testing.T) {
	s := New()
	id := []byte("0123456789abcdef")
	encrypt := func(purpose, subject string) string {
		out := make([]byte, 16)
		s.Cipher(purpose, subject).Encrypt(out, id)
		return string(out)
	}
	a := encrypt("identifier", "a")
	if a != encrypt("identifier", "a") {
		t.Error("an identifier changes from call to call")
	}
	if a == encrypt("identifier", "b") || a == encrypt("pseudonym", "a") || a == string(id) {
		t.Error("another subject or purpose sees the same identifier")
	}
	back := make([]byte, 16)
	s.Cipher("identifier", "a").Decrypt(back, []byte(a))
	if !bytes.Equal(back, id) {
		t.Errorf("deciphered %x", back)
	}
}

func TestShowsNothing(t *testing.T) {
	s := New()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%T"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", *s)
		fmt.Fprintf(&out, verb+"\n", struct{ S Secret }{*s})
		fmt.Fprintf(&out, verb+"\n", struct{ s Secret }{*s})
		fmt.Fprintf(&out, verb+"\n", struct{ s *Secret }{s})
		fmt.Fprintf(&out, verb+"\n", []*Secret{s})
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("a", "secret", s, "value", *s, "in", struct{ S *Secret }{s})
	slog.New(slog.NewTextHandler(&out, nil)).Info("a", "secret", s, "in", struct{ S Secret }{*s})
	encoded, err := json.Marshal(map[string]any{"p": s, "v": *s})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	if want := `{"p":"[secret]","v":"[secret]"}`; string(encoded) != want {
		t.Errorf("JSON is %s, want %s", encoded, want)
	}
	for _, text := range []string{s.String(), s.GoString(), s.LogValue().String(), fmt.Sprint(s), fmt.Sprintf("%#v", *s)} {
		if text != redacted {
			t.Errorf("shown as %s", text)
		}
	}

	shown := strings.ToLower(out.String())
	if !strings.Contains(shown, redacted) {
		t.Fatalf("nothing was printed: %s", shown)
	}
	for _, form := range []string{
		hex.EncodeToString(s.master()[:4]),
		strings.ToLower(base64.StdEncoding.EncodeToString(s.master()[:6])),
		strings.Trim(fmt.Sprint(s.master()[:4]), "[]"), //nolint:staticcheck // the numbers
		strings.ToLower(string(s.master()[:4])),
	} {
		if strings.Contains(shown, form) {
			t.Errorf("%q is shown in %s", form, shown)
		}
	}
}
