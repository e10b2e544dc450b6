package corpus

import (
	"context"
	"iter"
)

// Item is a transform context; its cache lives until Close.
type Item interface{ Close() }

// EvaluateEach asks every source about every item, all items of the first source
// before the second source.
func EvaluateEach[K Item, S any](
	q *Question, sources []S, err error, items iter.Seq[K], eval func(context.Context, S, K) (any, error),
) *Answer {
	if err != nil {
		return Rejected(err)
	}
	ctx, err := q.Arrival()
	if err != nil {
		return Broken(err)
	}
	results := []any{}
	for _, source := range sources {
		for k := range items {
			v, err := eval(ctx, source, k)
			k.Close()
			if err != nil {
				v = map[string]any{"error": Shorten(err.Error())}
			}
			results = append(results, v)
		}
	}
	return &Answer{Results: &results}
}
