package main

import (
	"context"
	"errors"
	"iter"

	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlexemplar"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlmetric"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlscope"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
)

var quiet = componenttest.NewNopTelemetrySettings()

// item is a transform context; its cache lives until Close.
type item interface{ Close() }

// evaluate dispatches on the context, because every context is a type of its own
// in the reference.
func evaluate(q *question) *answer {
	m, err := decodeMessage(q.Signal, q.Input)
	if err != nil {
		return broken(err)
	}
	switch q.Context {
	case "resource":
		p, err := ottlresource.NewParser(standard[*ottlresource.TransformContext](), quiet, ottlresource.EnablePathContextNames())
		return ask(q, m, p, err, m.resources())
	case "scope":
		p, err := ottlscope.NewParser(standard[*ottlscope.TransformContext](), quiet, ottlscope.EnablePathContextNames())
		return ask(q, m, p, err, m.scopes())
	case "span":
		root := ottlfuncs.NewIsRootSpanFactory()
		functions := standard[*ottlspan.TransformContext]()
		functions[root.Name()] = root
		p, err := ottlspan.NewParser(functions, quiet, ottlspan.EnablePathContextNames())
		return ask(q, m, p, err, m.spans())
	case "spanevent":
		p, err := ottlspanevent.NewParser(standard[*ottlspanevent.TransformContext](), quiet, ottlspanevent.EnablePathContextNames())
		return ask(q, m, p, err, m.spanEvents())
	case "log":
		p, err := ottllog.NewParser(standard[*ottllog.TransformContext](), quiet, ottllog.EnablePathContextNames())
		return ask(q, m, p, err, m.logRecords())
	case "metric":
		p, err := ottlmetric.NewParser(standard[*ottlmetric.TransformContext](), quiet, ottlmetric.EnablePathContextNames())
		return ask(q, m, p, err, m.allMetrics())
	case "datapoint":
		p, err := ottldatapoint.NewParser(standard[*ottldatapoint.TransformContext](), quiet, ottldatapoint.EnablePathContextNames())
		return ask(q, m, p, err, m.dataPoints())
	case "exemplar":
		p, err := ottlexemplar.NewParser(standard[*ottlexemplar.TransformContext](), quiet, ottlexemplar.EnablePathContextNames())
		return ask(q, m, p, err, m.exemplars())
	}
	return broken("unknown context " + q.Context)
}

func standard[K any]() map[string]ottl.Factory[K] { return ottlfuncs.StandardFuncs[K]() }

func ask[K item](q *question, m *message, p ottl.Parser[K], err error, items iter.Seq[K]) *answer {
	if err != nil {
		return broken(err)
	}
	switch q.Kind {
	case "", "statements":
		return runStatements(q, m, p, items)
	case "conditions":
		parsed, err := p.ParseConditions(q.Conditions)
		return evaluateEach(parsed, err, items, func(ctx context.Context, c *ottl.Condition[K], k K) (any, error) {
			return c.Eval(ctx, k)
		})
	case "expressions":
		parsed, err := p.ParseValueExpressions(q.Expressions)
		return evaluateEach(parsed, err, items, func(ctx context.Context, e *ottl.ValueExpression[K], k K) (any, error) {
			v, err := e.Eval(ctx, k)
			return typed(v), err
		})
	}
	return broken("unknown kind " + q.Kind)
}

func runStatements[K item](q *question, m *message, p ottl.Parser[K], items iter.Seq[K]) *answer {
	parsed, err := p.ParseStatements(q.Statements)
	if err != nil {
		return rejected(err)
	}
	mode := ottl.PropagateError
	if q.ErrorMode != "" {
		if err := mode.UnmarshalText([]byte(q.ErrorMode)); err != nil {
			return broken(err)
		}
	}
	program := ottl.NewStatementSequence(parsed, quiet, ottl.WithStatementSequenceErrorMode[K](mode))
	for k := range items {
		err := program.Execute(context.Background(), k)
		k.Close()
		if err != nil {
			return stopped(err)
		}
	}
	output, err := m.encode()
	if err != nil {
		return broken(err)
	}
	return &answer{Output: output}
}

// evaluateEach asks every source about every item, all items of the first source
// before the second source.
func evaluateEach[K item, S any](
	sources []S, err error, items iter.Seq[K], eval func(context.Context, S, K) (any, error),
) *answer {
	if err != nil {
		return rejected(err)
	}
	results := []any{}
	for _, source := range sources {
		for k := range items {
			v, err := eval(context.Background(), source, k)
			k.Close()
			if err != nil {
				v = map[string]any{"error": shorten(err.Error())}
			}
			results = append(results, v)
		}
	}
	return &answer{Results: &results}
}

var errNoInput = errors.New("the case has no input")
