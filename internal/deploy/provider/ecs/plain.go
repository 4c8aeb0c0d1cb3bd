package ecs

import (
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
)

// plain is one of the SDK's values as JSON has it in ECS: names begin with a small letter, and what is not set is left out.
func plain(v any) any { return plainValue(reflect.ValueOf(v)) }

func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return plainPointer(v)
	case reflect.Struct:
		return plainStruct(v)
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, plainValue(v.Index(i)))
		}
		return list
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = plainValue(v.MapIndex(key))
		}
		return out
	default:
		return v.Interface()
	}
}

func plainPointer(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	if doc, ok := v.Interface().(document.Interface); ok {
		var held any
		if err := doc.UnmarshalSmithyDocument(&held); err != nil {
			return nil
		}
		return held
	}
	return plainValue(v.Elem())
}

func plainStruct(v reflect.Value) any {
	if at, ok := v.Interface().(time.Time); ok {
		return at.UTC().Format(time.RFC3339)
	}
	out := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || unset(v.Field(i)) {
			continue
		}
		out[strings.ToLower(field.Name[:1])+field.Name[1:]] = plainValue(v.Field(i))
	}
	return out
}

// unset tells what is not there from a number or a flag that is nought: those are said.
func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}
