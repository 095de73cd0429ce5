package relay

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
)

// Cursor is a place in a list, sealed: who reads or alters it learns and reaches nothing.
type Cursor string

// MarshalGQL implements graphql.Marshaler.
func (c Cursor) MarshalGQL(w io.Writer) { graphql.MarshalString(string(c)).MarshalGQL(w) }

// UnmarshalGQL implements graphql.Unmarshaler.
func (c *Cursor) UnmarshalGQL(value any) error {
	text, ok := value.(string)
	if !ok {
		return fault.New(fault.BadUserInput, "a Cursor is a text that a list has given")
	}
	*c = Cursor(text)
	return nil
}

// errCursor is what every text gives that is no cursor of the list and order at hand, made for the viewer.
var errCursor = errors.New("no cursor of this list in this order")

// Scope is what a cursor is bound to: outside of it the cursor does not open.
type Scope struct {
	Viewer *viewer.Identity // nil: nobody in particular
	List   list.Of
	Order  list.Order
	Parent uuid.UUID // of a nested list; one parent's cursor is none of another's
}

// Sealer makes and opens cursors.
type Sealer struct {
	aead     cipher.AEAD
	nonceKey []byte
}

// NewSealer returns a sealer whose keys are derived from the secret. Servers with the same secret open each
// other's cursors.
func NewSealer(secret []byte) (*Sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "carehub cursor key", 32)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	nonceKey, err := hkdf.Key(sha256.New, secret, nil, "carehub cursor nonce", 32)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return &Sealer{aead: aead, nonceKey: nonceKey}, nil
}

// Seal returns the cursor of the place: a row's values of the order's key. Clients compare cursors, so the same
// place in the same scope always has the same one: the nonce is made from what is sealed.
func (s *Sealer) Seal(in Scope, place []any) (Cursor, error) {
	plain, err := writePlace(place)
	if err != nil {
		return "", err
	}
	bound := in.bytes()
	mac := hmac.New(sha256.New, s.nonceKey)
	mac.Write(binary.AppendUvarint(nil, uint64(len(bound))))
	mac.Write(bound)
	mac.Write(plain)
	nonce := mac.Sum(nil)[:s.aead.NonceSize()]
	return Cursor(base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, bound))), nil
}

// Open returns the place that Seal was given in the same scope.
func (s *Sealer) Open(in Scope, c Cursor) ([]any, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(string(c))
	// The decoder overlooks line breaks and left-over bits; a cursor has one text.
	if err != nil || base64.RawURLEncoding.EncodeToString(sealed) != string(c) {
		return nil, errCursor
	}
	size := s.aead.NonceSize()
	if len(sealed) < size {
		return nil, errCursor
	}
	plain, err := s.aead.Open(nil, sealed[:size], sealed[size:], in.bytes())
	if err != nil {
		return nil, errCursor
	}
	place, err := readPlace(plain)
	if err != nil || len(place) != len(in.Order.Key()) {
		return nil, errCursor
	}
	return place, nil
}

// bytes writes the scope so that no two have the same text.
func (in Scope) bytes() []byte {
	direction := "ascending"
	if in.Order.Desc {
		direction = "descending"
	}
	var who viewer.Identity
	if in.Viewer != nil {
		who.Key, who.Role = in.Viewer.Key, in.Viewer.Role
	}
	dst := append(make([]byte, 0, 160), in.Parent[:]...)
	dst = append(dst, who.Key[:]...)
	for _, part := range append([]string{string(who.Role), in.List.Entity, in.List.Name, in.List.Parent, direction}, in.Order.Columns...) {
		dst = binary.AppendUvarint(dst, uint64(len(part)))
		dst = append(dst, part...)
	}
	return dst
}
