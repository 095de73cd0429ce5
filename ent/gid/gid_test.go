package gid_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
)

func TestText(t *testing.T) {
	for want, key := range map[string]uuid.UUID{
		"case_00000000000000000000000000": uuid.Nil,
		"case_7zzzzzzzzzzzzzzzzzzzzzzzzz": uuid.Max,
		"case_01h455vb4pex5vsknk084sn02q": uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"), // an example of the TypeID specification
	} {
		id := gid.ID{Prefix: "case", UUID: key}
		if got := id.String(); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
		if got, err := gid.Parse(nil, want); err != nil || got != id {
			t.Errorf("%s: got %v, %v", want, got, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	valid := gid.ID{Prefix: "case", UUID: uuid.Max}.String()
	for _, text := range []string{
		"", "_", "case", "case_", valid[4:], valid[:len(valid)-1], valid + "0", strings.ToUpper(valid),
		"case_8zzzzzzzzzzzzzzzzzzzzzzzzz", // more than 128 bits
		"case_0000000000000000000000000i", "case_0000000000000000000000000é", "case__0000000000000000000000000",
		" " + valid[:4], valid + "\n", "my_" + valid,
	} {
		if got, err := gid.Parse(nil, text); !errors.Is(err, gid.ErrMalformed) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestCipher(t *testing.T) {
	one, other := enciphered(t, 1), enciphered(t, 2)
	id := gid.ID{Prefix: "patient", UUID: uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")}
	shown := string(gid.Append(nil, one, id))
	if shown == id.String() || shown == string(gid.Append(nil, other, id)) {
		t.Errorf("%s is shown to others too", shown)
	}
	if got, err := gid.Parse(one, shown); err != nil || got != id {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := gid.Parse(other, shown); err != nil || got == id {
		t.Errorf("another viewer reads %v, %v", got, err)
	}
}

func enciphered(t testing.TB, secret byte) *viewer.Identity {
	t.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{secret}, 16))
	if err != nil {
		t.Fatal(err)
	}
	return &viewer.Identity{Cipher: block}
}

func TestScalar(t *testing.T) {
	id := gid.ID{Prefix: "case", UUID: uuid.Max}
	for _, v := range []*viewer.Identity{{}, enciphered(t, 1)} {
		ctx := viewer.NewContext(t.Context(), v)
		var b strings.Builder
		if err := gid.MarshalID(id).MarshalGQLContext(ctx, &b); err != nil {
			t.Fatal(err)
		}
		if want := `"` + string(gid.Append(nil, v, id)) + `"`; b.String() != want {
			t.Errorf("got %s, want %s", b.String(), want)
		}
		if got, err := gid.UnmarshalID(ctx, strings.Trim(b.String(), `"`)); err != nil || got != id {
			t.Errorf("got %v, %v", got, err)
		}
	}
	for _, value := range []any{nil, 1, true, id} {
		if got, err := gid.UnmarshalID(context.Background(), value); !errors.Is(err, gid.ErrMalformed) {
			t.Errorf("%v: got %v, %v", value, got, err)
		}
	}
}

// FuzzParse reads any text: nothing panics, and a text that is read is the only one of its identifier.
func FuzzParse(f *testing.F) {
	f.Add("case_01h455vb4pex5vsknk084sn02q")
	f.Add("case_7zzzzzzzzzzzzzzzzzzzzzzzzz")
	f.Add("case_8zzzzzzzzzzzzzzzzzzzzzzzzz")
	f.Add("a_b_01h455vb4pex5vsknk084sn02q")
	f.Add("é_01h455vb4pex5vsknk084sn02q")
	f.Add("_")
	f.Add("")
	analyst := enciphered(f, 1)
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range []*viewer.Identity{nil, analyst} {
			id, err := gid.Parse(v, text)
			if err != nil {
				if !errors.Is(err, gid.ErrMalformed) || id != (gid.ID{}) {
					t.Fatalf("%q: %v, %v", text, id, err)
				}
				continue
			}
			if got := string(gid.Append(nil, v, id)); got != text {
				t.Fatalf("%q came back as %q", text, got)
			}
		}
	})
}

// FuzzKeys writes any two keys: each comes back, and the texts sort as the keys do.
func FuzzKeys(f *testing.F) {
	f.Add(uuid.Nil[:], uuid.Max[:])
	f.Add([]byte("0123456789abcdef"), []byte("0123456789abcdeg"))
	f.Add(bytes.Repeat([]byte{0x7f}, 16), bytes.Repeat([]byte{0x80}, 16))
	analyst := enciphered(f, 1)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a) != 16 || len(b) != 16 {
			return
		}
		one, other := gid.ID{Prefix: "p", UUID: uuid.UUID(a)}, gid.ID{Prefix: "p", UUID: uuid.UUID(b)}
		if strings.Compare(one.String(), other.String()) != bytes.Compare(a, b) {
			t.Fatalf("%s and %s do not sort as %x and %x", one, other, a, b)
		}
		for _, v := range []*viewer.Identity{nil, analyst} {
			if got, err := gid.Parse(v, string(gid.Append([]byte(nil), v, one))); err != nil || got != one {
				t.Fatalf("%v came back as %v, %v", one, got, err)
			}
		}
	})
}
