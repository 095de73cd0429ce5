package rule

// What the tests look at.
var (
	Rules      = rules
	Conditions = conditions
)
