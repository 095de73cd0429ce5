package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v7"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// system is the system of the external identifiers that every generated party, product, program and document has:
// what bears one is synthetic.
const system = "urn:carehub:demo"

const (
	day = 24 * time.Hour
	// year is how far back the history goes.
	year = 365 * day
)

// world is what has been generated so far. Its rows are written in one transaction.
type world struct {
	tx   *ent.Tx
	seed uint64
	// now is the present; began is when the company went live, before everything that is told.
	now, began time.Time
	rows       int

	users     map[string]uuid.UUID // by subject
	rules     map[code.CaseKind]*ent.RoutingRule
	products  map[string]*product // by name
	programs  []*program
	forms     map[formKey]uuid.UUID
	clinics   []*organization
	payers    []*organization
	providers []*provider
	near      map[code.Territory][]*provider
	npis      map[string]bool
	// journeys counts the enrollments of the living.
	journeys int
	// participants counts those of trials, waiting those who wait in full programs.
	participants, waiting int
	// patients are those whom the told history needs: the two who sign in.
	patients map[string]*patient
}

// dice is chance that falls the same way for the same seed and purpose, so that one part of the world does not
// change with the size of another.
type dice struct{ *gofakeit.Faker }

func (w *world) dice(format string, args ...any) dice {
	purpose := fnv.New64a()
	fmt.Fprintf(purpose, format, args...)
	return dice{gofakeit.NewFaker(rand.NewPCG(w.seed, purpose.Sum64()), false)}
}

// percent is true that often.
func (d dice) percent(often int) bool { return d.IntN(100) < often }

// between is a duration from low to high, by minutes.
func (d dice) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.IntN(int((high-low)/time.Minute)+1))*time.Minute
}

// days is a duration from low to high days, by minutes.
func (d dice) days(low, high int) time.Duration {
	return d.between(time.Duration(low)*day, time.Duration(high)*day)
}

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// weighed is one of several outcomes, with its share of a hundred.
type weighed[T any] struct {
	share int
	value T
}

// roll returns an outcome by the shares, which add up to a hundred.
func roll[T any](d dice, outcomes []weighed[T]) T {
	at := d.IntN(100)
	for _, o := range outcomes {
		if at -= o.share; at < 0 {
			return o.value
		}
	}
	return outcomes[len(outcomes)-1].value
}

// batch is how many rows one statement inserts: the widest table stays below the parameters that SQLite takes.
const batch = 250

// insert writes rows, many by each statement.
func insert[C any, B interface{ Exec(context.Context) error }](ctx context.Context, w *world, bulk func(...C) B, rows []C) error {
	for chunk := range slices.Chunk(rows, batch) {
		if err := bulk(chunk...).Exec(ctx); err != nil {
			return fmt.Errorf("%T: %w", chunk[0], err)
		}
	}
	w.rows += len(rows)
	return nil
}

// marked gives a row its synthetic name.
func (w *world) marked(entity string, id uuid.UUID, format string, args ...any) *ent.ExternalIdentifierCreate {
	return w.tx.ExternalIdentifier.Create().SetEntity(entity).SetEntityID(id).SetSystem(system).SetValue(fmt.Sprintf(format, args...))
}

// changes writes the history of one lifecycle: each status with the moment at which it was reached.
func changes[S ~string](tx *ent.Tx, steps []step[S], of func(*ent.StatusChangeCreate)) []*ent.StatusChangeCreate {
	out := make([]*ent.StatusChangeCreate, len(steps))
	for i, s := range steps {
		out[i] = tx.StatusChange.Create().SetToStatus(string(s.to)).SetAt(s.at).SetNillableChangedByID(s.by).SetNillableNote(unlessEmpty(s.note))
		if i > 0 {
			out[i].SetFromStatus(string(steps[i-1].to))
		}
		of(out[i])
	}
	return out
}

// step is one step of a lifecycle: the status that it led to.
type step[S ~string] struct {
	to   S
	at   time.Time
	by   *uuid.UUID
	note string
}

func newKey() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func unlessEmpty[T ~string](value T) *T {
	if value == "" {
		return nil
	}
	return &value
}
