package awsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/smithy-go/document"
)

// speller turns the SDK's type of an answer into maps, lists and plain values.
type speller struct {
	names func(field string) string
	time  func(time.Time) any
}

// pairs is a map of the answer, where a map[string]any is a structure.
type pairs map[string]any

// spell is v without the SDK's types; ok is false of what the answer leaves out.
func (s *speller) spell(v reflect.Value) (x any, ok bool, err error) {
	if v.Type() == timeType {
		t, isTime := v.Interface().(time.Time)
		return s.time(t), isTime, nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, false, nil
		}
		return s.spell(v.Elem())
	case reflect.Struct:
		x, err = s.structure(v)
		return x, true, err
	case reflect.Slice:
		if v.IsNil() {
			return nil, false, nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Bytes(), true, nil
		}
		x, err = s.list(v)
		return x, true, err
	case reflect.Map:
		if v.IsNil() {
			return nil, false, nil
		}
		x, err = s.mapping(v)
		return x, true, err
	case reflect.Interface:
		return inDocument(v)
	case reflect.String:
		// An empty enumeration is one that was not set; strings which may be empty are behind pointers, or in lists.
		return v.String(), v.String() != "", nil
	case reflect.Bool:
		return v.Bool(), true, nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), true, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), true, nil
	default:
		return nil, false, fmt.Errorf("no protocol has a %s", v.Type())
	}
}

func (s *speller) structure(v reflect.Value) (map[string]any, error) {
	members := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !isMember(field) {
			continue
		}
		x, ok, err := s.member(v.Field(i))
		if err != nil {
			return nil, err
		}
		if ok {
			members[s.names(field.Name)] = x
		}
	}
	return members, nil
}

// member is spell, but for a pointer to an empty string, which says something.
func (s *speller) member(v reflect.Value) (x any, ok bool, err error) {
	if v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.String {
		return v.Elem().String(), true, nil
	}
	return s.spell(v)
}

func (s *speller) list(v reflect.Value) ([]any, error) {
	items := make([]any, 0, v.Len())
	for i := range v.Len() {
		x, err := s.element(v.Index(i))
		if err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return items, nil
}

func (s *speller) mapping(v reflect.Value) (pairs, error) {
	items := pairs{}
	for each := v.MapRange(); each.Next(); {
		x, err := s.element(each.Value())
		if err != nil {
			return nil, err
		}
		items[each.Key().String()] = x
	}
	return items, nil
}

// element keeps its place in a list or a map, whatever it is.
func (s *speller) element(v reflect.Value) (any, error) {
	if v.Kind() == reflect.String {
		return v.String(), nil
	}
	x, _, err := s.spell(v)
	return x, err
}

// inDocument is what a document holds. Members that are one of several shapes are left out.
func inDocument(v reflect.Value) (x any, ok bool, err error) {
	d, isDocument := v.Interface().(document.Marshaler)
	if !isDocument {
		return nil, false, nil
	}
	text, err := d.MarshalSmithyDocument()
	if err != nil {
		return nil, false, fmt.Errorf("write a document: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&x); err != nil {
		return nil, false, fmt.Errorf("write a document: %w", err)
	}
	return plainNumbers(x), true, nil
}
