package viewer

// Symbol stands in a statement for a value of the viewer that is only known when the statement runs.
type Symbol string

// Symbolic is a viewer that nobody is: its accessors return symbols. A rule called with it gives the text
// of the statement that all viewers of a persona share.
type Symbolic struct{ Role Persona }

// Persona implements Viewer.
func (s Symbolic) Persona() Persona { return s.Role }

// ID implements Viewer.
func (Symbolic) ID() any { return Symbol("viewer.id") }

// Account implements Viewer.
func (Symbolic) Account() any { return Symbol("viewer.account") }

// Now implements Viewer.
func (Symbolic) Now() any { return Symbol("viewer.now") }
