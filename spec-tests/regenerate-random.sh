#!/bin/sh
# Writes cases/random-*.jsonl: small random programs whose answer never varies; needs Go.
set -eu
cd "$(dirname "$0")"
"${CARGO:-cargo}" build --quiet --package spec-tests --bins
(cd reference && go build -o ../../target/ottlreference .)
for seed in 1 2; do
    ../target/debug/spec-gen --seed "$seed" --count 730 |
        LC_ALL=C awk 'length <= 1100' |
        ../target/ottlreference -repeat 16 -only-stable > "cases/random-$seed.jsonl.new"
    mv "cases/random-$seed.jsonl.new" "cases/random-$seed.jsonl"
    echo "random-$seed: $(wc -l < "cases/random-$seed.jsonl") cases"
done
