package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Which defaults does the scheme set? Nobody wrote that down as data, so it is found by trying: for each kind, every
// place of its type tree is allocated, every scalar set, every enum value tried with every sibling present; then the real
// defaulting functions run, and what they added is compared over all runs.

type step struct {
	field int
	elem  bool
}

type place struct { // a struct somewhere below a root
	path  string
	steps []step
	typ   reflect.Type
}

// state is one object before or after defaulting.
type state struct {
	set     map[string]string // path of a set field -> its JSON
	structs map[string]string // path of a struct that is there -> model name
}

type run struct{ before, after *state }

type verdict struct {
	value string
	when  string // "sibling=value"
	why   string // why it is no data
}

func isLeaf(t reflect.Type) bool {
	if _, ok := specials[t]; ok {
		return true
	}
	return t == reflect.TypeFor[metav1.ObjectMeta]() || t == reflect.TypeFor[metav1.ListMeta]() || t == reflect.TypeFor[metav1.TypeMeta]()
}

func jsonName(f reflect.StructField) (name string, inline bool, ok bool) {
	tag := strings.Split(f.Tag.Get("json"), ",")
	if !f.IsExported() || tag[0] == "-" {
		return "", false, false
	}
	return tag[0], f.Anonymous && tag[0] == "" || contains(tag[1:], "inline"), true
}

// structBehind gives the struct that a field leads to, through a pointer, a list or a map.
func structBehind(t reflect.Type) (s reflect.Type, elem bool, ok bool) {
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		elem = true
		if t = t.Elem(); t.Kind() == reflect.Ptr {
			t = t.Elem()
		}
	}
	return t, elem, t.Kind() == reflect.Struct && !isLeaf(t)
}

func places(t reflect.Type, path string, steps []step, above map[reflect.Type]bool, out *[]place) {
	if above[t] {
		return
	}
	above[t] = true
	defer delete(above, t)
	*out = append(*out, place{path, append([]step{}, steps...), t})
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		n, inline, ok := jsonName(f)
		if !ok {
			continue
		}
		s, elem, ok := structBehind(f.Type)
		if !ok {
			continue
		}
		p := path
		if !inline {
			p += "." + n
			if elem {
				p += "[]"
			}
		}
		places(s, p, append(append([]step{}, steps...), step{i, elem}), above, out)
	}
}

// reach allocates the way to a place; the result is invalid where a map is on the way.
func reach(v reflect.Value, steps []step) reflect.Value {
	for _, s := range steps {
		f := v.Field(s.field)
		if f.Kind() == reflect.Ptr {
			if f.IsNil() {
				f.Set(reflect.New(f.Type().Elem()))
			}
			f = f.Elem()
		}
		switch f.Kind() {
		case reflect.Slice:
			if f.Len() == 0 {
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			}
			f = f.Index(0)
		case reflect.Map:
			if f.IsNil() {
				f.Set(reflect.MakeMap(f.Type()))
			}
			return reflect.Value{}
		}
		if f.Kind() == reflect.Ptr {
			if f.IsNil() {
				f.Set(reflect.New(f.Type().Elem()))
			}
			f = f.Elem()
		}
		v = f
	}
	return v
}

// observe writes down what is set. Lists that were not there before are taken whole, not entered.
func observe(v reflect.Value, path, model string, st *state, before *state) {
	if model == "" {
		model = modelName(v.Type())
		st.structs[path] = model
	}
	for i := 0; i < v.NumField(); i++ {
		f := v.Type().Field(i)
		n, inline, ok := jsonName(f)
		if !ok || f.Type == reflect.TypeFor[metav1.TypeMeta]() {
			continue
		}
		fv := v.Field(i)
		if inline {
			if fv.Kind() == reflect.Struct {
				observe(fv, path, model, st, before)
			}
			continue
		}
		p := path + "." + n
		if fv.Kind() == reflect.Ptr {
			if fv.IsNil() {
				continue
			}
			fv = fv.Elem()
			if fv.Kind() == reflect.Struct && !isLeaf(fv.Type()) {
				st.set[p] = "{}"
				observe(fv, p, "", st, before)
				continue
			}
			st.set[p] = toJSON(fv)
			continue
		}
		switch fv.Kind() {
		case reflect.Struct:
			if !isLeaf(fv.Type()) {
				observe(fv, p, "", st, before)
			} else if !fv.IsZero() {
				st.set[p] = toJSON(fv)
			}
		case reflect.Slice, reflect.Map:
			if fv.IsNil() {
				continue
			}
			st.set[p] = toJSON(fv)
			if before != nil {
				if _, ok := before.set[p]; !ok {
					continue
				}
			}
			if _, _, ok := structBehind(fv.Type()); ok && fv.Kind() == reflect.Slice && fv.Len() > 0 {
				e := fv.Index(0)
				if e.Kind() == reflect.Ptr {
					e = e.Elem()
				}
				observe(e, p+"[]", "", st, before)
			}
		default:
			if !fv.IsZero() {
				st.set[p] = toJSON(fv)
			}
		}
	}
}

func toJSON(v reflect.Value) string { return string(must1(json.Marshal(v.Interface()))) }

type defaulter struct {
	tt *typeTable
	// model -> field -> root -> path of the parent -> verdict ("" value and why: no default there)
	found map[string]map[string]map[string]map[string]verdict
	// model -> root -> paths where the type occurs
	occurs map[string]map[string]map[string]bool
}

func (d *defaulter) kind(gvk schema.GroupVersionKind) {
	sch := schemeFor(gvk)
	root := gvk.GroupVersion().String() + "/" + gvk.Kind
	var runs []run
	try1 := func(set func(v reflect.Value)) {
		o := must1(sch.New(gvk))
		v := reflect.ValueOf(o).Elem()
		set(v)
		r := run{newState(), newState()}
		observe(v, "", "", r.before, nil)
		sch.Default(o)
		observe(v, "", "", r.after, r.before)
		runs = append(runs, r)
	}
	var all []place
	places(goType(sch, gvk), "", nil, map[reflect.Type]bool{}, &all)
	try1(func(reflect.Value) {})
	for _, n := range all {
		if n.path != "" {
			try1(func(v reflect.Value) { reach(v, n.steps) })
		}
		for i := 0; i < n.typ.NumField(); i++ {
			d.tryField(n, i, all, try1)
		}
	}
	d.judge(root, runs)
}

func newState() *state { return &state{map[string]string{}, map[string]string{}} }

func (d *defaulter) tryField(n place, i int, all []place, try1 func(func(reflect.Value))) {
	f := n.typ.Field(i)
	name, inline, ok := jsonName(f)
	if !ok || inline {
		return
	}
	set := func(also []step, fn func(reflect.Value)) {
		try1(func(v reflect.Value) {
			s := reach(v, n.steps)
			if !s.IsValid() {
				return
			}
			fv := s.Field(i)
			if fv.Kind() == reflect.Ptr {
				fv.Set(reflect.New(fv.Type().Elem()))
				fv = fv.Elem()
			}
			fn(fv)
			if also != nil {
				reach(v, also)
			}
		})
	}
	t := f.Type
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		enum := d.enum(n.typ, name)
		if len(enum) == 0 {
			enum = []string{"x"}
		}
		for _, e := range enum {
			value := func(f reflect.Value) { f.SetString(e) }
			set(nil, value)
			if len(enum) == 1 {
				continue
			}
			for _, child := range all {
				if len(child.steps) == len(n.steps)+1 && strings.HasPrefix(child.path, n.path+".") {
					set(child.steps, value)
				}
			}
		}
	case reflect.Bool:
		set(nil, func(f reflect.Value) { f.SetBool(true) })
	case reflect.Int32, reflect.Int64:
		set(nil, func(f reflect.Value) { f.SetInt(7) })
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			set(nil, func(f reflect.Value) {
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
				f.Index(0).SetString("x")
			})
		}
	case reflect.Map:
		entry := reflect.ValueOf("v")
		if t.Elem() == reflect.TypeFor[resource.Quantity]() {
			entry = reflect.ValueOf(resource.MustParse("1500m"))
		} else if t.Elem().Kind() != reflect.String {
			return
		}
		set(nil, func(f reflect.Value) {
			f.Set(reflect.MakeMap(f.Type()))
			f.SetMapIndex(reflect.ValueOf("cpu").Convert(f.Type().Key()), entry.Convert(f.Type().Elem()))
		})
	}
}

func (d *defaulter) enum(t reflect.Type, name string) (out []string) {
	for _, e := range d.tt.defs[modelName(t)].Schema.Properties[name].Enum {
		out = append(out, fmt.Sprint(e))
	}
	return out
}

func (d *defaulter) judge(root string, runs []run) {
	added := map[string]bool{}
	for _, r := range runs {
		for path, model := range r.after.structs {
			put3(d.occurs, model, root, path, true)
		}
		for p := range r.after.set {
			if _, ok := r.before.set[p]; !ok {
				added[p] = true
			}
		}
	}
	for p := range added {
		parent, name := p[:strings.LastIndex(p, ".")], p[strings.LastIndex(p, ".")+1:]
		model := ""
		values := map[string]int{}
		possible, yes := 0, 0
		bySibling := map[string]map[string]map[string]int{} // sibling -> its value after -> value of the field ("" not set) -> runs
		for _, r := range runs {
			m, ok := r.after.structs[parent]
			if !ok {
				continue
			}
			model = m
			if _, ok := r.before.set[p]; ok {
				continue
			}
			possible++
			v, ok := r.after.set[p]
			if ok {
				yes++
				values[v]++
			}
			for _, f := range d.tt.types[m].Fields {
				if len(f.Enum) > 0 && f.T == "string" && f.N != name {
					s := r.after.set[parent+"."+f.N]
					if bySibling[f.N] == nil {
						bySibling[f.N] = map[string]map[string]int{}
					}
					if bySibling[f.N][s] == nil {
						bySibling[f.N][s] = map[string]int{}
					}
					bySibling[f.N][s][v]++
				}
			}
		}
		var out verdict
		switch {
		case len(values) == 1 && yes == possible:
			out.value = only(values)
		case len(values) == 1:
			out.why = fmt.Sprintf("%d of %d runs", yes, possible)
			for _, s := range sortedKeys(bySibling) {
				var with []string
				clear := true
				for sv, fv := range bySibling[s] {
					clear = clear && len(fv) == 1
					if only(fv) != "" {
						with = append(with, sv)
					}
				}
				if clear && len(with) == 1 && with[0] != "" && len(bySibling[s]) > 1 {
					out = verdict{value: only(values), when: s + "=" + with[0]}
					break
				}
			}
		default:
			out.why = fmt.Sprintf("%d values in %d of %d runs", len(values), yes, possible)
		}
		if d.found[model] == nil {
			d.found[model] = map[string]map[string]map[string]verdict{}
		}
		put3(d.found[model], name, root, parent, out)
	}
}

func put3[V any](m map[string]map[string]map[string]V, a, b, c string, v V) {
	if m[a] == nil {
		m[a] = map[string]map[string]V{}
	}
	if m[a][b] == nil {
		m[a][b] = map[string]V{}
	}
	m[a][b][c] = v
}

func only[V any](m map[string]V) string {
	for k := range m {
		return k
	}
	return ""
}

// addDefaults puts the rules that are data into the fields and returns the others, a line each.
func addDefaults(tt *typeTable, facts *Facts) (byHand []string) {
	d := &defaulter{tt: tt, found: map[string]map[string]map[string]map[string]verdict{}, occurs: map[string]map[string]map[string]bool{}}
	roots := map[schema.GroupVersionKind]bool{{Version: "v1", Kind: "PodLogOptions"}: true}
	for _, r := range facts.Resources {
		roots[schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}] = true
		for _, s := range r.Subresources {
			if s.Kind != nil {
				roots[schema.GroupVersionKind{Group: s.Kind.Group, Version: s.Kind.Version, Kind: s.Kind.Kind}] = true
			}
		}
	}
	for gvk := range roots {
		d.kind(gvk)
	}
	n := 0
	for _, model := range sortedKeys(d.found) {
		for _, name := range sortedKeys(d.found[model]) {
			field := fieldOf(tt.types[model], name)
			if field == nil {
				fmt.Fprintln(os.Stderr, "note: a default of no field:", model, name)
				continue
			}
			if noop(field, d.found[model][name]) {
				continue
			}
			if why := d.emit(model, field); why != "" {
				byHand = append(byHand, model+"\t"+name+"\t"+why)
			} else {
				n++
			}
		}
	}
	fmt.Fprintln(os.Stderr, "default rules as data", n, "by hand", len(byHand))
	return byHand
}

// An empty list or map that is not printed: it changes nothing that anyone can see.
func noop(f *FieldFact, roots map[string]map[string]verdict) bool {
	t, ok := f.T.(map[string]any)
	if !ok || t["ref"] != nil || f.Omit != "empty" {
		return false
	}
	for _, paths := range roots {
		for _, v := range paths {
			if v.value != "{}" && v.value != "[]" {
				return false
			}
		}
	}
	return true
}

func fieldOf(t *TypeFact, name string) *FieldFact {
	for _, f := range t.Fields {
		if f.N == name {
			return f
		}
	}
	return nil
}

func (d *defaulter) emit(model string, field *FieldFact) (why string) {
	if ref, ok := field.T.(map[string]any); ok && (ref["ref"] == modelName(reflect.TypeFor[metav1.Time]())) {
		return "the time of the write"
	}
	roots := d.found[model][field.N]
	var with, without []string
	var same *verdict
	for _, root := range sortedKeys(d.occurs[model]) {
		var in, out int
		for _, path := range sortedKeys(d.occurs[model][root]) {
			v, ok := roots[root][path]
			if !ok {
				out++
				continue
			}
			if v.why != "" {
				return fmt.Sprintf("depends on other fields (%s%s: %s)", root, path, v.why)
			}
			if same == nil {
				same = &v
			} else if *same != v {
				return fmt.Sprintf("value depends on the place (%s%s: %s)", root, path, v.value)
			}
			in++
		}
		if in > 0 && out > 0 {
			return "only in some places of " + root + ": " + strings.Join(sortedKeys(roots[root]), " ")
		}
		if in > 0 {
			with = append(with, root)
		} else {
			without = append(without, root)
		}
	}
	field.D = json.RawMessage(same.value)
	if same.when != "" {
		s, v, _ := strings.Cut(same.when, "=")
		field.DW = map[string]any{s: json.RawMessage(v)}
	}
	if len(without) > 0 {
		if len(with) <= len(without) {
			field.DR = with
		} else {
			for _, r := range without {
				field.DR = append(field.DR, "!"+r)
			}
		}
		sort.Strings(field.DR)
	}
	return ""
}
