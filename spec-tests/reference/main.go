// Command ottlreference asks the reference implementation of OTTL what it does
// with the cases of this corpus, and writes each case back with its answer. It also
// measures how fast the reference is.
//
//	go run . < questions.jsonl > answered.jsonl
//	go run . -repeat 8 -only-stable < questions.jsonl > answered.jsonl
//	go run . bench -signal traces -context span -script s.ottl -input traces.pb
//
// A case that comes in with an old answer gets a new one.
package main

import (
	"fmt"
	"os"

	"ottlcorpus"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		if err := bench(os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "ottlreference: %v\n", err)
			os.Exit(1)
		}
		return
	}
	corpus.Main("ottlreference", evaluate)
}
