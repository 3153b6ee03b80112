// Command cel-reference evaluates expressions, one JSON object a line ({expr, vars}), in Kubernetes' own CEL environment.
// What it prints is kept in test/golden/cel/expressions.json.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type in struct {
	Expr string         `json:"expr"`
	Vars map[string]any `json:"vars"`
}
type out struct {
	Expr    string `json:"expr"`
	Problem string `json:"problem,omitempty"`
	Program string `json:"program,omitempty"`
	Type    string `json:"type,omitempty"`
	Value   string `json:"value,omitempty"`
	Error   string `json:"error,omitempty"`
	Cost    uint64 `json:"cost"`
	Max     string `json:"max,omitempty"`
}

var _ = ref.Val(nil)

func conv(v any) any {
	switch t := v.(type) {
	case json.Number:
		if i, err := t.Int64(); err == nil {
			return i
		}
		f, _ := t.Float64()
		return f
	case map[string]any:
		for k := range t {
			t[k] = conv(t[k])
		}
		return t
	case []any:
		for i := range t {
			t[i] = conv(t[i])
		}
		return t
	}
	return v
}

func main() {
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<24)
	w := json.NewEncoder(os.Stdout)
	w.SetEscapeHTML(false)
	for sc.Scan() {
		var i in
		dec := json.NewDecoder(bytesReader(sc.Bytes()))
		dec.UseNumber()
		if err := dec.Decode(&i); err != nil {
			panic(err)
		}
		o := out{Expr: i.Expr}
		names := []string{}
		for k := range i.Vars {
			names = append(names, k)
			i.Vars[k] = conv(i.Vars[k])
		}
		sort.Strings(names)
		opts := []cel.EnvOption{}
		for _, n := range names {
			opts = append(opts, cel.Variable(n, cel.DynType))
		}
		es, err := base.Extend(environment.VersionedOptions{IntroducedVersion: version.MajorMinor(1, 0), EnvOptions: opts})
		if err != nil {
			panic(err)
		}
		env, _ := es.Env(environment.NewExpressions)
		ast, iss := env.Compile(i.Expr)
		if iss != nil {
			o.Problem = iss.String()
			w.Encode(o)
			continue
		}
		o.Type = ast.OutputType().String()
		p, err := env.Program(ast)
		if err != nil {
			o.Program = err.Error()
			w.Encode(o)
			continue
		}
		est, err := env.EstimateCost(ast, &library.CostEstimator{SizeEstimator: nil})
		if err == nil {
			o.Max = fmt.Sprint(est.Max)
		}
		vars := i.Vars
		if vars == nil {
			vars = map[string]any{}
		}
		v, det, err := p.ContextEval(context.Background(), vars)
		if det != nil && det.ActualCost() != nil {
			o.Cost = *det.ActualCost()
		}
		if err != nil {
			o.Error = err.Error()
		} else {
			o.Value = show(v)
		}
		w.Encode(o)
	}
}
