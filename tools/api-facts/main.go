// api-facts writes what the Kubernetes API is, as data: it starts the real API server in this process, on an etcd in
// this process, and reads kinds, fields, strategies and discovery from it. No prose of the original is copied.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	crdserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

const kubernetesVersion = "1.37.0"

func main() {
	out := flag.String("out", "", "file to write")
	rest := flag.String("conditional-defaults", "", "file to write the default rules to that are no data: model, field, why")
	internal := flag.String("internal", "", "file to write the shape of internal types to")
	golden := flag.String("golden", "", "directory to write the codecs' golden files to")
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	dir, clean := tempDir()
	defer clean()
	defer cancel()

	s := startServer(ctx, dir)
	facts := &Facts{KubernetesVersion: kubernetesVersion}
	facts.Groups, facts.Resources = discover(ctx, s)
	st := collectStorages(s)
	tt := newTypeTable()
	for _, r := range facts.Resources {
		gvk := schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
		r.Type = tt.add(goType(schemeFor(gvk), gvk))
		st.resource(r)
	}
	addServedTypes(ctx, s, tt, facts)
	facts.Types = tt.types
	byHand := addDefaults(tt, facts)
	if *rest != "" {
		must(os.WriteFile(*rest, []byte(strings.Join(byHand, "\n")+"\n"), 0o644))
	}
	write(facts, *out)
	if *internal != "" {
		writeInternal(facts, *internal)
	}
	if *golden != "" {
		writeGolden(facts, tt, *golden)
	}
}

func goType(s *runtime.Scheme, gvk schema.GroupVersionKind) reflect.Type {
	return reflect.TypeOf(must1(s.New(gvk))).Elem()
}

// addServedTypes adds what the OpenAPI document of the server defines beyond the kinds of its resources, and the kinds
// that only appear on the wire (tables, options of subresources).
func addServedTypes(ctx context.Context, s *server, tt *typeTable, facts *Facts) {
	var doc struct {
		Definitions map[string]struct {
			served
			GVK []schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
		} `json:"definitions"`
	}
	s.get(ctx, "/openapi/v2", "application/json", &doc)
	served := map[schema.GroupVersion]bool{{Group: "meta.k8s.io", Version: "v1"}: true}
	for _, r := range facts.Resources {
		served[schema.GroupVersion{Group: r.Group, Version: r.Version}] = true
	}
	known := map[string]reflect.Type{}
	kinds := map[reflect.Type][]schema.GroupVersionKind{}
	for _, sch := range []*runtime.Scheme{legacyscheme.Scheme, crdserver.Scheme, aggregatorscheme.Scheme} {
		for gvk, t := range sch.AllKnownTypes() {
			if gvk.Version == runtime.APIVersionInternal {
				continue
			}
			known[modelName(t)] = t
			if served[gvk.GroupVersion()] {
				kinds[t] = append(kinds[t], gvk)
			}
		}
	}
	for _, t := range []reflect.Type{
		reflect.TypeFor[version.Info](), reflect.TypeFor[metav1.Table](), reflect.TypeFor[metav1.TableOptions](),
		reflect.TypeFor[metav1.PartialObjectMetadata](), reflect.TypeFor[metav1.PartialObjectMetadataList](),
		reflect.TypeFor[metav1.APIResourceList](), reflect.TypeFor[metav1.APIGroupList](), reflect.TypeFor[metav1.APIGroup](),
		reflect.TypeFor[metav1.APIVersions](), reflect.TypeFor[metav1.Status](), reflect.TypeFor[metav1.WatchEvent](),
		reflect.TypeFor[metav1.DeleteOptions](), reflect.TypeFor[metav1.Patch](), reflect.TypeFor[metav1.ListOptions](),
		reflect.TypeFor[metav1.GetOptions](), reflect.TypeFor[metav1.CreateOptions](), reflect.TypeFor[metav1.UpdateOptions](),
		reflect.TypeFor[metav1.PatchOptions](), reflect.TypeFor[metav1.List](),
	} {
		known[modelName(t)] = t
		tt.add(t)
	}
	for t, gvks := range kinds {
		for _, gvk := range gvks {
			// Kinds of a served version that discovery shows nowhere: options and the like. Lists come with the document.
			if strings.HasSuffix(gvk.Kind, "Options") && t.PkgPath() != reflect.TypeFor[metav1.List]().PkgPath() {
				tt.add(t)
			}
		}
	}
	for name := range doc.Definitions {
		if t, ok := known[name]; ok {
			tt.add(t)
		}
	}
	missing := 0
	for _, name := range sortedKeys(doc.Definitions) {
		f, ok := tt.types[name]
		if !ok {
			fmt.Fprintln(os.Stderr, "note: defined by the server, not reached:", name)
			missing++
			continue
		}
		compare(name, f, doc.Definitions[name].served)
		for _, k := range doc.Definitions[name].GVK {
			f.GVK = append(f.GVK, [3]string{k.Group, k.Version, k.Kind})
		}
	}
	for _, name := range sortedKeys(tt.types) {
		f := tt.types[name]
		if _, ok := doc.Definitions[name]; ok {
			continue
		}
		if contains([]string{"Table", "TableOptions", "PartialObjectMetadata", "PartialObjectMetadataList"}, tt.goOf[name].Name()) {
			f.GVK = append(f.GVK, [3]string{"meta.k8s.io", "v1", tt.goOf[name].Name()})
		}
		for _, k := range kinds[tt.goOf[name]] {
			if k.Group == "" || k.Group == "meta.k8s.io" {
				f.GVK = append(f.GVK, [3]string{k.Group, k.Version, k.Kind})
			}
		}
		sort.Slice(f.GVK, func(i, j int) bool { return fmt.Sprint(f.GVK[i]) < fmt.Sprint(f.GVK[j]) })
	}
	fmt.Fprintln(os.Stderr, "definitions", len(doc.Definitions), "missing", missing, "types", len(tt.types))
}

// write prints one line for each group, resource and type: small, and a diff still shows what changed.
func write(f *Facts, path string) {
	var b bytes.Buffer
	enc := func(v any) string {
		var o bytes.Buffer
		e := json.NewEncoder(&o)
		e.SetEscapeHTML(false)
		must(e.Encode(v))
		return strings.TrimSpace(o.String())
	}
	fmt.Fprintf(&b, "{\"checksum\":\"\",\n\"kubernetesVersion\":%q,\n\"groups\":[\n", f.KubernetesVersion)
	for i, g := range f.Groups {
		fmt.Fprintf(&b, "%s%s\n", enc(g), comma(i, len(f.Groups)))
	}
	b.WriteString("],\n\"resources\":[\n")
	for i, r := range f.Resources {
		fmt.Fprintf(&b, "%s%s\n", enc(r), comma(i, len(f.Resources)))
	}
	b.WriteString("],\n\"types\":{\n")
	names := sortedKeys(f.Types)
	for i, n := range names {
		fmt.Fprintf(&b, "%q:%s%s\n", n, enc(f.Types[n]), comma(i, len(names)))
	}
	b.WriteString("}}\n")
	sum := sha256.Sum256(b.Bytes())
	text := strings.Replace(b.String(), `"checksum":""`, fmt.Sprintf("%q:%q", "checksum", hex.EncodeToString(sum[:])), 1)
	if path == "" {
		fmt.Print(text)
		return
	}
	must(os.WriteFile(path, []byte(text), 0o644))
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}
