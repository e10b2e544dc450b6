package main

import (
	"context"
	"iter"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pprofile"

	"ottlcorpus"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlprofile"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlprofilesample"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlscope"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
)

var quiet = componenttest.NewNopTelemetrySettings()

// evaluateProfiles answers sources over profiles, whose contexts pkg/ottl v1 lacks.
func evaluateProfiles(q *corpus.Question) *corpus.Answer {
	m, err := (&pprofile.JSONUnmarshaler{}).UnmarshalProfiles(q.Input)
	if err != nil {
		return corpus.Broken(err)
	}
	switch q.Context {
	case "resource":
		p, err := ottlresource.NewParser(ottlfuncs.StandardFuncs[*ottlresource.TransformContext](), quiet, ottlresource.EnablePathContextNames())
		return ask(q, m, p, err, resources(m))
	case "scope":
		p, err := ottlscope.NewParser(ottlfuncs.StandardFuncs[*ottlscope.TransformContext](), quiet, ottlscope.EnablePathContextNames())
		return ask(q, m, p, err, scopes(m))
	case "profile":
		p, err := ottlprofile.NewParser(ottlfuncs.StandardFuncs[*ottlprofile.TransformContext](), quiet, ottlprofile.EnablePathContextNames())
		return ask(q, m, p, err, profiles(m))
	case "profilesample":
		p, err := ottlprofilesample.NewParser(ottlfuncs.StandardFuncs[*ottlprofilesample.TransformContext](), quiet, ottlprofilesample.EnablePathContextNames())
		return ask(q, m, p, err, samples(m))
	}
	return corpus.Broken("unknown context " + q.Context)
}

func resources(m pprofile.Profiles) iter.Seq[*ottlresource.TransformContext] {
	return func(yield func(*ottlresource.TransformContext) bool) {
		for _, r := range m.ResourceProfiles().All() {
			if !yield(ottlresource.NewTransformContext(r.Resource(), r)) {
				return
			}
		}
	}
}

func scopes(m pprofile.Profiles) iter.Seq[*ottlscope.TransformContext] {
	return func(yield func(*ottlscope.TransformContext) bool) {
		for _, r := range m.ResourceProfiles().All() {
			for _, s := range r.ScopeProfiles().All() {
				if !yield(ottlscope.NewTransformContext(s.Scope(), r.Resource(), s, r)) {
					return
				}
			}
		}
	}
}

func profiles(m pprofile.Profiles) iter.Seq[*ottlprofile.TransformContext] {
	return func(yield func(*ottlprofile.TransformContext) bool) {
		for _, r := range m.ResourceProfiles().All() {
			for _, s := range r.ScopeProfiles().All() {
				for _, p := range s.Profiles().All() {
					if !yield(ottlprofile.NewTransformContext(r, s, p, m.Dictionary())) {
						return
					}
				}
			}
		}
	}
}

func samples(m pprofile.Profiles) iter.Seq[*ottlprofilesample.TransformContext] {
	return func(yield func(*ottlprofilesample.TransformContext) bool) {
		for _, r := range m.ResourceProfiles().All() {
			for _, s := range r.ScopeProfiles().All() {
				for _, p := range s.Profiles().All() {
					for _, sample := range p.Samples().All() {
						if !yield(ottlprofilesample.NewTransformContext(r, s, p, sample, m.Dictionary())) {
							return
						}
					}
				}
			}
		}
	}
}

func ask[K corpus.Item](q *corpus.Question, m pprofile.Profiles, p ottl.Parser[K], err error, items iter.Seq[K]) *corpus.Answer {
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
			return typed(v), err
		})
	}
	return corpus.Broken("unknown kind " + q.Kind)
}

// typed adds the identifiers of profiles to the types that every program writes.
func typed(v any) any {
	if id, ok := v.(pprofile.ProfileID); ok {
		return map[string]any{"profile_id": id.String()}
	}
	return corpus.Typed(v)
}

func runStatements[K corpus.Item](q *corpus.Question, m pprofile.Profiles, p ottl.Parser[K], items iter.Seq[K]) *corpus.Answer {
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
	return encoded(encodeProfiles(m))
}
