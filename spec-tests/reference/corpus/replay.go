package corpus

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

// Evaluate answers one question. It may crash; the caller turns that into an answer.
type Evaluate func(*Question) *Answer

// Main answers the cases on the standard input; it is the whole of a program that
// asks the reference.
func Main(name string, evaluate Evaluate) {
	repeat := flag.Int("repeat", 1, "how often each case is evaluated")
	onlyStable := flag.Bool("only-stable", false,
		"leave out cases that crash the reference or whose evaluations differ")
	flag.Parse()
	// Time values without a zone take the machine's one, so it has to be fixed.
	time.Local = time.UTC
	r := replay{evaluate: evaluate, repeat: max(1, *repeat), onlyStable: *onlyStable}
	if err := r.run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	for _, id := range r.unstable {
		fmt.Fprintf(os.Stderr, "%s: the answer to %s varies or is a crash\n", name, id)
	}
}

// replay is one pass over a stream of cases.
type replay struct {
	evaluate   Evaluate
	repeat     int
	onlyStable bool
	seen       int
	unstable   []string
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
		var q Question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("line %d: %w", r.seen, err)
		}
		stable, err := r.answer(&q)
		if err != nil {
			return fmt.Errorf("case %s: %w", q.ID, err)
		}
		if !stable {
			r.unstable = append(r.unstable, q.ID)
			if r.onlyStable {
				continue
			}
		}
		if err := writer.Encode(&q); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), buffered.Flush())
}

// answer fills in q.Expect and reports whether every evaluation gave the same.
func (r *replay) answer(q *Question) (stable bool, err error) {
	stable = true
	var first string
	for i := range r.repeat {
		a := r.evaluateSafely(q)
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

// evaluateSafely turns a crash of the reference into an answer of its own, since
// no implementation is asked to follow it there.
func (r *replay) evaluateSafely(q *Question) (a *Answer) {
	defer func() {
		if crash := recover(); crash != nil {
			a = Broken(crash)
		}
	}()
	return r.evaluate(q)
}
