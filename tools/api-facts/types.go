package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	openapicommon "k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	generatedopenapi "k8s.io/kubernetes/pkg/generated/openapi"
)

// Types whose wire form is their own: no fields, one word instead.
var specials = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():                            "Quantity",
	reflect.TypeFor[metav1.Time]():                                  "Time",
	reflect.TypeFor[metav1.MicroTime]():                             "MicroTime",
	reflect.TypeFor[metav1.Duration]():                              "Duration",
	reflect.TypeFor[intstr.IntOrString]():                           "IntOrString",
	reflect.TypeFor[runtime.RawExtension]():                         "RawExtension",
	reflect.TypeFor[metav1.FieldsV1]():                              "FieldsV1",
	reflect.TypeFor[apiextensionsv1.JSON]():                         "JSON",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrBool]():        "JSONSchemaPropsOrBool",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrArray]():       "JSONSchemaPropsOrArray",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrStringArray](): "JSONSchemaPropsOrStringArray",
}

type typeTable struct {
	defs  map[string]openapicommon.OpenAPIDefinition
	types map[string]*TypeFact
	goOf  map[string]reflect.Type
	gates map[string]map[string]string
}

func newTypeTable() *typeTable {
	return &typeTable{
		defs: generatedopenapi.GetOpenAPIDefinitions(func(p string) spec.Ref {
			return spec.MustCreateRef("#/definitions/" + p)
		}),
		types: map[string]*TypeFact{},
		goOf:  map[string]reflect.Type{},
		gates: map[string]map[string]string{},
	}
}

const offWire = -1

func modelName(t reflect.Type) string {
	if m, ok := reflect.Zero(t).Interface().(interface{ OpenAPIModelName() string }); ok {
		return m.OpenAPIModelName()
	}
	// Named slices have no model of their own: their name is made like their package's others.
	p := strings.Split(t.PkgPath(), "/")
	host := strings.Split(p[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(append(append(host, p[1:]...), t.Name()), ".")
}

// A named list that is a message of its own in protobuf (`repeated string items = 1`).
func wrappedList(t reflect.Type) string {
	if t.Kind() == reflect.Slice && t.Name() != "" && t.Elem().Kind() == reflect.String {
		if _, ok := reflect.New(t).Interface().(interface{ Marshal() ([]byte, error) }); ok {
			if t.Name() == "Verbs" {
				return "Verbs"
			}
			return "ExtraValue"
		}
	}
	return ""
}

func (tt *typeTable) ref(t reflect.Type) any {
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	if wrappedList(t) != "" || t.Kind() == reflect.Struct {
		return map[string]any{"ref": tt.add(t)}
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int32, reflect.Int16, reflect.Int8, reflect.Uint16:
		return "int32"
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return "int64"
	case reflect.Float32:
		return "float32"
	case reflect.Float64:
		return "float64"
	case reflect.Interface:
		return "any"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return map[string]any{"list": tt.ref(t.Elem())}
	case reflect.Map:
		return map[string]any{"map": tt.ref(t.Elem())}
	}
	panic("no reference for " + t.String())
}

func (tt *typeTable) add(t reflect.Type) string {
	name := modelName(t)
	if old, ok := tt.goOf[name]; ok {
		if old != t {
			panic(fmt.Sprintf("two Go types for %s: %v %v", name, old, t))
		}
		return name
	}
	tt.goOf[name] = t
	f := &TypeFact{Go: t.String()}
	tt.types[name] = f
	if s := wrappedList(t); s != "" {
		f.Special = s
		return name
	}
	if s, ok := specials[t]; ok {
		f.Special = s
		return name
	}
	_, hasJSON := reflect.New(t).Interface().(json.Marshaler)
	_, hasText := reflect.New(t).Interface().(encoding.TextMarshaler)
	if hasJSON || hasText {
		fmt.Fprintln(os.Stderr, "note: has a JSON form of its own and is not in the table of special types:", t)
	}
	def, ok := tt.defs[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "note: no OpenAPI definition:", name)
	}
	f.Atomic = ext(def.Schema.VendorExtensible, "x-kubernetes-map-type") == "atomic"
	tt.fields(f, def.Schema, t, nil)
	return name
}

func ext(v spec.VendorExtensible, key string) string {
	s, _ := v.Extensions[key].(string)
	return s
}

func extList(v spec.VendorExtensible, key string) []string {
	l, _ := v.Extensions[key].([]any)
	var out []string
	for _, e := range l {
		out = append(out, fmt.Sprint(e))
	}
	return out
}

func (tt *typeTable) fields(f *TypeFact, def spec.Schema, t reflect.Type, outer []int) {
	for i := 0; i < t.NumField(); i++ {
		sf := t.Field(i)
		if !sf.IsExported() {
			continue
		}
		tag := strings.Split(sf.Tag.Get("json"), ",")
		if tag[0] == "-" {
			continue
		}
		pb := append([]int{}, outer...)
		var number []int
		if p := sf.Tag.Get("protobuf"); p != "" && p != "-" {
			number = []int{must1(strconv.Atoi(strings.Split(p, ",")[1]))}
		}
		if sf.Anonymous && tag[0] == "" || contains(tag[1:], "inline") {
			inner := sf.Type
			if inner.Kind() == reflect.Ptr {
				fmt.Fprintln(os.Stderr, "note: inline pointer:", t, sf.Name)
				inner = inner.Elem()
			}
			if len(number) == 0 {
				if inner != reflect.TypeFor[metav1.TypeMeta]() {
					fmt.Fprintln(os.Stderr, "note: inline in JSON, not in protobuf:", t, sf.Name)
				}
				// The envelope carries kind and apiVersion, the message does not.
				pb = []int{offWire}
			}
			tt.fields(f, def, inner, append(pb, number...))
			continue
		}
		ff := &FieldFact{N: tag[0], Go: strings.TrimPrefix(sf.Type.String(), "*"), T: tt.ref(sf.Type)}
		if ff.N == "" {
			fmt.Fprintln(os.Stderr, "note: no JSON name:", t, sf.Name)
			ff.N = sf.Name
		}
		if strings.ToUpper(ff.N[:1])+ff.N[1:] != sf.Name {
			ff.G = sf.Name
		}
		ff.Ptr = sf.Type.Kind() == reflect.Ptr
		if contains(tag[1:], "omitzero") && sf.Type.Kind() == reflect.Struct {
			ff.Omit = "zero"
		} else if contains(tag[1:], "omitempty") && sf.Type.Kind() != reflect.Struct {
			ff.Omit = "empty"
		} else if contains(tag[1:], "omitzero") {
			ff.Omit = "zero"
		}
		if pb = append(pb, number...); len(number) > 0 && pb[0] != offWire {
			if len(pb) == 1 {
				ff.PB = pb[0]
			} else {
				ff.PB = pb
			}
		}
		ff.Req = contains(def.Required, ff.N)
		ff.MK = sf.Tag.Get("patchMergeKey")
		if s := sf.Tag.Get("patchStrategy"); s != "" {
			ff.MS = strings.Split(s, ",")
		}
		p, ok := def.Properties[ff.N]
		if !ok && len(def.Properties) > 0 {
			fmt.Fprintln(os.Stderr, "note: not in OpenAPI:", t, ff.N)
		}
		ff.LT = ext(p.VendorExtensible, "x-kubernetes-list-type")
		ff.LK = extList(p.VendorExtensible, "x-kubernetes-list-map-keys")
		ff.MT = ext(p.VendorExtensible, "x-kubernetes-map-type")
		if mk := ext(p.VendorExtensible, "x-kubernetes-patch-merge-key"); mk != ff.MK {
			fmt.Fprintln(os.Stderr, "note: merge keys differ:", t, ff.N, mk, ff.MK)
		}
		if ms := ext(p.VendorExtensible, "x-kubernetes-patch-strategy"); ms != strings.Join(ff.MS, ",") {
			fmt.Fprintln(os.Stderr, "note: patch strategies differ:", t, ff.N, ms, ff.MS)
		}
		enum := p.Enum
		if p.Items != nil && p.Items.Schema != nil && len(enum) == 0 {
			enum = p.Items.Schema.Enum
		}
		if p.AdditionalProperties != nil && p.AdditionalProperties.Schema != nil && len(enum) == 0 {
			enum = p.AdditionalProperties.Schema.Enum
		}
		for _, e := range enum {
			ff.Enum = append(ff.Enum, fmt.Sprint(e))
		}
		ff.Fmt = oddFormat(ff.T, p)
		if p.Default != nil {
			ff.OD = openAPIDefault(ff, p)
		}
		ff.Gate = tt.gate(t, sf.Name, ff.N)
		f.Fields = append(f.Fields, ff)
	}
}

// The format where the type does not say it already.
func oddFormat(t any, p spec.Schema) string {
	if s, ok := t.(string); ok {
		implied := map[string]string{"int32": "int32", "int64": "int64", "float32": "float", "float64": "double", "bytes": "byte"}[s]
		if p.Format != implied {
			return p.Format
		}
	}
	return ""
}

// Zero values are noise of the generator unless the field is a pointer.
func openAPIDefault(ff *FieldFact, p spec.Schema) any {
	b := string(must1(json.Marshal(p.Default)))
	switch b {
	case `""`, "{}", "0", "false", "[]":
		if !ff.Ptr || b == "{}" {
			return nil
		}
	}
	return json.RawMessage(b)
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
