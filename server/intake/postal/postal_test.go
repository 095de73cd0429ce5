package postal_test

import (
	"testing"

	"github.com/carehub/carehub/server/intake/postal"
)

func TestZIP(t *testing.T) {
	for _, c := range []struct{ text, state, want string }{
		{"02169", "MA", "02169"},
		{"94559", "CA", "94559"},
		{"945594515", "CA", "94559-4515"},
		{"94559-4515", "CA", "94559-4515"},
		{"945594515.0", "CA", "94559-4515"},
		{"21693302.0", "MA", "02169-3302"},
		{"6156", "CT", "06156"},
		{"6156.0", "CT", "06156"},
		{"9181234.0", "PR", "00918-1234"},
		{"918.0", "PR", "00918"},
		{"801", "VI", "00801"},
		{"9012", "AE", "09012"},

		{"4559", "CA", ""},      // no code of California begins with a zero
		{"6156", "MA", ""},      // not one of Massachusetts
		{"6390", "CT", ""},      // Fishers Island is in New York
		{"501", "NY", ""},       // Holtsville, but New York has one such code alone
		{"600123", "IL", ""},    // neither five nor nine digits
		{"12", "MA", ""},        //
		{"00000", "", ""},       // stands for none
		{"0.0", "MA", ""},       //
		{"6156.5", "CT", ""},    //
		{"SW1A 1AA", "", ""},    //
		{"", "MA", ""},          //
		{"-", "MA", ""},         //
		{"６１５６", "CT", ""},      // digits of another script
		{"02169-33", "MA", ""},  // seven digits with a zero that is there
		{"1234567890", "", ""},  //
		{"2169-3302.0", "", ""}, // without a state
		{"1-2345", "NY", ""},    // a hyphen out of place
	} {
		zip, certain := postal.ZIP(c.text, c.state)
		if certain != (c.want != "") || certain && zip != c.want {
			t.Errorf("ZIP(%q, %q) = %q, %v, want %q", c.text, c.state, zip, certain, c.want)
		}
	}
}
