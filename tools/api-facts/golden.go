package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// Golden files of the codecs: the same object as JSON and as protobuf. Three objects a kind:
//
//	full   every field set (the compatibility data of the API modules)
//	empty  nothing set but kind and apiVersion: what is printed all the same
//	zero   every pointer, list and map there, with zero values inside: what omitempty and omitzero leave
type pair struct {
	JSON json.RawMessage `json:"json"`
	PB   string          `json:"pb,omitempty"`
}

type goldenKind struct {
	kind  string
	pairs map[string]pair
}

func writeGolden(facts *Facts, tt *typeTable, dir string) {
	var data []string
	for _, m := range []string{"k8s.io/api", "k8s.io/apiextensions-apiserver"} {
		d := strings.TrimSpace(string(must1(exec.Command("go", "list", "-m", "-f", "{{.Dir}}", m).Output())))
		data = append(data, filepath.Join(d, "testdata", "HEAD"), filepath.Join(d, "pkg", "apis", "testdata", "HEAD"))
	}
	files := map[string][]goldenKind{}
	for _, name := range sortedKeys(facts.Types) {
		gvks := facts.Types[name].GVK
		if len(gvks) > 3 { // registered in every group: one is enough
			gvks = [][3]string{{"", "v1", gvks[0][2]}}
		}
		for _, g := range gvks {
			gvk := schema.GroupVersionKind{Group: g[0], Version: g[1], Kind: g[2]}
			file := strings.Split(orCore(gvk.Group), ".")[0] + "-" + gvk.Version
			k := goldenKind{gvk.Kind, map[string]pair{}}
			for _, d := range data {
				if p, ok := fullPair(filepath.Join(d, orCore(gvk.Group)+"."+gvk.Version+"."+gvk.Kind)); ok {
					k.pairs["full"] = p
				}
			}
			t := tt.goOf[name]
			k.pairs["empty"] = encodePair(gvk, reflect.New(t))
			zero := reflect.New(t)
			allocate(zero.Elem(), map[reflect.Type]int{})
			k.pairs["zero"] = encodePair(gvk, zero)
			files[file] = append(files[file], k)
		}
	}
	must(os.RemoveAll(dir))
	must(os.MkdirAll(dir, 0o755))
	full := 0
	for name, kinds := range files {
		sort.Slice(kinds, func(i, j int) bool { return kinds[i].kind < kinds[j].kind })
		var b bytes.Buffer
		b.WriteString("{\n")
		for i, k := range kinds {
			if _, ok := k.pairs["full"]; ok {
				full++
			}
			fmt.Fprintf(&b, "%q:{\n", k.kind)
			names := sortedKeys(k.pairs)
			for j, n := range names {
				var o bytes.Buffer
				e := json.NewEncoder(&o)
				e.SetEscapeHTML(false)
				must(e.Encode(k.pairs[n]))
				fmt.Fprintf(&b, "%q:%s%s\n", n, strings.TrimSpace(o.String()), comma(j, len(names)))
			}
			fmt.Fprintf(&b, "}%s\n", comma(i, len(kinds)))
		}
		b.WriteString("}\n")
		must(os.WriteFile(filepath.Join(dir, name+".json"), b.Bytes(), 0o644))
	}
	fmt.Fprintln(os.Stderr, "golden files", len(files), "kinds with a full object", full)
}

func orCore(group string) string {
	if group == "" {
		return "core"
	}
	return group
}

func fullPair(path string) (pair, bool) {
	j, err := os.ReadFile(path + ".json")
	if err != nil {
		return pair{}, false
	}
	var c bytes.Buffer
	must(json.Compact(&c, j))
	return pair{c.Bytes(), base64.StdEncoding.EncodeToString(must1(os.ReadFile(path + ".pb")))}, true
}

func encodePair(gvk schema.GroupVersionKind, v reflect.Value) (p pair) {
	o := v.Interface().(runtime.Object)
	o.GetObjectKind().SetGroupVersionKind(gvk)
	var b bytes.Buffer
	must(jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, nil, nil, jsonserializer.SerializerOptions{}).Encode(o, &b))
	p.JSON = bytes.TrimSpace(b.Bytes())
	var w bytes.Buffer
	if err := protobuf.NewSerializer(legacyscheme.Scheme, legacyscheme.Scheme).Encode(o, &w); err != nil {
		fmt.Fprintln(os.Stderr, "note: no protobuf:", gvk, err)
		return p
	}
	p.PB = base64.StdEncoding.EncodeToString(w.Bytes())
	return p
}

// allocate makes every pointer point, every list and map have one element; recursive types stop at the first repetition.
func allocate(v reflect.Value, above map[reflect.Type]int) {
	switch v.Kind() {
	case reflect.Ptr:
		if v.Type().Elem().Kind() == reflect.Struct && above[v.Type().Elem()] > 0 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		allocate(v.Elem(), above)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 || above[v.Type().Elem()] > 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		allocate(v.Index(0), above)
	case reflect.Map:
		if above[v.Type().Elem()] > 0 {
			return
		}
		e := reflect.New(v.Type().Elem()).Elem()
		allocate(e, above)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), e)
	case reflect.Struct:
		t := v.Type()
		if _, ok := specials[t]; ok || t == reflect.TypeFor[metav1.TypeMeta]() || above[t] > 0 {
			return
		}
		above[t]++
		defer func() { above[t]-- }()
		for i := 0; i < v.NumField(); i++ {
			if f := t.Field(i); f.IsExported() && !(t == reflect.TypeFor[metav1.ObjectMeta]() && f.Name == "ManagedFields") {
				allocate(v.Field(i), above)
			}
		}
	}
}
