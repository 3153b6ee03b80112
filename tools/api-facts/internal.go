package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// InternalField is one field of an internal type as encoding/json prints it: its key, the JSON name of the field of the served type that it
// is made from (empty: of none), what its zero value prints (true: an internal struct), and the internal type it holds, behind [] in a list and {} in a
// map (empty: it prints as the served one does).
type InternalField [4]any

type internalTable struct {
	types map[string][]InternalField
	goOf  map[string]reflect.Type
}

// writeInternal writes the shape of internal types: messages of validation print values in it.
func writeInternal(facts *Facts, path string) {
	it := &internalTable{types: map[string][]InternalField{}, goOf: map[string]reflect.Type{}}
	for _, r := range facts.Resources {
		gvk := schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
		s := schemeFor(gvk)
		hub := schema.GroupVersionKind{Group: r.Group, Version: runtime.APIVersionInternal, Kind: r.Kind}
		if s != legacyscheme.Scheme || !s.Recognizes(hub) {
			continue
		}
		it.pair(goType(s, hub), goType(s, gvk))
	}
	var b bytes.Buffer
	b.WriteString("{\n")
	names := sortedKeys(it.types)
	for i, name := range names {
		fmt.Fprintf(&b, "%q:%s%s\n", name, must1(json.Marshal(it.types[name])), comma(i, len(names)))
	}
	b.WriteString("}\n")
	must(os.WriteFile(path, b.Bytes(), 0o644))
}

func bare(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Ptr || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// pair adds the internal type and answers its name; empty where it prints as the served one does.
func (it *internalTable) pair(internal, served reflect.Type) string {
	internal, served = bare(internal), bare(served)
	_, own := reflect.New(internal).Interface().(json.Marshaler)
	if internal == served || internal.Kind() != reflect.Struct || served.Kind() != reflect.Struct || own {
		return ""
	}
	name := internal.String()
	if old, ok := it.goOf[name]; ok && old != internal {
		name = strings.TrimPrefix(internal.PkgPath(), "k8s.io/kubernetes/pkg/apis/") + "." + internal.Name()
	}
	if _, ok := it.goOf[name]; ok {
		return name
	}
	it.goOf[name] = internal
	it.types[name] = nil
	from := map[string]reflect.StructField{}
	flatten(served, func(sf reflect.StructField) { from[sf.Name] = sf })
	var fields []InternalField
	flatten(internal, func(sf reflect.StructField) {
		if sf.Type == reflect.TypeFor[metav1.ObjectMeta]() {
			// Its own tags make it flat: the fields of the served type's metadata, as they are there.
			fields = append(fields, InternalField{"", "metadata", nil, ""})
			return
		}
		f := InternalField{jsonKey(sf), "", nil, ""}
		var ref string
		if source, ok := from[sf.Name]; ok {
			f[1] = jsonKey(source)
			if ref = it.pair(sf.Type, source.Type); ref != "" {
				ref = shape(sf.Type) + ref
			}
		} else {
			fmt.Fprintln(os.Stderr, "note: only internal:", name, sf.Name)
		}
		f[3] = ref
		f[2] = zeroOf(sf.Type, ref)
		fields = append(fields, f)
	})
	it.types[name] = fields
	return name
}

// zeroOf is what the zero value prints; true stands for an internal struct that prints its own zero values.
func zeroOf(t reflect.Type, ref string) any {
	if ref != "" && t.Kind() == reflect.Struct {
		return true
	}
	return json.RawMessage(must1(json.Marshal(reflect.Zero(t).Interface())))
}

// shape says how the values of a field hold the struct: lists as [], maps as {}.
func shape(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Ptr:
		return shape(t.Elem())
	case reflect.Slice:
		return "[]" + shape(t.Elem())
	case reflect.Map:
		return "{}" + shape(t.Elem())
	}
	return ""
}

func jsonKey(sf reflect.StructField) string {
	if tag := strings.Split(sf.Tag.Get("json"), ",")[0]; tag != "" {
		return tag
	}
	return sf.Name
}

func flatten(t reflect.Type, visit func(reflect.StructField)) {
	for i := 0; i < t.NumField(); i++ {
		sf := t.Field(i)
		tag := strings.Split(sf.Tag.Get("json"), ",")
		if !sf.IsExported() || tag[0] == "-" {
			continue
		}
		if sf.Anonymous && tag[0] == "" || contains(tag[1:], "inline") {
			switch sf.Type {
			case reflect.TypeFor[metav1.TypeMeta]():
			case reflect.TypeFor[metav1.ObjectMeta]():
				visit(sf)
			default:
				flatten(bare(sf.Type), visit)
			}
			continue
		}
		visit(sf)
	}
}
