package graph_test

import (
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

func TestSmoke(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		a := w.do("liaison", `query($id: ID!) { node(id: $id) { ... on Patient { id name pseudonym } } }`, vars{"id": w.id("patient cal")})
		t.Log(a.raw)
	})
}
