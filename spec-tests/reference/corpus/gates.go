package corpus

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/featuregate"
)

// WithGates opens the gates a case names, and closes those it names with a minus
// sign, while f runs. Afterwards every gate is as it was.
func WithGates(gates []string, f func()) error {
	registry := featuregate.GlobalRegistry()
	before := map[string]bool{}
	registry.VisitAll(func(g *featuregate.Gate) { before[g.ID()] = g.IsEnabled() })
	var changed []string
	defer func() {
		for _, id := range changed {
			_ = registry.Set(id, before[id])
		}
	}()
	for _, gate := range gates {
		id, closed := strings.CutPrefix(gate, "-")
		if _, known := before[id]; !known {
			return fmt.Errorf("there is no gate %q", id)
		}
		if err := registry.Set(id, !closed); err != nil {
			return err
		}
		changed = append(changed, id)
	}
	f()
	return nil
}
