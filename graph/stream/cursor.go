package stream

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/google/uuid"

	"github.com/carehub/carehub/graph/fault"
)

// Cursor is the text by which a client names a place in the log. Only the servers that hold the key can read
// or make one; it is not a cursor of a list.
type Cursor string

// MarshalGQL writes the scalar.
func (c Cursor) MarshalGQL(w io.Writer) {
	// The writer is gqlgen's buffer, which does not fail.
	_, _ = io.WriteString(w, strconv.Quote(string(c)))
}

// UnmarshalGQL reads the scalar; whether it is a cursor of ours is decided where it is opened.
func (c *Cursor) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return malformed()
	}
	*c = Cursor(text)
	return nil
}

func malformed() error { return fault.Input("after", "not a cursor of a stream") }

// mark is the part of a random key that a position carries: enough to notice another history.
type mark [4]byte

// markOf takes the last bytes of the key; those of a time-ordered key are as random as those of any other.
func markOf(key uuid.UUID) mark { return mark(key[12:]) }

// position is a place in the log: just behind the event that has the number. The epoch and the event's tag
// make it a place in one history. After a restore, or a fail-over that lost commits, other events have the same
// numbers; a subscriber that is there must learn that and not silently go on.
type position struct {
	epoch mark
	pos   int64
	tag   mark
}

// behind returns the position just behind the event, which comes after p in the same history.
func (p position) behind(e Event) position {
	return position{epoch: p.epoch, pos: e.Pos, tag: e.tag}
}

// same reports whether two tags of one position may be of the same event. The zero tag stands for an event
// that nobody could look at: the one before the first, and those that retention removed.
func (m mark) same(other mark) bool {
	return m == other || m == mark{} || other == mark{}
}

// sealer makes cursors of positions and back. A position is one block of the cipher, so that a cursor does not
// tell how much happens in the company.
type sealer struct {
	block cipher.Block
	mac   []byte
}

const (
	cursorVersion = 1
	macSize       = 8
	cursorSize    = 1 + aes.BlockSize + macSize
	minKeySize    = 16
)

var cursorText = base64.RawURLEncoding.Strict()

// newSealer derives the keys of stream cursors from the secret that all servers share.
func newSealer(secret []byte) (*sealer, error) {
	if len(secret) < minKeySize {
		return nil, errors.New("the key of cursors is too short")
	}
	keys, err := hkdf.Key(sha256.New, secret, nil, "carehub stream cursor", 2*sha256.Size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(keys[:sha256.Size])
	if err != nil {
		return nil, err
	}
	return &sealer{block: block, mac: keys[sha256.Size:]}, nil
}

func (s *sealer) seal(p position) Cursor {
	text := make([]byte, 1+aes.BlockSize, cursorSize)
	text[0] = cursorVersion
	block := text[1:]
	copy(block[0:4], p.epoch[:])
	binary.BigEndian.PutUint64(block[4:12], uint64(p.pos)) //nolint:gosec // positions are not negative
	copy(block[12:16], p.tag[:])
	s.block.Encrypt(block, block)
	return Cursor(cursorText.EncodeToString(append(text, s.sum(text)...)))
}

// open returns a BAD_USER_INPUT for every text that seal did not return.
func (s *sealer) open(c Cursor) (position, error) {
	text, err := cursorText.DecodeString(string(c))
	if err != nil || len(text) != cursorSize || text[0] != cursorVersion {
		return position{}, malformed()
	}
	sealed, sum := text[:1+aes.BlockSize], text[1+aes.BlockSize:]
	if !hmac.Equal(sum, s.sum(sealed)) {
		return position{}, malformed()
	}
	block := sealed[1:]
	s.block.Decrypt(block, block)
	return position{
		epoch: mark(block[0:4]),
		pos:   int64(binary.BigEndian.Uint64(block[4:12])), //nolint:gosec // was an int64 when it was sealed
		tag:   mark(block[12:16]),
	}, nil
}

func (s *sealer) sum(text []byte) []byte {
	h := hmac.New(sha256.New, s.mac)
	h.Write(text)
	return h.Sum(nil)[:macSize]
}
