package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	entidentity "github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/tally"
)

// Result is what became of a file.
type Result struct {
	tally.Tally
	// Changed are the identities that were made or whose rights changed.
	Changed []uuid.UUID
}

// load is one file on its way into the database.
type load struct {
	ctx    context.Context
	tx     *ent.Tx
	source string
	Result
}

// Load takes a file in within the transaction.
func Load(ctx context.Context, tx *ent.Tx, f *File) (*Result, error) {
	l := &load{ctx: ctx, tx: tx, source: f.source}
	for i := range f.products {
		if err := l.product(i, &f.products[i]); err != nil {
			return nil, err
		}
	}
	for i := range f.identities {
		if err := l.identity(fmt.Sprintf("identities[%d]", i), &f.identities[i]); err != nil {
			return nil, err
		}
	}
	return &l.Result, nil
}

// record is one statement of the file, such as a membership.
type record struct {
	typ  string
	path string
	line int
}

func (l *load) refuse(r record, element, reason string) {
	path := r.path
	if element != "" {
		path += "." + element
	}
	l.Find(r.typ, tally.Finding{
		Outcome: tally.Refused, Source: l.source, Resource: fmt.Sprintf("%s %s (line %d)", r.typ, r.path, r.line),
		Path: path, Reason: reason,
	})
}

// person is an identity as it stands in the database.
type person struct {
	*ent.Identity
	account uuid.UUID
	changed bool
}

// identity takes in one person and all that the file says of them.
func (l *load) identity(path string, i *identity) error {
	r := record{"Identity", path, i.line}
	i.Persona = strings.ToUpper(i.Persona)
	if element, reason := i.fault(); reason != "" {
		l.refuse(r, element, reason)
		l.refuseAll(path, i, "depends on "+path+", which was refused")
		return nil
	}
	who := &person{}
	if i.Account != nil {
		key, reason, err := l.party(accountEntity[viewer.Persona(i.Persona)], *i.Account)
		if err != nil {
			return err
		}
		if reason != "" {
			l.refuse(r, "account", reason)
			l.refuseAll(path, i, "depends on "+path+", which was refused")
			return nil
		}
		who.account = key
	}
	reason, fresh, err := l.settle(who, i)
	switch {
	case err != nil:
		return err
	case reason != "":
		l.refuse(r, "", reason)
		l.refuseAll(path, i, "depends on "+path+", which was refused")
		return nil
	case who.changed:
		l.Count(r.typ, tally.Accepted)
	default:
		l.Count(r.typ, tally.Unchanged)
	}
	for _, grant := range []func(string, *person, *identity) error{l.memberships, l.clients, l.teams, l.portals} {
		if err := grant(path, who, i); err != nil {
			return err
		}
	}
	if !who.changed {
		return nil
	}
	l.Changed = append(l.Changed, who.ID)
	if fresh {
		return nil
	}
	return l.tx.Identity.UpdateOneID(who.ID).AddRightsVersion(1).Exec(l.ctx)
}

// fault is the first element of a person that breaks a rule.
func (i *identity) fault() (element, reason string) {
	persona := viewer.Persona(i.Persona)
	_, outside := accountEntity[persona]
	for _, c := range []struct {
		wrong           bool
		element, reason string
	}{
		{!slices.Contains(viewer.Personas(), persona), "persona", "no persona"},
		{i.Issuer == "" || len(i.Issuer) > 300, "issuer", "missing or longer than 300 bytes"},
		{i.Subject == "" || len(i.Subject) > 300, "subject", "missing or longer than 300 bytes"},
		{i.Name == "" || len(i.Name) > 200, "name", "missing or longer than 200 bytes"},
		{i.Status != "" && !member[code.IdentityStatus](i.Status), "status", "neither ACTIVE nor DISABLED"},
		{outside && i.Account == nil, "account", "missing: a " + i.Persona + " acts for an account"},
		{!outside && i.Account != nil, "account", "only professionals and patients have one"},
		{outside && len(i.Memberships) > 0, "memberships", "only the company's people have them"},
		{persona != viewer.Liaison && len(i.Clients) > 0, "clients", "only liaisons have them"},
		{persona != viewer.Coordinator && len(i.Programs) > 0, "programs", "only coordinators have them"},
		{!outside && len(i.Portals) > 0, "portals", "only professionals and patients need a grant"},
		{persona != viewer.Provider && i.Verified != "", "verified", "only professionals are verified"},
		{len(i.Verified) > 120, "verified", "longer than 120 bytes"},
	} {
		if c.wrong {
			return c.element, c.reason
		}
	}
	return "", ""
}

// accountEntity is what the account of a persona is of.
var accountEntity = map[viewer.Persona]string{viewer.Patient: "patient", viewer.Provider: "provider"}

// member tells that a text is a member of an enumeration.
func member[T interface {
	~string
	Values() []string
}](text string) bool {
	var of T
	return slices.Contains(of.Values(), text)
}

// settle makes the identity, or changes the one of the issuer and subject.
func (l *load) settle(who *person, i *identity) (reason string, fresh bool, err error) {
	status := code.IdentityStatusActive
	if i.Status != "" {
		status = code.IdentityStatus(i.Status)
	}
	who.Identity, err = l.tx.Identity.Query().
		Where(entidentity.Issuer(i.Issuer), entidentity.Subject(i.Subject)).Only(l.ctx)
	switch {
	case ent.IsNotFound(err):
		create := l.tx.Identity.Create().SetPersona(viewer.Persona(i.Persona)).
			SetIssuer(i.Issuer).SetSubject(i.Subject).SetName(i.Name).SetStatus(status)
		if who.account != uuid.Nil {
			create.SetAccountID(who.account)
		}
		who.changed = true
		who.Identity, err = create.Save(l.ctx)
		if err != nil {
			return "", false, err
		}
		return "", true, l.verify(who, i)
	case err != nil:
		return "", false, err
	case string(who.Persona) != i.Persona:
		return "the identity has another persona, which cannot change", false, nil
	case who.AccountID != nil && who.account != uuid.Nil && *who.AccountID != who.account:
		return "the identity acts for another account", false, nil
	}
	update := l.tx.Identity.UpdateOneID(who.ID)
	if who.Name != i.Name {
		update.SetName(i.Name)
	}
	if i.Status != "" && who.Status != status {
		update.SetStatus(status)
	}
	if who.AccountID == nil && who.account != uuid.Nil {
		update.SetAccountID(who.account)
	}
	if len(update.Mutation().Fields()) > 0 {
		who.changed = true
		if err := update.Exec(l.ctx); err != nil {
			return "", false, err
		}
	}
	return "", false, l.verify(who, i)
}

// verify marks a professional as verified by the source that the file names.
func (l *load) verify(who *person, i *identity) error {
	if i.Verified == "" {
		return nil
	}
	row, err := l.tx.Provider.Get(l.ctx, who.account)
	if err != nil || row.Verification == code.VerificationVerified {
		return err
	}
	who.changed = true
	return l.tx.Provider.UpdateOne(row).SetVerification(code.VerificationVerified).
		SetVerifiedAt(clock.Now(l.ctx)).SetVerifiedSource(i.Verified).Exec(l.ctx)
}

// refuseAll refuses what hangs on a person that was refused.
func (l *load) refuseAll(path string, i *identity, reason string) {
	for _, part := range []struct {
		typ, element string
		n            int
	}{
		{"Membership", "memberships", len(i.Memberships)},
		{"Client", "clients", len(i.Clients)},
		{"TeamMember", "programs", len(i.Programs)},
		{"PortalAccess", "portals", len(i.Portals)},
	} {
		for n := range part.n {
			l.refuse(record{part.typ, fmt.Sprintf("%s.%s[%d]", path, part.element, n), i.line}, "", reason)
		}
	}
}
