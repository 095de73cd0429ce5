package audit

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

// idsPerRow bounds the text of a row.
const idsPerRow = 500

// Recorder gathers what one operation, or the delivery of one event, revealed to its viewer. Resolvers use it
// at the same time.
type Recorder struct {
	requestID string
	analyst   bool

	mu sync.Mutex
	// revealed has the keys of rows by entity, each with its patient (uuid.Nil: none known).
	revealed map[string]map[uuid.UUID]uuid.UUID
	unmasked map[unmasking]map[uuid.UUID]struct{}
	denied   []Entry
}

// unmasking is a condition that let values of an entity's rows through.
type unmasking struct{ entity, condition string }

// NewRecorder returns a Recorder for one operation of the identity.
func NewRecorder(id *viewer.Identity, requestID string) *Recorder {
	return &Recorder{requestID: requestID, analyst: id != nil && id.Role == viewer.Analyst}
}

type recorderKey struct{}

// NewContext returns a context in which the recorder notes what is revealed.
func NewContext(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// recorder returns the context's Recorder, or nil when there is none or the work is the system's: what a guard
// or a job reads, nobody sees.
func recorder(ctx context.Context) *Recorder {
	if viewer.IsSystem(ctx) {
		return nil
	}
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

func requestID(ctx context.Context) string {
	if r, _ := ctx.Value(recorderKey{}).(*Recorder); r != nil {
		return r.requestID
	}
	return ""
}

// Revealed notes that the viewer was shown a row, and about whom it is where that is known. Queries do it by
// themselves (see Reads); it is for what is read past them.
func Revealed(ctx context.Context, entity string, id uuid.UUID, patient *uuid.UUID) {
	if r := recorder(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		person := uuid.Nil
		if patient != nil {
			person = *patient
		}
		note(r.rowsOf(entity, 1), id, person)
	}
}

// Unmasked notes that the condition held for a row and let the viewer see what is otherwise withheld.
func Unmasked(ctx context.Context, entity string, id uuid.UUID, condition string) {
	if r := recorder(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.unmasked == nil {
			r.unmasked = make(map[unmasking]map[uuid.UUID]struct{})
		}
		rows := r.unmasked[unmasking{entity, condition}]
		if rows == nil {
			rows = make(map[uuid.UUID]struct{})
			r.unmasked[unmasking{entity, condition}] = rows
		}
		rows[id] = struct{}{}
	}
}

// Denied notes that the viewer was refused an action on the rows, and why.
func Denied(ctx context.Context, action code.AuditAction, entity string, ids []uuid.UUID, reason string) {
	if r := recorder(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.denied = append(r.denied, Entry{
			Action: action, Entity: entity, IDs: slices.Clone(ids), Detail: reason, Decision: code.AuditDecisionDeny,
		})
	}
}

// rowsOf returns the noted rows of the entity, with room for some more. The caller holds the lock.
func (r *Recorder) rowsOf(entity string, more int) map[uuid.UUID]uuid.UUID {
	rows := r.revealed[entity]
	if rows == nil {
		if r.revealed == nil {
			r.revealed = make(map[string]map[uuid.UUID]uuid.UUID, 4)
		}
		rows = make(map[uuid.UUID]uuid.UUID, more)
		r.revealed[entity] = rows
	}
	return rows
}

// note adds a row and never forgets whom it is about.
func note(rows map[uuid.UUID]uuid.UUID, id, patient uuid.UUID) {
	if known, ok := rows[id]; !ok || known == uuid.Nil {
		rows[id] = patient
	}
}

// Entries returns what was gathered up to now, in a stable order: one entry for each entity with the keys of
// its rows (several where there are very many), one for each condition that unmasked, and the denials. An
// analyst's operation gives an entry even when it revealed nothing.
func (r *Recorder) Entries(operation string) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var entries []Entry
	add := func(entity, condition string, ids []uuid.UUID) {
		slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		for some := range slices.Chunk(ids, idsPerRow) {
			entries = append(entries, Entry{
				Action: code.AuditActionRead, Entity: entity, IDs: some, Patients: r.patientsOf(entity, some), Detail: condition,
			})
		}
	}
	for _, entity := range slices.Sorted(maps.Keys(r.revealed)) {
		add(entity, "", slices.Collect(maps.Keys(r.revealed[entity])))
	}
	for _, u := range slices.SortedFunc(maps.Keys(r.unmasked), func(a, b unmasking) int {
		return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.condition, b.condition))
	}) {
		add(u.entity, u.condition, slices.Collect(maps.Keys(r.unmasked[u])))
	}
	entries = append(entries, r.denied...)
	if len(entries) == 0 && r.analyst {
		entries = append(entries, Entry{Action: code.AuditActionExecute})
	}
	for i := range entries {
		entries[i].Operation, entries[i].RequestID = operation, r.requestID
	}
	return entries
}

// patientsOf returns the patients of the rows, each once.
func (r *Recorder) patientsOf(entity string, ids []uuid.UUID) []uuid.UUID {
	if entity == ent.TypePatient {
		return ids
	}
	rows := r.revealed[entity]
	var patients []uuid.UUID
	seen := make(map[uuid.UUID]struct{}, len(ids))
	for _, id := range ids {
		patient := rows[id]
		if _, twice := seen[patient]; patient == uuid.Nil || twice {
			continue
		}
		seen[patient] = struct{}{}
		patients = append(patients, patient)
	}
	return patients
}
