package awsapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// filler writes what a request said, as maps, lists and plain values, into the SDK's type of it.
type filler struct {
	names    func(field string) string
	document func(any) any
	// lists and pairs are what stands for a list and for a map where the protocol has none; nil elsewhere.
	lists func(x any) ([]any, bool)
	pairs func(x any) (map[string]any, bool)
}

var timeType = reflect.TypeFor[time.Time]()

// fill sets v to x. What x says beyond v is left out; a value that v cannot be is an error, which names at.
func (f *filler) fill(v reflect.Value, x any, at string) error {
	if x == nil {
		return nil
	}
	if v.Type() == timeType {
		t, ok := moment(x)
		if !ok {
			return wrong(at, "a timestamp")
		}
		v.Set(reflect.ValueOf(t))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.fill(v.Elem(), x, at)
	case reflect.Struct:
		return f.structure(v, x, at)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return blob(v, x, at)
		}
		return f.list(v, x, at)
	case reflect.Map:
		return f.mapping(v, x, at)
	case reflect.Interface:
		if f.document != nil && v.Type().Implements(reflect.TypeFor[interface{ MarshalSmithyDocument() ([]byte, error) }]()) {
			v.Set(reflect.ValueOf(f.document(plainNumbers(x))))
		}
		return nil
	default:
		return scalar(v, x, at)
	}
}

func (f *filler) structure(v reflect.Value, x any, at string) error {
	members, ok := x.(map[string]any)
	if !ok {
		return wrong(at, "a structure")
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !isMember(field) {
			continue
		}
		name := f.names(field.Name)
		if err := f.fill(v.Field(i), members[name], below(at, name)); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) list(v reflect.Value, x any, at string) error {
	items, ok := x.([]any)
	if f.lists != nil {
		items, ok = f.lists(x)
	}
	if !ok {
		return wrong(at, "a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := f.fill(v.Index(i), item, below(at, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) mapping(v reflect.Value, x any, at string) error {
	items, ok := x.(map[string]any)
	if f.pairs != nil {
		items, ok = f.pairs(x)
	}
	if !ok {
		return wrong(at, "a map")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(items)))
	for name, item := range items {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(name)
		if err := f.fill(value, item, below(at, name)); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return nil
}

// scalar sets a string, a number or a truth value. Query has all of them as text.
func scalar(v reflect.Value, x any, at string) error {
	text, isText := x.(string)
	number := fmt.Sprint(x)
	switch v.Kind() {
	case reflect.String:
		if !isText {
			return wrong(at, "a string")
		}
		v.SetString(text)
		return nil
	case reflect.Bool:
		b, err := strconv.ParseBool(number)
		if err != nil {
			return wrong(at, "a boolean")
		}
		v.SetBool(b)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(number, 10, 64)
		if f, notOne := strconv.ParseFloat(number, 64); err != nil && notOne == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			n, err = int64(f), nil // 3.0 is one too
		}
		if err != nil || v.OverflowInt(n) {
			return wrong(at, "an integer")
		}
		v.SetInt(n)
		return nil
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return wrong(at, "a number")
		}
		v.SetFloat(n)
		return nil
	default:
		return nil // no API that is practised here has others
	}
}

func blob(v reflect.Value, x any, at string) error {
	switch b := x.(type) {
	case []byte:
		v.SetBytes(slices.Clone(b))
	case string:
		decoded, err := base64.StdEncoding.DecodeString(b)
		if err != nil {
			return wrong(at, "base64")
		}
		v.SetBytes(decoded)
	default:
		return wrong(at, "a blob")
	}
	return nil
}

// plainNumbers is what a document says, with numbers that the SDK's documents know as such.
func plainNumbers(x any) any {
	switch v := x.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		n, _ := v.Float64() // the decoder took it for a number
		return n
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plainNumbers(item)
		}
		return list
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, item := range v {
			members[name] = plainNumbers(item)
		}
		return members
	default:
		return x
	}
}

// moment is a time in any of the protocols, to the millisecond, which is what AWS keeps.
func moment(x any) (time.Time, bool) {
	if t, ok := x.(time.Time); ok {
		return t.Round(time.Millisecond).UTC(), true
	}
	text := fmt.Sprint(x)
	if s, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(s, 0) && !math.IsNaN(s) {
		return time.UnixMilli(int64(math.Round(s * 1000))).UTC(), true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t.UTC(), err == nil
}

// isMember says whether a field of one of the SDK's types is a member of the shape, and not the SDK's own.
func isMember(field reflect.StructField) bool {
	return field.IsExported() && !field.Anonymous && field.Name != "ResultMetadata"
}

func below(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func wrong(at, want string) error { return fmt.Errorf("%s is not %s", at, want) }
