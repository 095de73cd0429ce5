package relay

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// FuzzPlace reads any bytes as a place: nothing panics, and what is read means the same when it is written.
func FuzzPlace(f *testing.F) {
	whole, err := writePlace([]any{"text", int64(-1), 0.5, true, time.Unix(1, 2).UTC(), uuid.Max})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{kindText, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{kindTime, 0})
	f.Add([]byte{kindReal})
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, src []byte) {
		place, err := readPlace(src)
		if err != nil {
			return
		}
		written, err := writePlace(place)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readPlace(written)
		if err != nil || len(again) != len(place) {
			t.Fatalf("%v came back as %v, %v", place, again, err)
		}
		if rewritten, err := writePlace(again); err != nil || !bytes.Equal(rewritten, written) {
			t.Fatalf("%v came back as %v, %v", place, again, err)
		}
	})
}

func TestPlaceOf(t *testing.T) {
	type code string
	type config struct{} //nolint:unused // as ent's entities have one
	type row struct {
		config `json:"-"` //nolint:unused // found by reflection
		ID     uuid.UUID  `json:"id,omitempty"`
		At     time.Time  `json:"at,omitempty"`
		Kind   code       `json:"kind,omitempty"`
		Count  int        `json:"count,omitempty"`
		Share  float64    `json:"share,omitempty"`
		Open   bool       `json:"open,omitempty"`
		Name   *string    `json:"name,omitempty"`
		Owner  *int       `json:"owner,omitempty"`
		Secret string     `json:"-"`
		Tags   []string   `json:"tags,omitempty"`
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	got, err := placeOf(&row{ID: uuid.Max, At: at, Kind: "K", Count: 2, Share: math.Pi, Open: true, Name: new("n")},
		[]string{"at", "kind", "count", "share", "open", "name", "id"})
	want := []any{at.UTC(), "K", int64(2), math.Pi, true, "n", uuid.Max}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, column := range []string{"Secret", "-", "", "config", "tags", "owner", "absent"} {
		if got, err := valueOf(&row{}, column); err == nil {
			t.Errorf("%s: %v", column, got)
		}
	}
}
