package main

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	xottlfuncs "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/xottl/ottlfuncs"
)

// standard is what the components of the collector offer: the standard functions
// and those of xottl, which the parser itself rejects while their gates are closed.
func standard[K any]() map[string]ottl.Factory[K] {
	return xottlfuncs.WithExperimentalConverters(ottlfuncs.StandardFuncs[K]())
}
