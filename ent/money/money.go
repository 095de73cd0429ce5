// Package money converts sums between what is written, exact decimals, and what is kept: whole minor units of a currency.
package money

import (
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number as it is written.
type Decimal string

// MarshalGQL writes the Decimal scalar.
func (d Decimal) MarshalGQL(w io.Writer) { io.WriteString(w, strconv.Quote(string(d))) } //nolint:errcheck // the writer is a buffer

// ErrText refuses what is no text; its form is looked at where the currency is known.
var ErrText = errors.New("a Decimal is a text, as in \"1250.50\"")

// UnmarshalGQL reads the Decimal scalar.
func (d *Decimal) UnmarshalGQL(value any) error {
	text, ok := value.(string)
	if !ok {
		return ErrText
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

// currencies are the active codes of ISO 4217 with minor units, and two that were given up in 2025 and 2026, by the number
// of decimals that the standard gives them, which is not what people write in each country.
var currencies = func() map[string]int {
	out := map[string]int{}
	for digits, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
			"CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR " +
			"IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN " +
			"NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB " +
			"TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for _, code := range strings.Fields(codes) {
			out[code] = digits
		}
	}
	return out
}()

// scale is the number of decimals of the currency.
func scale(code string) (int, error) {
	digits, known := currencies[code]
	if !known {
		return 0, ErrCurrency
	}
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
