// Package demo fills an empty database with a company that does not exist: its people and products, a year of
// patients' ways through its programs, and the questions that professionals asked meanwhile.
//
// All of it is synthetic and can be told from real data: every party, product, program and document has an
// external identifier of the system urn:carehub:demo, telephone numbers are of the block 555-01xx, addresses of
// example.com, provider numbers of a range that is never issued. The same seed and present make the same rows, but
// for keys and case numbers.
//
// What is quiet, that is what nobody watches a stream for, is written in one transaction, as the API would have
// left it. Inquiries are told through the API itself, in the order of time, each step with the clock set to its
// moment, so that every rule has been applied to them and their audit and events are there.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/importrun"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
)

// Options say what is generated.
type Options struct {
	// Patients is how many there are; 300 when zero, and never less than the two who sign in.
	Patients int
	// Seed decides all that is left to chance; 1 when zero.
	Seed uint64
	// Now is the present of what is told; the time of the context when zero.
	Now time.Time
	// Progress hears how far it is; nobody when nil.
	Progress io.Writer
}

func (o Options) orElse(now time.Time) Options {
	if o.Patients == 0 {
		o.Patients = 300
	}
	o.Patients = max(o.Patients, len(signingIn))
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Now.IsZero() {
		o.Now = now
	}
	o.Now = clock.Exact(o.Now)
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

// kind is the kind of the import run that is the book of the generator, and its mark.
const kind = "demo"

// Seed generates the demo data, if the database has none and nothing else either. The departments and routing
// rules must be there (see package reference). The API must leave the time to the context (graph.Options.Clock).
// If it is interrupted after the quiet part, the database lacks some inquiries and stays so.
func Seed(ctx context.Context, st *store.Store, api *graph.API, o Options) error {
	o = o.orElse(clock.Now(ctx))
	ctx = viewer.System(clock.At(ctx, o.Now), "demo data")
	if empty, err := isEmpty(ctx, st.Client); err != nil || !empty {
		return err
	}
	restore, err := relax(ctx, st)
	if err != nil {
		return err
	}
	w, run, err := write(ctx, st.Client, o)
	if sqlgraph.IsUniqueConstraintError(err) {
		// Another server generates at the same time, and was first to write who works there.
		if empty, again := isEmpty(ctx, st.Client); again != nil || !empty {
			return errors.Join(again, restore())
		}
	}
	if err == nil {
		err = w.tell(ctx, graph.NewDirectory(st.Client, noCipher), api, o.Progress)
	}
	if err = errors.Join(err, restore()); err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	// This commit waits until it is durable, and with it everything before.
	return st.Client.ImportRun.UpdateOneID(run).SetAccepted(w.rows).SetFinishedAt(clock.Now(ctx)).Exec(ctx)
}

// isEmpty reports whether the database has nothing that the demo data could be confused with.
func isEmpty(ctx context.Context, client *ent.Client) (bool, error) {
	for _, exists := range []func(context.Context) (bool, error){
		client.ImportRun.Query().Where(importrun.Kind(kind)).Exist,
		client.Identity.Query().Exist, client.Account.Query().Exist, client.Product.Query().Exist,
	} {
		if some, err := exists(ctx); err != nil || some {
			return false, err
		}
	}
	return true, nil
}

// relax lets SQLite acknowledge commits before they are on the disk, until restore is called: hundreds of them
// would make the first start wait for nothing, as what is lost with the power is generated again. A commit is
// never torn by that, as the log is written in order.
func relax(ctx context.Context, st *store.Store) (restore func() error, err error) {
	if st.Dialect != dialect.SQLite {
		return func() error { return nil }, nil
	}
	var mode int
	if err := st.DB.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&mode); err != nil {
		return nil, err
	}
	set := func(ctx context.Context, mode int) error {
		_, err := st.DB.ExecContext(ctx, fmt.Sprintf("PRAGMA synchronous = %d", mode))
		return err
	}
	const normal = 1
	restore = func() error { return set(context.WithoutCancel(ctx), mode) }
	return restore, set(ctx, min(mode, normal))
}

// write makes the quiet part in one transaction, and returns it with the key of its book.
func write(ctx context.Context, client *ent.Client, o Options) (_ *world, run uuid.UUID, err error) {
	tx, err := client.Tx(ctx)
	if err != nil {
		return nil, run, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	w := &world{
		tx: tx, seed: o.Seed, now: o.Now, began: o.Now.Add(-2 * year),
		users: map[string]uuid.UUID{}, rules: map[code.CaseKind]*ent.RoutingRule{}, products: map[string]*product{},
		forms: map[formKey]uuid.UUID{}, near: map[code.Territory][]*provider{}, npis: map[string]bool{}, patients: map[string]*patient{},
	}
	// The staff goes first: its subjects are unique, so of two servers one fails here before it has made much.
	for _, part := range []func(context.Context) error{
		w.staff, w.routes, w.catalogue, w.organizations,
		func(ctx context.Context) error { return w.professionals(ctx, o.Patients) },
		w.clients,
		func(ctx context.Context) error {
			return w.people(ctx, o.Patients, func(done int) { fmt.Fprintf(o.Progress, "demo data: %d of %d patients\n", done, o.Patients) })
		},
		w.fill, w.matters,
	} {
		if err := part(ctx); err != nil {
			return nil, run, err
		}
	}
	book, err := tx.ImportRun.Create().SetKind(kind).SetSource(fmt.Sprintf("generator, seed %d", o.Seed)).SetStartedAt(o.Now).Save(ctx)
	if err != nil {
		return nil, run, err
	}
	return w, book.ID, tx.Commit()
}

// routes reads the rules by which quiet cases are routed: those that only look at the kind of a case.
func (w *world) routes(ctx context.Context) error {
	rules, err := w.tx.RoutingRule.Query().All(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.CaseKind != nil && r.RequesterKind == nil && r.LabelStatus == nil {
			w.rules[*r.CaseKind] = r
		}
	}
	for _, k := range []code.CaseKind{code.CaseKindAdverseEvent, code.CaseKindProductComplaint, code.CaseKindPrivacy} {
		if w.rules[k] == nil {
			return fmt.Errorf("no routing rule for %s: see package reference", k)
		}
	}
	return nil
}
