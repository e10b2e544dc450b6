// Command ottlprocessors asks components of the collector, and the contexts that
// only exist beside them, what they do with the cases of this corpus. It reads and
// writes the same lines as ottlreference, which answers all other cases.
package main

import "ottlcorpus"

func main() { corpus.Main("ottlprocessors", evaluate) }

func evaluate(q *corpus.Question) *corpus.Answer {
	var a *corpus.Answer
	err := corpus.WithGates(q.Gates, func() {
		switch {
		case q.Component == "transform" || q.Component == "filter":
			a = runComponent(q)
		case q.Component == "" && q.Signal == "profiles":
			a = evaluateProfiles(q)
		default:
			a = corpus.Broken("neither a component nor a signal of this program")
		}
	})
	if err != nil {
		return corpus.Broken(err)
	}
	return a
}
