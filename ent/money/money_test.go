package money_test

import (
	"errors"
	"testing"

	"github.com/carehub/carehub/ent/money"
)

func TestMinor(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		minor          int64
		err            error
		back           money.Decimal
	}{
		{"1250.5", "USD", 125050, nil, "1250.50"},
		{"0", "USD", 0, nil, "0.00"},
		{"1250", "JPY", 1250, nil, "1250"},
		{"1.234", "KWD", 1234, nil, "1.234"},
		{"12.50", "RSD", 1250, nil, "12.50"}, // nobody there writes decimals
		{"0.001", "IQD", 1, nil, "0.001"},
		{"1", "VES", 100, nil, "1.00"},
		{"1.0001", "UYW", 10001, nil, "1.0001"},
		{"1", "XAU", 0, money.ErrCurrency, ""}, // no minor units
		{"1", "DEM", 0, money.ErrCurrency, ""},
		{"1.234", "USD", 0, money.ErrDecimals, ""},
		{"1.5", "JPY", 0, money.ErrDecimals, ""},
		{"1", "usd", 0, money.ErrCurrency, ""},
		{"1", "QQQ", 0, money.ErrCurrency, ""},
		{"1", "", 0, money.ErrCurrency, ""},
		{"-1", "USD", 0, money.ErrDecimal, ""},
		{"1e3", "USD", 0, money.ErrDecimal, ""},
		{".5", "USD", 0, money.ErrDecimal, ""},
		{"5.", "USD", 0, money.ErrDecimal, ""},
		{"", "USD", 0, money.ErrDecimal, ""},
		{"1,000", "USD", 0, money.ErrDecimal, ""},
		{"9999999999999", "USD", 0, money.ErrDecimal, ""},
	} {
		got, err := money.Decimal(c.text).Minor(c.currency)
		if got != c.minor || !errors.Is(err, c.err) {
			t.Errorf("%q %q is %d (%v), want %d (%v)", c.text, c.currency, got, err, c.minor, c.err)
		}
		if err == nil {
			if back, err := money.Of(got, c.currency); err != nil || back != c.back {
				t.Errorf("%d %s is written %q (%v), want %q", got, c.currency, back, err, c.back)
			}
		}
	}
}
