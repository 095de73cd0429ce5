package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/carehub/carehub/server/blob"
)

// settings are the stores that there are: what holds of one holds of all.
func settings(t *testing.T) map[string]string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("documents"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return map[string]string{
		"folder": filepath.Join(t.TempDir(), "blobs"),
		"s3":     "s3://documents?endpoint=" + server.URL + "&region=us-east-1",
	}
}

// open opens the store under a secret that the letter stands for.
func open(t *testing.T, setting, letter string) blob.Store {
	t.Helper()
	s, err := blob.Open(setting, []byte(strings.Repeat(letter, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStores(t *testing.T) {
	for name, setting := range settings(t) {
		t.Run(name, func(t *testing.T) {
			ctx, s := t.Context(), open(t, setting, "k")
			each := func() (found []string) {
				if err := s.Each(ctx, func(key string, put time.Time) error {
					if age := time.Since(put); age > time.Minute || age < -time.Minute {
						t.Errorf("put %s ago", age)
					}
					found = append(found, key)
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				return found
			}
			if got := each(); len(got) != 0 {
				t.Errorf("a new store has %v", got)
			}
			key, other := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
			content := bytes.Repeat([]byte("a letter about a patient "), 50_000)
			if err := s.Put(ctx, key, content); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Get(ctx, key); err != nil || !bytes.Equal(got, content) {
				t.Errorf("other content: %v", err)
			}
			if got := each(); len(got) != 1 || got[0] != key {
				t.Errorf("it has %v", got)
			}
			if _, err := s.Get(ctx, other); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what is missing: %v", err)
			}
			if got, err := open(t, setting, "x").Get(ctx, key); err == nil {
				t.Errorf("read under another secret: %d bytes", len(got))
			}
			for range 2 {
				if err := s.Delete(ctx, key); err != nil {
					t.Error(err)
				}
			}
			if got := each(); len(got) != 0 {
				t.Errorf("deleted, and it has %v", got)
			}
			for _, bad := range []string{"", "../../etc/passwd", strings.Repeat("A1", 32), key + "/x", key[:63] + "\x00"} {
				_, get := s.Get(ctx, bad)
				for _, err := range []error{s.Put(ctx, bad, content), get, s.Delete(ctx, bad)} {
					if !errors.Is(err, blob.ErrName) {
						t.Errorf("%q: %v", bad, err)
					}
				}
			}
		})
	}
}

// A file of the folder shows nothing of the content, is the server's own, and stands for no other.
func TestFolderIsSealed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "k")
	key, other := strings.Repeat("a1", 32), strings.Repeat("a2", 32)
	for _, k := range []string{key, other} {
		if err := s.Put(context.Background(), k, []byte("very private "+k)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "a1", key)
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("private")) {
		t.Fatalf("%v: %q", err, raw)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Rename(filepath.Join(dir, "a2", other), path); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(context.Background(), key); err == nil {
		t.Errorf("a blob in another's place is read: %q", got)
	}
}
