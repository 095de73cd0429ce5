package staff

import (
	"fmt"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	entproduct "github.com/carehub/carehub/ent/product"
	"github.com/carehub/carehub/server/intake/tally"
)

// product is a product of the company, on which inquiries are asked. It is found again by its name.
type product struct {
	Name            string `yaml:"name"`
	GenericName     string `yaml:"genericName"`
	TherapeuticArea string `yaml:"therapeuticArea"`
	Kind            string `yaml:"kind"`
	MarketingStatus string `yaml:"marketingStatus"`

	line int
}

// fault is the first element of a product that breaks a rule.
func (p *product) fault() (element, reason string) {
	switch {
	case p.Name == "" || len(p.Name) > 200:
		return "name", "missing or longer than 200 bytes"
	case len(p.GenericName) > 200:
		return "genericName", "longer than 200 bytes"
	case p.TherapeuticArea == "" || len(p.TherapeuticArea) > 60:
		return "therapeuticArea", "missing or longer than 60 bytes"
	case !member[code.ProductKind](p.Kind):
		return "kind", "no kind of product"
	case !member[code.MarketingStatus](p.MarketingStatus):
		return "marketingStatus", "no marketing status"
	}
	return "", ""
}

// product makes the product, or changes the one of the name.
func (l *load) product(index int, p *product) error {
	r := record{"Product", fmt.Sprintf("products[%d]", index), p.line}
	if element, reason := p.fault(); reason != "" {
		l.refuse(r, element, reason)
		return nil
	}
	var generic *string
	if p.GenericName != "" {
		generic = &p.GenericName
	}
	kind, status := code.ProductKind(p.Kind), code.MarketingStatus(p.MarketingStatus)
	old, err := l.tx.Product.Query().Where(entproduct.Name(p.Name)).Only(l.ctx)
	switch {
	case ent.IsNotFound(err):
		err = l.tx.Product.Create().SetName(p.Name).SetNillableGenericName(generic).SetTherapeuticArea(p.TherapeuticArea).
			SetKind(kind).SetMarketingStatus(status).Exec(l.ctx)
	case err != nil:
		return err
	case old.TherapeuticArea == p.TherapeuticArea && old.Kind == kind && old.MarketingStatus == status &&
		(generic == nil || old.GenericName != nil && *old.GenericName == *generic):
		l.Count(r.typ, tally.Unchanged)
		return nil
	default:
		err = l.tx.Product.UpdateOne(old).SetNillableGenericName(generic).SetTherapeuticArea(p.TherapeuticArea).
			SetKind(kind).SetMarketingStatus(status).Exec(l.ctx)
	}
	if err == nil {
		l.Count(r.typ, tally.Accepted)
	}
	return err
}
