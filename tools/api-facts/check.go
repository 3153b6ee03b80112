package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
)

type served struct {
	Required   []string                  `json:"required"`
	MapType    string                    `json:"x-kubernetes-map-type"`
	Properties map[string]servedProperty `json:"properties"`
}

type servedProperty struct {
	Enum  []string        `json:"enum"`
	Items *servedProperty `json:"items"`
	Extra *servedProperty `json:"additionalProperties"`
	LT    string          `json:"x-kubernetes-list-type"`
	LK    []string        `json:"x-kubernetes-list-map-keys"`
	MT    string          `json:"x-kubernetes-map-type"`
	MK    string          `json:"x-kubernetes-patch-merge-key"`
	MS    string          `json:"x-kubernetes-patch-strategy"`
}

// compare says where the types differ from the OpenAPI document that the server serves.
func compare(name string, f *TypeFact, d served) {
	differ := func(what string, facts, server any) {
		fmt.Fprintln(os.Stderr, "note: differs from the server's document:", name, what, facts, server)
	}
	if f.Special != "" {
		return
	}
	if f.Atomic != (d.MapType == "atomic") {
		differ("map type", f.Atomic, d.MapType)
	}
	var required []string
	if len(f.Fields) != len(d.Properties) {
		differ("number of fields", len(f.Fields), len(d.Properties))
	}
	for _, x := range f.Fields {
		if x.Req {
			required = append(required, x.N)
		}
		p, ok := d.Properties[x.N]
		if !ok {
			differ(x.N, "there", "missing")
			continue
		}
		enum := p.Enum
		if p.Items != nil {
			enum = append(enum, p.Items.Enum...)
		}
		if p.Extra != nil {
			enum = append(enum, p.Extra.Enum...)
		}
		a := []any{x.LT, x.LK, x.MT, x.MK, strings.Join(x.MS, ","), x.Enum}
		b := []any{p.LT, p.LK, p.MT, p.MK, p.MS, enum}
		if fmt.Sprint(a) != fmt.Sprint(b) {
			differ(x.N, a, b)
		}
	}
	sort.Strings(required)
	sort.Strings(d.Required)
	if !reflect.DeepEqual(required, d.Required) && len(required)+len(d.Required) > 0 {
		differ("required", required, d.Required)
	}
}
