package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
)

var gateMarker = regexp.MustCompile(`(?m)^\s*\+featureGate=(.*)$`)

// Where the strategies do something else than the marker beside the field says (found by running them on full objects).
var gateCorrections = map[string]string{
	"ContainerStatus.stopSignal":     "", // never cleared
	"TypedObjectReference.namespace": "", // a claim loses its whole dataSourceRef instead: a rule in code
	"VolumeStatus.image":             "", // the mount loses its whole volumeStatus:
	"VolumeMountStatus.volumeStatus": "ImageVolumeWithDigest",
}

// gatedFields reads the feature gate markers beside the fields of a package: "Type.Field" -> a gate that is off by default.
func gatedFields(pkg string) map[string]string {
	out := map[string]string{}
	dir := strings.TrimSpace(string(must1(exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output())))
	gates := utilfeature.DefaultMutableFeatureGate.GetAll()
	files := token.NewFileSet()
	for _, file := range must1(filepath.Glob(filepath.Join(dir, "types*.go"))) {
		f := must1(parser.ParseFile(files, file, must1(os.ReadFile(file)), parser.ParseComments))
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			s, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range s.Fields.List {
				if field.Doc == nil || len(field.Names) == 0 {
					continue
				}
				for _, m := range gateMarker.FindAllStringSubmatch(comment(field.Doc), -1) {
					for _, name := range strings.Split(m[1], ",") {
						gate, known := gates[featuregate.Feature(strings.TrimSpace(name))]
						if known && !gate.Default {
							out[spec.Name.Name+"."+field.Names[0].Name] = strings.TrimSpace(name)
						}
					}
				}
			}
			return true
		})
	}
	return out
}

// The raw comment: Text() of go/ast drops some markers.
func comment(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(strings.TrimPrefix(c.Text, "//") + "\n")
	}
	return b.String()
}

// gate of a field of a Go struct, packages read once each.
func (tt *typeTable) gate(t reflect.Type, field, jsonName string) string {
	if !strings.HasPrefix(t.PkgPath(), "k8s.io/api/") {
		return ""
	}
	if g, ok := gateCorrections[t.Name()+"."+jsonName]; ok {
		return g
	}
	m, ok := tt.gates[t.PkgPath()]
	if !ok {
		m = gatedFields(t.PkgPath())
		tt.gates[t.PkgPath()] = m
	}
	return m[t.Name()+"."+field]
}
