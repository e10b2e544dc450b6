package corpus

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Typed writes a value so that its type can be read back: 1 and 1.0, or a time
// and the same count of nanoseconds, must not look equal.
func Typed(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case bool:
		return tag("bool", x)
	case string:
		return tag("string", x)
	case int:
		return tag("int", strconv.Itoa(x))
	case int64:
		return tag("int", strconv.FormatInt(x, 10))
	case uint64:
		return tag("int", strconv.FormatUint(x, 10))
	case float64:
		return tag("double", number(x))
	case []byte:
		return tag("bytes", base64.StdEncoding.EncodeToString(x))
	case time.Time:
		return tag("time", x.UTC().Format(time.RFC3339Nano))
	case time.Duration:
		return tag("duration_ns", strconv.FormatInt(x.Nanoseconds(), 10))
	case pcommon.TraceID:
		return tag("trace_id", x.String())
	case pcommon.SpanID:
		return tag("span_id", x.String())
	case pcommon.Value:
		return typedValue(x)
	case pcommon.Map:
		return typedPairs(x.All())
	case map[string]any:
		return typedPairs(func(yield func(string, any) bool) {
			for k, v := range x {
				if !yield(k, v) {
					return
				}
			}
		})
	case pcommon.Slice:
		list := make([]any, x.Len())
		for i := range list {
			list[i] = typedValue(x.At(i))
		}
		return tag("list", list)
	case []any:
		return typedList(x)
	case []string:
		return typedList(x)
	case []int64:
		return typedList(x)
	case []uint64:
		return typedList(x)
	case []float64:
		return typedList(x)
	}
	return tag("opaque", fmt.Sprintf("%T", v))
}

func tag(kind string, v any) map[string]any { return map[string]any{kind: v} }

// number keeps what JSON has no number for readable.
func number(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Sprint(x)
	}
	return x
}

func typedList[T any](values []T) any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = Typed(v)
	}
	return tag("list", list)
}

func typedPairs[V any](pairs func(yield func(string, V) bool)) any {
	m := map[string]any{}
	for k, v := range pairs {
		m[k] = Typed(v)
	}
	return tag("map", m)
}

func typedValue(v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return Typed(v.Str())
	case pcommon.ValueTypeBool:
		return Typed(v.Bool())
	case pcommon.ValueTypeInt:
		return Typed(v.Int())
	case pcommon.ValueTypeDouble:
		return Typed(v.Double())
	case pcommon.ValueTypeBytes:
		return Typed(v.Bytes().AsRaw())
	case pcommon.ValueTypeMap:
		return Typed(v.Map())
	case pcommon.ValueTypeSlice:
		return Typed(v.Slice())
	}
	return nil
}
