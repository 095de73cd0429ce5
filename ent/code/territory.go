package code

import "strings"

// Territory is a region of the field force: what providers, memberships and cases are matched by.
type Territory string

// The members of Territory: the four regions of the US Census Bureau, but that the South is divided. Texas and
// Oklahoma form the SOUTHWEST with New Mexico and Arizona, which the Bureau counts to the West.
const (
	TerritoryNortheast Territory = "NORTHEAST"
	TerritoryMidwest   Territory = "MIDWEST"
	TerritorySoutheast Territory = "SOUTHEAST"
	TerritorySouthwest Territory = "SOUTHWEST"
	TerritoryWest      Territory = "WEST"
)

// Values lists the members.
func (Territory) Values() []string {
	return texts(TerritoryNortheast, TerritoryMidwest, TerritorySoutheast, TerritorySouthwest, TerritoryWest)
}

// TerritoryOf returns the territory of a state by its code of two letters; empty where none is served.
func TerritoryOf(state string) Territory { return states[state].territory }

// StateOf returns the two letters of a state that is written as its name or its code, in whatever case, and
// whether it is one. The District of Columbia and the inhabited territories count as states.
func StateOf(text string) (string, bool) {
	text = strings.Join(strings.Fields(strings.ToUpper(text)), " ")
	if _, known := states[text]; known {
		return text, true
	}
	state, known := stateByName[text]
	return state, known
}

type state struct {
	name      string
	territory Territory
}

var states = map[string]state{
	"CT": {"CONNECTICUT", TerritoryNortheast},
	"MA": {"MASSACHUSETTS", TerritoryNortheast},
	"ME": {"MAINE", TerritoryNortheast},
	"NH": {"NEW HAMPSHIRE", TerritoryNortheast},
	"NJ": {"NEW JERSEY", TerritoryNortheast},
	"NY": {"NEW YORK", TerritoryNortheast},
	"PA": {"PENNSYLVANIA", TerritoryNortheast},
	"RI": {"RHODE ISLAND", TerritoryNortheast},
	"VT": {"VERMONT", TerritoryNortheast},

	"IA": {"IOWA", TerritoryMidwest},
	"IL": {"ILLINOIS", TerritoryMidwest},
	"IN": {"INDIANA", TerritoryMidwest},
	"KS": {"KANSAS", TerritoryMidwest},
	"MI": {"MICHIGAN", TerritoryMidwest},
	"MN": {"MINNESOTA", TerritoryMidwest},
	"MO": {"MISSOURI", TerritoryMidwest},
	"ND": {"NORTH DAKOTA", TerritoryMidwest},
	"NE": {"NEBRASKA", TerritoryMidwest},
	"OH": {"OHIO", TerritoryMidwest},
	"SD": {"SOUTH DAKOTA", TerritoryMidwest},
	"WI": {"WISCONSIN", TerritoryMidwest},

	"AL": {"ALABAMA", TerritorySoutheast},
	"AR": {"ARKANSAS", TerritorySoutheast},
	"DC": {"DISTRICT OF COLUMBIA", TerritorySoutheast},
	"DE": {"DELAWARE", TerritorySoutheast},
	"FL": {"FLORIDA", TerritorySoutheast},
	"GA": {"GEORGIA", TerritorySoutheast},
	"KY": {"KENTUCKY", TerritorySoutheast},
	"LA": {"LOUISIANA", TerritorySoutheast},
	"MD": {"MARYLAND", TerritorySoutheast},
	"MS": {"MISSISSIPPI", TerritorySoutheast},
	"NC": {"NORTH CAROLINA", TerritorySoutheast},
	"PR": {"PUERTO RICO", TerritorySoutheast},
	"SC": {"SOUTH CAROLINA", TerritorySoutheast},
	"TN": {"TENNESSEE", TerritorySoutheast},
	"VA": {"VIRGINIA", TerritorySoutheast},
	"VI": {"VIRGIN ISLANDS", TerritorySoutheast},
	"WV": {"WEST VIRGINIA", TerritorySoutheast},

	"AZ": {"ARIZONA", TerritorySouthwest},
	"NM": {"NEW MEXICO", TerritorySouthwest},
	"OK": {"OKLAHOMA", TerritorySouthwest},
	"TX": {"TEXAS", TerritorySouthwest},

	"AK": {"ALASKA", TerritoryWest},
	"AS": {"AMERICAN SAMOA", TerritoryWest},
	"CA": {"CALIFORNIA", TerritoryWest},
	"CO": {"COLORADO", TerritoryWest},
	"GU": {"GUAM", TerritoryWest},
	"HI": {"HAWAII", TerritoryWest},
	"ID": {"IDAHO", TerritoryWest},
	"MP": {"NORTHERN MARIANA ISLANDS", TerritoryWest},
	"MT": {"MONTANA", TerritoryWest},
	"NV": {"NEVADA", TerritoryWest},
	"OR": {"OREGON", TerritoryWest},
	"UT": {"UTAH", TerritoryWest},
	"WA": {"WASHINGTON", TerritoryWest},
	"WY": {"WYOMING", TerritoryWest},
}

var stateByName = func() map[string]string {
	out := make(map[string]string, len(states))
	for letters, s := range states {
		out[s.name] = letters
	}
	return out
}()
