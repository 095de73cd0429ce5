// Package gid has the typed identifiers that the API shows: a prefix that names the type and the key of the row.
package gid

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
)

// ID is a typed identifier. Its text is the prefix, an underscore and the key in 26 digits of Crockford's
// base32 (the TypeID form); to a viewer with a cipher the key is shown enciphered.
type ID struct {
	Prefix string
	UUID   uuid.UUID
}

// ErrMalformed is what every text that is no identifier gives.
var ErrMalformed = errors.New("malformed identifier")

const (
	digits    = "0123456789abcdefghjkmnpqrstvwxyz"
	keyDigits = 26 // of five bits each: 128 bits of key behind two zero bits
)

// Append appends the identifier's text as the viewer may see it; to a nil viewer the key is plain.
func Append(dst []byte, v *viewer.Identity, id ID) []byte {
	key := id.UUID
	if v != nil && v.Cipher != nil {
		v.Cipher.Encrypt(key[:], key[:])
	}
	dst = append(append(dst, id.Prefix...), '_')
	return appendKey(dst, key)
}

// Parse reads the text that Append wrote for the same viewer.
func Parse(v *viewer.Identity, text string) (ID, error) {
	prefix, rest, found := strings.Cut(text, "_")
	if !found || prefix == "" || len(rest) != keyDigits {
		return ID{}, ErrMalformed
	}
	key, err := parseKey(rest)
	if err != nil {
		return ID{}, err
	}
	if v != nil && v.Cipher != nil {
		v.Cipher.Decrypt(key[:], key[:])
	}
	return ID{Prefix: prefix, UUID: key}, nil
}

// String returns the plain text of the identifier, for logs and tools.
func (id ID) String() string { return string(Append(nil, nil, id)) }

func appendKey(dst []byte, key uuid.UUID) []byte {
	var acc uint32
	bits := 2 // the two zero bits in front make the first digit 0 to 7 and texts sort like keys
	for _, b := range key {
		acc = acc<<8 | uint32(b)
		for bits += 8; bits >= 5; {
			bits -= 5
			dst = append(dst, digits[acc>>bits&31])
		}
	}
	return dst
}

func parseKey(text string) (key uuid.UUID, err error) {
	var acc uint32
	bits, n := -2, 0
	for i := range len(text) {
		d := strings.IndexByte(digits, text[i])
		if d < 0 || (i == 0 && d > 7) {
			return uuid.Nil, ErrMalformed
		}
		acc = acc<<5 | uint32(d)
		if bits += 5; bits >= 8 {
			bits -= 8
			key[n] = byte(acc >> bits)
			n++
		}
	}
	return key, nil
}

// MarshalID is the ID scalar: it shows the identifier as the operation's viewer may see it.
func MarshalID(id ID) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(ctx context.Context, w io.Writer) error {
		buf := make([]byte, 0, 48)
		buf = append(buf, '"')
		buf = Append(buf, viewer.From(ctx), id)
		buf = append(buf, '"')
		_, err := w.Write(buf)
		return err
	})
}

// UnmarshalID reads the ID scalar as the operation's viewer was shown it.
func UnmarshalID(ctx context.Context, value any) (ID, error) {
	text, ok := value.(string)
	if !ok {
		return ID{}, ErrMalformed
	}
	return Parse(viewer.From(ctx), text)
}
