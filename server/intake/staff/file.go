// Package staff takes in the company's people from YAML: who they are, the departments and territories they work
// for, the clients of liaisons, the teams of programs, and the portals of professionals and patients; and the
// products that they answer for.
//
//	products:
//	  - {name: Examplast, genericName: examplamab, therapeuticArea: ONCOLOGY, kind: BIOLOGIC, marketingStatus: APPROVED}
//	identities:
//	  - persona: LIAISON
//	    issuer: https://login.example.com
//	    subject: 7f3c
//	    name: Lee Stone
//	    memberships:
//	      - {department: MEDICAL_AFFAIRS, role: MEMBER, territory: NORTHEAST, therapeuticArea: ONCOLOGY}
//	    clients:                             # liaisons
//	      - npi: "1234567893"
//	      - identifier: https://github.com/synthetichealth/synthea|0f1c
//	      - territory: NORTHEAST             # all professionals of it
//	  - persona: COORDINATOR
//	    ...
//	    programs:                            # coordinators
//	      - {name: Respiratory therapy, role: COORDINATOR}
//	      - {identifier: http://snomed.info/sct|53950000, role: NURSE}
//	  - persona: PROVIDER
//	    ...
//	    account: {npi: "1234567893"}         # professionals and patients; or identifier
//	    portals: [PROVIDER_PORTAL]
//	    verified: state board, 2025-06-01    # professionals: where the licence was looked up
//
// A file adds and changes; what it does not name stays as it is. Somebody is shut out with status: DISABLED.
// A key that is not of this form refuses the file, as a misspelt one could grant more than was meant.
package staff

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// File is a file that was read but not taken in.
type File struct {
	source     string
	products   []product
	identities []identity
}

type identity struct {
	Persona     string       `yaml:"persona"`
	Issuer      string       `yaml:"issuer"`
	Subject     string       `yaml:"subject"`
	Name        string       `yaml:"name"`
	Status      string       `yaml:"status"`
	Account     *party       `yaml:"account"`
	Verified    string       `yaml:"verified"`
	Memberships []membership `yaml:"memberships"`
	Clients     []client     `yaml:"clients"`
	Programs    []team       `yaml:"programs"`
	Portals     []string     `yaml:"portals"`

	line int
}

type party struct {
	NPI        string `yaml:"npi"`
	Identifier string `yaml:"identifier"`
}

type membership struct {
	Department      string `yaml:"department"`
	Role            string `yaml:"role"`
	Territory       string `yaml:"territory"`
	TherapeuticArea string `yaml:"therapeuticArea"`
}

type client struct {
	party           `yaml:",inline"`
	Territory       string `yaml:"territory"`
	TherapeuticArea string `yaml:"therapeuticArea"`
}

type team struct {
	Name       string `yaml:"name"`
	Identifier string `yaml:"identifier"`
	Role       string `yaml:"role"`
}

// Parse reads a file. An error names the lines at fault and refuses it as a whole.
func Parse(source string, data []byte) (*File, error) {
	var doc struct {
		Products   []product  `yaml:"products"`
		Identities []identity `yaml:"identities"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("empty")
		}
		return nil, readable(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document")
	}
	var tree struct {
		Products   []yaml.Node `yaml:"products"`
		Identities []yaml.Node `yaml:"identities"`
	}
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, readable(err)
	}
	for i := range doc.Identities {
		doc.Identities[i].line = tree.Identities[i].Line
	}
	for i := range doc.Products {
		doc.Products[i].line = tree.Products[i].Line
	}
	return &File{source, doc.Products, doc.Identities}, nil
}

// ofType is how yaml names Go's types, which are of no interest to who writes the file.
var ofType = regexp.MustCompile(` (in|into) (type )?[\w.*\[\]{} ]*(struct \{.*|staff\.\w+|\w+)$`)

func readable(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	lines := make([]string, len(wrong.Errors))
	for i, line := range wrong.Errors {
		line, _, _ = strings.Cut(line, "\n")
		lines[i] = ofType.ReplaceAllString(line, "")
	}
	return errors.New(strings.Join(lines, "; "))
}
