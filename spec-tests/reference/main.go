// Command ottlreference asks the reference implementation of OTTL what it does
// with the cases of this corpus, and writes each case back with its answer.
//
//	go run . < questions.jsonl > answered.jsonl
//	go run . -repeat 8 -only-stable < questions.jsonl > answered.jsonl
//
// A case that comes in with an old answer gets a new one.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// maxLine bounds one case; the corpus stays far below it.
const maxLine = 4 << 20

func main() {
	repeat := flag.Int("repeat", 1, "how often each case is evaluated")
	onlyStable := flag.Bool("only-stable", false,
		"leave out cases that crash the reference or whose evaluations differ")
	flag.Parse()
	// Time values without a zone take the machine's one, so it has to be fixed.
	time.Local = time.UTC
	r := replay{repeat: max(1, *repeat), onlyStable: *onlyStable}
	if err := r.run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ottlreference:", err)
		os.Exit(1)
	}
	if r.dropped > 0 {
		fmt.Fprintf(os.Stderr, "ottlreference: left out %d of %d cases\n", r.dropped, r.seen)
	}
}

// replay is one pass over a stream of cases.
type replay struct {
	repeat        int
	onlyStable    bool
	seen, dropped int
}

func (r *replay) run(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	buffered := bufio.NewWriter(out)
	writer := json.NewEncoder(buffered)
	writer.SetEscapeHTML(false)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		r.seen++
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("line %d: %w", r.seen, err)
		}
		stable, err := r.answer(&q)
		if err != nil {
			return fmt.Errorf("case %s: %w", q.ID, err)
		}
		if r.onlyStable && !stable {
			r.dropped++
			continue
		}
		if err := writer.Encode(&q); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), buffered.Flush())
}

// answer fills in q.Expect and reports whether every evaluation gave the same.
func (r *replay) answer(q *question) (stable bool, err error) {
	stable = true
	var first string
	for i := range r.repeat {
		a := evaluateSafely(q)
		text, err := json.Marshal(a)
		if err != nil {
			return false, err
		}
		if i == 0 {
			q.Expect, first = a, a.fingerprint(text)
		}
		stable = stable && a.Panic == "" && a.fingerprint(text) == first
	}
	return stable, nil
}
