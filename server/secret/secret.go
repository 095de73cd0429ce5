// Package secret keeps the one secret of an installation: 32 random bytes in a file, from which every key
// (demo tokens, cursors, ciphers, links) is derived. All servers of a cluster have the same file.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
)

const (
	keySize = 32
	// header stands before the secret in the file and names the format.
	header = "carehub-secret-1 "
	// label keeps our derived keys apart from any that another program derives from the same bytes.
	label    = "carehub 1"
	redacted = "[secret]"
)

// Secret derives keys. However it is printed, logged or encoded, it shows nothing of itself: the bytes
// stand behind a function, because fmt prints unexported fields of other structs without asking their
// methods and, under a wrong verb, even what pointers point to.
type Secret struct{ master func() []byte }

// New returns a secret that is in no file, as tests and previews need it.
func New() *Secret {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: it ends the program where the system has no randomness
	return of(key)
}

func of(key []byte) *Secret { return &Secret{master: func() []byte { return key }} }

// Derive returns the 32 bytes that belong to the purpose and its parts. Each length is part of what is
// derived from, so that ("a", "bc") and ("ab", "c") differ.
func (s *Secret) Derive(purpose string, parts ...string) []byte {
	info := []byte(label)
	for _, part := range append([]string{purpose}, parts...) {
		info = binary.BigEndian.AppendUint64(info, uint64(len(part)))
		info = append(info, part...)
	}
	key, err := hkdf.Key(sha256.New, s.master(), nil, string(info), keySize)
	if err != nil {
		panic(err) // only lengths that no caller chooses could be refused
	}
	return key
}

// DemoKey is the key with which the demo issuer signs its tokens.
func (s *Secret) DemoKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(s.Derive("demo issuer"))
}

// Cursor seals cursors with AES-256-GCM. It makes the nonce itself (NonceSize is 0: pass nil), so that no
// caller can repeat one, and 28 bytes are added to the text. A nonce made from the text would allow more
// than 2^32 cursors under a key, but would also give two viewers the same cursor for the same row, and
// with it a way to join what each of them was shown.
func (s *Secret) Cursor() cipher.AEAD {
	aead, err := cipher.NewGCMWithRandomNonce(block(s.Derive("cursor")))
	if err != nil {
		panic(err) // only a cipher other than AES is refused
	}
	return aead
}

// Cipher enciphers identifiers of 16 bytes, one block each, for one purpose and the subject that is to see
// them: what one subject sees means nothing to another.
func (s *Secret) Cipher(purpose, subject string) cipher.Block {
	return block(s.Derive("cipher", purpose, subject))
}

func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only keys of another length are refused
	}
	return b
}

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, for JSON too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// text is the content of the file.
func (s *Secret) text() string {
	return header + base64.StdEncoding.EncodeToString(s.master()) + "\n"
}

// parse reads the content of a file. Its errors show nothing of it.
func parse(text string) (*Secret, error) {
	encoded, found := strings.CutPrefix(strings.TrimSuffix(text, "\n"), header)
	if !found {
		return nil, fmt.Errorf("does not begin with %q", header)
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("does not hold %d bytes in base64", keySize)
	}
	return of(key), nil
}
