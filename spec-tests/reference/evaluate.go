package main

import (
	"context"
	"iter"

	"ottlcorpus"

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

func evaluate(q *corpus.Question) *corpus.Answer {
	decoded, err := corpus.DecodeMessage(q.Signal, q.Input)
	if err != nil {
		return corpus.Broken(err)
	}
	var a *corpus.Answer
	if err := corpus.WithGates(q.Gates, func() { a = evaluateMessage(q, &message{decoded}) }); err != nil {
		return corpus.Broken(err)
	}
	return a
}

// message gives the items of a message.
type message struct{ *corpus.Message }

// evaluateMessage dispatches on the context, because every context is a type of its
// own in the reference.
func evaluateMessage(q *corpus.Question, m *message) *corpus.Answer {
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
	return corpus.Broken("unknown context " + q.Context)
}

func ask[K corpus.Item](q *corpus.Question, m *message, p ottl.Parser[K], err error, items iter.Seq[K]) *corpus.Answer {
	if err != nil {
		return corpus.Broken(err)
	}
	switch q.Kind {
	case "", "statements":
		return runStatements(q, m, p, items)
	case "conditions":
		parsed, err := p.ParseConditions(q.Conditions)
		return corpus.EvaluateEach(q, parsed, err, items, func(ctx context.Context, c *ottl.Condition[K], k K) (any, error) {
			return c.Eval(ctx, k)
		})
	case "expressions":
		parsed, err := p.ParseValueExpressions(q.Expressions)
		return corpus.EvaluateEach(q, parsed, err, items, func(ctx context.Context, e *ottl.ValueExpression[K], k K) (any, error) {
			v, err := e.Eval(ctx, k)
			return corpus.Typed(v), err
		})
	}
	return corpus.Broken("unknown kind " + q.Kind)
}

func runStatements[K corpus.Item](q *corpus.Question, m *message, p ottl.Parser[K], items iter.Seq[K]) *corpus.Answer {
	parsed, err := p.ParseStatements(q.Statements)
	if err != nil {
		return corpus.Rejected(err)
	}
	mode := ottl.PropagateError
	if q.ErrorMode != "" {
		if err := mode.UnmarshalText([]byte(q.ErrorMode)); err != nil {
			return corpus.Broken(err)
		}
	}
	ctx, err := q.Arrival()
	if err != nil {
		return corpus.Broken(err)
	}
	program := ottl.NewStatementSequence(parsed, quiet, ottl.WithStatementSequenceErrorMode[K](mode))
	for k := range items {
		err := program.Execute(ctx, k)
		k.Close()
		if err != nil {
			return corpus.Stopped(err)
		}
	}
	output, err := m.Encode()
	if err != nil {
		return corpus.Broken(err)
	}
	return &corpus.Answer{Output: output}
}
