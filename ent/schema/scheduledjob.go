package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ScheduledJob is work that is due again and again. Of several servers the one that holds the lease does it.
type ScheduledJob struct{ ent.Schema }

// Mixin of ScheduledJob.
func (ScheduledJob) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ScheduledJob.
func (ScheduledJob) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("job")} }

// Fields of ScheduledJob.
func (ScheduledJob) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxRuneLen(80).Immutable(),
		field.Time("due_at"),
		text("holder", 80),
		moment("lease_until"),
		moment("started_at"),
		moment("finished_at"),
		field.Int("runs").Default(0),
		field.Int("failures").Default(0).Comment("In a row, since the last run that succeeded."),
		text("last_error", 500),
	}
}

// Indexes of ScheduledJob.
func (ScheduledJob) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name").Unique(), index.Fields("name", "id")}
}
