package demo

import (
	"fmt"

	"github.com/carehub/carehub/ent/code"
)

// place is where people live or practise.
type place struct{ city, state, zip, area, zone string }

func (p place) territory() code.Territory { return code.TerritoryOf(p.state) }

// phone returns a number of the block that is kept free for fiction, in E.164.
func (p place) phone(d dice) string { return fmt.Sprintf("+1%s55501%02d", p.area, d.IntN(100)) }

const (
	eastern  = "America/New_York"
	central  = "America/Chicago"
	mountain = "America/Denver"
	pacific  = "America/Los_Angeles"
)

// cities are places whose ZIP prefix has more than 20,000 people.
var cities = []place{
	{"Boston", "MA", "02118", "617", eastern},
	{"Seattle", "WA", "98118", "206", pacific},
	{"Chicago", "IL", "60622", "312", central},
	{"Atlanta", "GA", "30312", "404", eastern},
	{"Houston", "TX", "77023", "713", central},
	{"New York", "NY", "10027", "212", eastern},
	{"Los Angeles", "CA", "90033", "213", pacific},
	{"Columbus", "OH", "43215", "614", eastern},
	{"Miami", "FL", "33135", "305", eastern},
	{"Phoenix", "AZ", "85008", "602", "America/Phoenix"},
	{"Philadelphia", "PA", "19104", "215", eastern},
	{"Denver", "CO", "80205", "303", mountain},
	{"Minneapolis", "MN", "55407", "612", central},
	{"Charlotte", "NC", "28205", "704", eastern},
	{"Albuquerque", "NM", "87106", "505", mountain},
	{"Hartford", "CT", "06106", "860", eastern},
	{"Portland", "OR", "97202", "503", pacific},
	{"Detroit", "MI", "48214", "313", "America/Detroit"},
	{"Nashville", "TN", "37206", "615", central},
	{"Tulsa", "OK", "74104", "918", central},
	{"Newark", "NJ", "07104", "973", eastern},
	{"Honolulu", "HI", "96817", "808", "Pacific/Honolulu"},
	{"St. Louis", "MO", "63110", "314", central},
	{"Baltimore", "MD", "21218", "410", eastern},
	{"Dallas", "TX", "75214", "214", central},
	{"Portland", "ME", "04103", "207", eastern},
	{"Sacramento", "CA", "95817", "916", pacific},
}

// hamlets are places whose ZIP prefix has 20,000 people or fewer, so that analysts see 000.
var hamlets = []place{
	{"Charlestown", "NH", "03603", "603", eastern},
	{"Canaan", "VT", "05903", "802", eastern},
	{"Rawlins", "WY", "82301", "307", mountain},
	{"Ely", "NV", "89301", "775", pacific},
	{"Two Harbors", "MN", "55616", "218", central},
	{"Valentine", "NE", "69201", "402", central},
	{"Butler", "AL", "36904", "205", central},
	{"Truth or Consequences", "NM", "87901", "575", mountain},
	{"Socorro", "NM", "87801", "575", mountain},
	{"Tucumcari", "NM", "88401", "575", mountain},
}

// home is a city, and now and then a hamlet.
func home(d dice) place {
	if d.percent(6) {
		return pick(d, hamlets)
	}
	return pick(d, cities)
}

// cityIn returns a city of the territory.
func cityIn(d dice, t code.Territory) place {
	for {
		if p := pick(d, cities); p.territory() == t {
			return p
		}
	}
}
