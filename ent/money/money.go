// Package money converts sums between what is written, exact decimals, and what is kept: whole minor units of a currency.
package money

import (
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// Decimal is an exact decimal number as it is written.
type Decimal string

// MarshalGQL writes the Decimal scalar.
func (d Decimal) MarshalGQL(w io.Writer) { io.WriteString(w, strconv.Quote(string(d))) } //nolint:errcheck // the writer is a buffer

// errText refuses what is no text; its form is looked at where the currency is known.
var errText = errors.New("a Decimal is a text, as in \"1250.50\"")

// UnmarshalGQL reads the Decimal scalar.
func (d *Decimal) UnmarshalGQL(value any) error {
	text, ok := value.(string)
	if !ok {
		return errText
	}
	*d = Decimal(text)
	return nil
}

// The errors of sums.
var (
	ErrCurrency = errors.New("not a currency of ISO 4217")
	ErrDecimal  = errors.New("not a decimal number from 0 to 999999999999, written as in 1250.50")
	ErrDecimals = errors.New("more decimals than the currency has")
)

// maxWhole bounds the digits before the point.
const maxWhole = 12

// scale is the number of decimals of the currency.
func scale(code string) (int, error) {
	unit, err := currency.ParseISO(code)
	if err != nil || unit.String() != code {
		return 0, ErrCurrency
	}
	digits, _ := currency.Standard.Rounding(unit)
	return digits, nil
}

// Minor returns the sum in minor units of the currency.
func (d Decimal) Minor(code string) (int64, error) {
	digits, err := scale(code)
	if err != nil {
		return 0, err
	}
	whole, part, point := strings.Cut(string(d), ".")
	if !numeric(whole) || len(whole) > maxWhole || point && !numeric(part) {
		return 0, ErrDecimal
	}
	if len(part) > digits {
		return 0, ErrDecimals
	}
	return strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
}

// numeric reports whether the text is of digits and not empty.
func numeric(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// Of writes a sum of minor units with all the decimals of the currency.
func Of(minor int64, code string) (Decimal, error) {
	digits, err := scale(code)
	if err != nil {
		return "", err
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return Decimal(new(big.Rat).SetFrac(big.NewInt(minor), unit).FloatString(digits)), nil
}
