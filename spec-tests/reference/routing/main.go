// Command ottlrouting asks the routing connector of the collector which pipeline
// receives what. It reads and writes the same lines as ottlreference.
//
// It is a module of its own because the last version of the connector needs an older
// version of everything than the processors do.
package main

import "ottlcorpus"

func main() { corpus.Main("ottlrouting", evaluate) }

func evaluate(q *corpus.Question) *corpus.Answer {
	if q.Component != "routing" {
		return corpus.Broken("this program knows the component routing and no other")
	}
	var a *corpus.Answer
	if err := corpus.WithGates(q.Gates, func() { a = route(q) }); err != nil {
		return corpus.Broken(err)
	}
	return a
}
