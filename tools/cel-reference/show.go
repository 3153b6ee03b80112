package main

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

func show(v ref.Val) string {
	switch t := v.(type) {
	case types.String:
		return fmt.Sprintf("%q", string(t))
	case *types.Optional:
		if t.HasValue() {
			return "optional(" + show(t.GetValue()) + ")"
		}
		return "none"
	case traits.Lister:
		parts := []string{}
		for it := t.Iterator(); it.HasNext() == types.True; {
			parts = append(parts, show(it.Next()))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case traits.Mapper:
		parts := []string{}
		for it := t.Iterator(); it.HasNext() == types.True; {
			k := it.Next()
			parts = append(parts, show(k)+":"+show(t.Get(k)))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case types.Timestamp:
		return "ts(" + string(v.ConvertToType(types.StringType).(types.String)) + ")"
	case types.Duration:
		return "dur(" + string(v.ConvertToType(types.StringType).(types.String)) + ")"
	case types.Double:
		return fmt.Sprintf("%g", float64(t))
	case types.Uint:
		return fmt.Sprintf("%du", uint64(t))
	case types.Int, types.Bool:
		return fmt.Sprint(v.Value())
	case types.Null:
		return "null"
	case types.Bytes:
		return fmt.Sprintf("b%q", string(t))
	case *types.Type:
		return "type(" + t.TypeName() + ")"
	}
	return v.Type().TypeName()
}
