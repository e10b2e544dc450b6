// Command ottlreference asks the reference implementation of OTTL what it does
// with the cases of this corpus, and writes each case back with its answer.
//
//	go run . < questions.jsonl > answered.jsonl
//	go run . -repeat 8 -only-stable < questions.jsonl > answered.jsonl
//
// A case that comes in with an old answer gets a new one.
package main

import "ottlcorpus"

func main() { corpus.Main("ottlreference", evaluate) }
