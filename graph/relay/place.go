package relay

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The kinds of values that a place consists of, as its bytes name them.
const (
	kindText  = 's'
	kindWhole = 'i'
	kindReal  = 'f'
	kindBool  = 'b'
	kindTime  = 't'
	kindKey   = 'u'
)

// writePlace writes the values so that readPlace gives them back exactly.
func writePlace(place []any) (dst []byte, err error) {
	for _, value := range place {
		switch v := value.(type) {
		case string:
			dst = binary.AppendUvarint(append(dst, kindText), uint64(len(v)))
			dst = append(dst, v...)
		case int64:
			dst = binary.AppendVarint(append(dst, kindWhole), v)
		case float64:
			dst = binary.BigEndian.AppendUint64(append(dst, kindReal), math.Float64bits(v))
		case bool:
			dst = append(dst, kindBool, 0)
			if v {
				dst[len(dst)-1] = 1
			}
		case time.Time:
			dst = binary.AppendVarint(append(dst, kindTime), v.Unix())
			dst = binary.AppendUvarint(dst, uint64(v.Nanosecond()))
		case uuid.UUID:
			dst = append(append(dst, kindKey), v[:]...)
		default:
			return nil, fmt.Errorf("relay: no row is ordered by a %T", value)
		}
	}
	return dst, nil
}

// readPlace reads what writePlace wrote. Any other bytes are an error.
func readPlace(src []byte) ([]any, error) {
	var place []any
	for len(src) > 0 {
		value, size := readValue(src[0], src[1:])
		if size <= 0 {
			return nil, errCursor
		}
		place = append(place, value)
		src = src[1+size:]
	}
	return place, nil
}

// readValue reads one value of the kind and how many bytes it takes; none when it can not.
func readValue(kind byte, src []byte) (any, int) {
	switch kind {
	case kindText:
		length, n := binary.Uvarint(src)
		if n <= 0 || length > uint64(len(src)-n) {
			return nil, 0
		}
		end := n + int(length)
		return string(src[n:end]), end
	case kindWhole:
		v, n := binary.Varint(src)
		return v, n
	case kindReal:
		if len(src) >= 8 {
			return math.Float64frombits(binary.BigEndian.Uint64(src)), 8
		}
	case kindBool:
		if len(src) >= 1 {
			return src[0] == 1, 1
		}
	case kindTime:
		seconds, n := binary.Varint(src)
		if n <= 0 {
			return nil, 0
		}
		nanos, m := binary.Uvarint(src[n:])
		if m <= 0 || nanos >= uint64(time.Second) {
			return nil, 0
		}
		return time.Unix(seconds, int64(nanos)).UTC(), n + m
	case kindKey:
		if len(src) >= len(uuid.UUID{}) {
			return uuid.UUID(src[:16]), 16
		}
	}
	return nil, 0
}

// columnsOf caches where the structs of entities keep their columns.
var columnsOf sync.Map // of reflect.Type to map[string]int

// valueOf returns the row's value of the column, in one of the types that a place consists of.
func valueOf[N any](row *N, column string) (any, error) {
	v := reflect.ValueOf(row).Elem()
	known, ok := columnsOf.Load(v.Type())
	if !ok {
		known, _ = columnsOf.LoadOrStore(v.Type(), columns(v.Type()))
	}
	i, ok := known.(map[string]int)[column]
	if !ok {
		return nil, fmt.Errorf("relay: %T has no column %q", row, column)
	}
	f := v.Field(i)
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return nil, fmt.Errorf("relay: the %s of a %T is NULL, which has no place", column, row)
		}
		f = f.Elem()
	}
	switch value := f.Interface().(type) {
	case time.Time:
		return value.UTC(), nil
	case uuid.UUID:
		return value, nil
	}
	switch f.Kind() {
	case reflect.String:
		return f.String(), nil
	case reflect.Bool:
		return f.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return f.Int(), nil
	case reflect.Float32, reflect.Float64:
		return f.Float(), nil
	}
	return nil, fmt.Errorf("relay: %T has no order by %q", row, column)
}

// columns finds the fields of an entity's struct by their columns, which the tag for JSON names.
func columns(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && name != "" && name != "-" {
			out[name] = i
		}
	}
	return out
}

// placeOf returns the row's place in an order of the key.
func placeOf[N any](row *N, key []string) ([]any, error) {
	place := make([]any, len(key))
	for i, column := range key {
		value, err := valueOf(row, column)
		if err != nil {
			return nil, err
		}
		place[i] = value
	}
	return place, nil
}
