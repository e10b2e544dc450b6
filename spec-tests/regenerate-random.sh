#!/bin/sh
# Writes cases/random-*.jsonl: small random programs whose answer never varies; needs Go.
set -eu
cd "$(dirname "$0")"
"${CARGO:-cargo}" build --quiet --package spec-tests --bins
(cd reference && go build -o ../../target/ottlreference .)
(cd reference/processors && go build -o ../../../target/ottlprocessors .)
older='"component"|"context":"profile'
for seed in 1 2; do
    ../target/debug/spec-gen --seed "$seed" --count 500 |
        LC_ALL=C awk 'length <= 2000' > "cases/random-$seed.questions"
    {
        grep -vE "$older" "cases/random-$seed.questions" |
            ../target/ottlreference -repeat 16 -only-stable
        grep -E "$older" "cases/random-$seed.questions" |
            ../target/ottlprocessors -repeat 16 -only-stable
    } > "cases/random-$seed.jsonl.new"
    rm "cases/random-$seed.questions"
    mv "cases/random-$seed.jsonl.new" "cases/random-$seed.jsonl"
    echo "random-$seed: $(wc -l < "cases/random-$seed.jsonl") cases"
done
